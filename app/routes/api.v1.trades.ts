import { servicesContext } from "~/context.ts";
import { findTradableMarketId } from "~/features/markets/queries.server.ts";
import { apiTradeOf, listTrades } from "~/features/trades/queries.server.ts";
import { tradeSearch } from "~/features/trades/trade-search.server.ts";
import { findWhaleId } from "~/features/whales/queries.server.ts";
import { parseSearch, requireVenue } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { sinceOf } from "~/lib/windows.ts";

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, venues, clock } = context.get(servicesContext);
    const { wallet, market, whale, ofMarket, window, ...query } = parseSearch(url, tradeSearch);
    const venue = requireVenue(venues, query.venue ?? venues[0]?.id);
    const whaleId = wallet === undefined ? whale : await findWhaleId(db, venue.id, wallet);
    const marketId =
      market === undefined ? ofMarket : await findTradableMarketId(db, venue.id, market);
    const from = query.from ?? sinceOf(window, clock.now())?.toISOString();
    if (whaleId === null || marketId === null) {
      return Response.json({ data: [], nextCursor: null });
    }
    const { data, nextCursor } = await listTrades(db, { ...query, from, whaleId, marketId });
    return Response.json({ data: data.map(apiTradeOf), nextCursor });
  },
});

export const action = loader;
