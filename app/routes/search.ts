import { z } from "zod";
import { servicesContext } from "~/context.ts";
import { findMarketsByText } from "~/features/markets/quick-search.server.ts";
import { LONGEST_QUERY } from "~/features/markets/search-words.ts";
import { searchWhales } from "~/features/whales/search.server.ts";
import { errorResponse, problemsOf, searchFieldsOf } from "~/lib/api-errors.ts";
import { guardApi } from "~/middleware/guard.server.ts";
import type { Route } from "./+types/search";

const SHOWN = 8;

const search = z.strictObject({
  q: z.string().max(LONGEST_QUERY, `must be at most ${LONGEST_QUERY} characters`).default(""),
});

export const middleware = [guardApi];

/** GET /search?q=: markets and whales for the search box, at most 8 of each. */
export async function loader({ url, context }: Route.LoaderArgs) {
  const { db } = context.get(servicesContext);
  const parsed = search.safeParse(searchFieldsOf(url));
  if (!parsed.success) return errorResponse(400, problemsOf(parsed.error));
  const { q } = parsed.data;
  const [markets, whales] = await Promise.all([
    findMarketsByText(db, q, SHOWN),
    searchWhales(db, q, SHOWN),
  ]);
  return Response.json({
    markets: markets.map((market) => ({ ...market, id: String(market.id) })),
    whales: whales.map((whale) => ({ ...whale, id: String(whale.id) })),
  });
}
