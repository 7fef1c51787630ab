import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { CsvColumns } from "~/lib/csv.server.ts";
import type { Page } from "~/lib/keyset.ts";
import { findTopMarkets } from "./browse.server.ts";
import { listLeadingOutcomes } from "./market-extras.server.ts";
import { apiMarketOf, type MarketItem } from "./queries.server.ts";

/** A market as a line of the file; a group with its likeliest outcome. */
type MarketLine = MarketItem & {
  outcomes: { count: number; leading: MarketItem | null } | null;
};

/** Columns of /markets.csv: those of GET /api/v1/markets, and of a group how many outcomes it has and the likeliest. */
export const MARKET_COLUMNS = {
  id: (market) => apiMarketOf(market).id,
  venue: ({ venue }) => venue,
  kind: ({ kind }) => kind,
  externalId: ({ externalId }) => externalId,
  title: ({ title }) => title,
  status: ({ status }) => status,
  labels: ({ labels }) => labels,
  yesLabel: ({ yesLabel }) => yesLabel,
  noLabel: ({ noLabel }) => noLabel,
  resultSide: ({ resultSide }) => resultSide,
  yesPrice: ({ yesPrice }) => yesPrice,
  yesPriceAt: ({ yesPriceAt }) => yesPriceAt,
  outcomes: ({ outcomes }) => outcomes?.count,
  leadingOutcome: ({ outcomes }) => outcomes?.leading?.title,
  leadingYesPrice: ({ outcomes }) => outcomes?.leading?.yesPrice,
  volume: ({ volume }) => volume,
  volume24h: ({ volume24h }) => volume24h,
  volume7d: ({ volume7d }) => volume7d,
  quoteToken: ({ quoteToken }) => quoteToken,
  openedAt: ({ openedAt }) => openedAt,
  cutoffAt: ({ cutoffAt }) => cutoffAt,
  resolvedAt: ({ resolvedAt }) => resolvedAt,
  catalogSeenAt: ({ catalogSeenAt }) => catalogSeenAt,
} satisfies CsvColumns<MarketLine>;

/**
 * One batch of /markets.csv: what `findTopMarkets` finds, groups with their likeliest outcome. A market whose figure moves over the place
 * of a cursor meanwhile may stand twice in a walk, or not at all; GET /api/v1/markets without `sort` has an order that stays.
 * @throws {Response} 400 for a cursor of another order
 */
export async function listMarketLines(
  db: PrismaClient,
  query: Parameters<typeof findTopMarkets>[1],
): Promise<Page<MarketLine>> {
  const { data, nextCursor } = await findTopMarkets(db, query);
  const groups = data.filter(({ kind }) => kind === "categorical").map(({ id }) => id);
  const leading = await listLeadingOutcomes(db, groups, 1);
  const outcomesOf = ({ id, kind }: MarketItem): MarketLine["outcomes"] => {
    if (kind !== "categorical") return null;
    const found = leading.get(id);
    return { count: found?.count ?? 0, leading: found?.leading[0] ?? null };
  };
  return { data: data.map((market) => ({ ...market, outcomes: outcomesOf(market) })), nextCursor };
}
