import { servicesContext } from "~/context.ts";
import { findTopMarkets } from "~/features/markets/browse.server.ts";
import { marketBrowseSearch } from "~/features/markets/market-page-search.ts";
import { apiMarketOf, listMarkets, marketSearch } from "~/features/markets/queries.server.ts";
import { parseSearch, requireVenue } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";

/** Every market in an order that stays; with a search or an order, what the page /markets lists. */
export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, venues, clock } = context.get(servicesContext);
    if (!url.searchParams.has("q") && !url.searchParams.has("sort")) {
      const page = await listMarkets(db, parseSearch(url, marketSearch));
      return Response.json({ ...page, data: page.data.map(apiMarketOf) });
    }
    const { limit, ...search } = parseSearch(url, marketBrowseSearch);
    if (search.venue !== undefined) requireVenue(venues, search.venue);
    const now = new Date(clock.now());
    const { data, nextCursor } = await findTopMarkets(db, { search, limit, now });
    return Response.json({ data: data.map(apiMarketOf), nextCursor });
  },
});

export const action = loader;
