import { servicesContext } from "~/context.ts";
import { apiMarketOf, listMarkets, marketSearch } from "~/features/markets/queries.server.ts";
import { parseSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db } = context.get(servicesContext);
    const page = await listMarkets(db, parseSearch(url, marketSearch));
    return Response.json({ ...page, data: page.data.map(apiMarketOf) });
  },
});

export const action = loader;
