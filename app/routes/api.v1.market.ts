import { servicesContext } from "~/context.ts";
import { apiMarketOf, getMarket } from "~/features/markets/queries.server.ts";
import { notFound, parseId } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";

export const loader = apiHandler({
  GET: async ({ params, context }) => {
    const { db } = context.get(servicesContext);
    const market = await getMarket(db, parseId(params.id, "market"));
    if (!market) throw notFound("market");
    const { parent, ...data } = market;
    return Response.json({ data: apiMarketOf(data) });
  },
});

export const action = loader;
