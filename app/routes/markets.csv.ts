import { servicesContext } from "~/context.ts";
import { listMarketLines, MARKET_COLUMNS } from "~/features/markets/csv.server.ts";
import { marketFileSearch } from "~/features/markets/market-page-search.ts";
import { parsePageSearch, requireVenue } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { csvResponse } from "~/lib/csv.server.ts";
import { guardApi } from "~/middleware/guard.server.ts";

export const middleware = [guardApi];

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, venues, clock } = context.get(servicesContext);
    const filter = parsePageSearch(url, marketFileSearch);
    if (filter.venue !== undefined) requireVenue(venues, filter.venue);
    const now = clock.now();
    return csvResponse(
      {
        name: "markets",
        columns: MARKET_COLUMNS,
        read: ({ cursor, limit }) =>
          listMarketLines(db, { search: { ...filter, cursor }, limit, now: new Date(now) }),
      },
      { now },
    );
  },
});

export const action = loader;
