import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import type { HistoryRange } from "./history-range.ts";
import type { PriceHistory } from "./price-grid.ts";

/** Trades that are looked at per outcome, newest first. */
const TRADES_READ = 400;

/**
 * The yes prices of some outcomes of a group, each the last of its step that was read from the venue or that a whale traded at. Of the
 * prices that were read only the steps' ends are looked up, of trades the newest 400 of each outcome.
 * @param marketIds a handful
 */
export async function readGroupHistories(
  db: PrismaClient,
  { marketIds, range }: { marketIds: readonly number[]; range: HistoryRange },
): Promise<Map<number, PriceHistory>> {
  if (marketIds.length === 0) return new Map();
  const since = new Date(range.since);
  const from = new Date(range.from);
  const to = new Date(range.to);
  const step = Prisma.sql`make_interval(secs => ${range.stepMs / 1000}::int)`;
  const rows = await db.$queryRaw<
    { id: number; opening: string | null; points: [number, string][] | null }[]
  >(Prisma.sql`
    WITH prices AS (
      SELECT m.id, p.at, p.price, s.start AS step FROM unnest(${[...marketIds]}::int[]) AS m(id)
      CROSS JOIN generate_series(${from}::timestamptz, ${to}::timestamptz - ${step}, ${step}) AS s(start)
      CROSS JOIN LATERAL (
        SELECT at, price FROM price_point
        WHERE market_id = m.id AND outcome = 'yes' AND at >= greatest(s.start, ${since}::timestamptz)
          AND at < s.start + ${step}
        ORDER BY at DESC LIMIT 1) p
      UNION ALL
      SELECT market_id, traded_at, CASE outcome_side WHEN 'yes' THEN price ELSE 1 - price END,
        date_bin(${step}, traded_at, ${from}::timestamptz)
      FROM (${newestTrades(marketIds, since)}) t WHERE side IN ('buy', 'sell') AND outcome_side IN ('yes', 'no')
    ), sampled AS MATERIALIZED (
      SELECT DISTINCT ON (id, step) id, at, price FROM prices ORDER BY id, step, at DESC
    )
    SELECT m.id,
      (SELECT trim_scale(price)::text FROM price_point
        WHERE market_id = m.id AND outcome = 'yes' AND at < ${since}::timestamptz ORDER BY at DESC LIMIT 1) AS opening,
      (SELECT jsonb_agg(jsonb_build_array((extract(epoch FROM at) * 1000)::bigint, trim_scale(price)::text) ORDER BY at)
        FROM sampled WHERE id = m.id) AS points
    FROM unnest(${[...marketIds]}::int[]) AS m(id)`);
  return new Map(
    rows.map(({ id, opening, points }) => [
      id,
      {
        range,
        opening,
        points: (points ?? []).map(([at, price]) => ({ at, price })),
        high: null,
        low: null,
      },
    ]),
  );
}

/**
 * The newest trades of some markets since a moment. One branch per market: only of a market it knows does the planner know whether
 * its trades are many, and reads them in order.
 */
function newestTrades(marketIds: readonly number[], since: Date): Prisma.Sql {
  const branches = marketIds.map(
    (id) => Prisma.sql`(
      SELECT market_id, whale_id, side, outcome_side, price, amount, traded_at FROM trade
      WHERE market_id = ${id}::int AND traded_at >= ${since}::timestamptz
      ORDER BY traded_at DESC, id DESC LIMIT ${TRADES_READ}::int)`,
  );
  return Prisma.join(branches, " UNION ALL ");
}

/** When the first price or trade that is kept of any of these markets was, epoch milliseconds; null = there is none. */
export async function firstGroupKnownAt(
  db: PrismaClient,
  marketIds: readonly number[],
): Promise<number | null> {
  const [row] = await db.$queryRaw<{ at: Date | null }[]>`
    SELECT min(least(
      (SELECT at FROM price_point WHERE market_id = m.id AND outcome = 'yes' ORDER BY at LIMIT 1),
      (SELECT traded_at FROM trade WHERE market_id = m.id ORDER BY traded_at, id LIMIT 1))) AS at
    FROM unnest(${[...marketIds]}::int[]) AS m(id)`;
  return row?.at?.getTime() ?? null;
}

/** What whales did in one outcome of a group. Amounts are exact decimals in the quote token. */
export type GroupFlow = {
  marketId: number;
  boughtYes: string;
  soldYes: string;
  boughtNo: string;
  soldNo: string;
  trades: number;
  whales: number;
  /** Only the trades since then are counted (ISO); null = all of the window. */
  cutAt: string | null;
};

/**
 * What whales bought and sold of some outcomes of a group since a moment; of each the newest 400 trades count.
 * @param marketIds a handful
 */
export async function readGroupFlow(
  db: PrismaClient,
  { marketIds, since }: { marketIds: readonly number[]; since: Date },
): Promise<GroupFlow[]> {
  const sumOf = (side: string, outcome: string) => Prisma.sql`
    coalesce(sum(amount) FILTER (WHERE side = ${side} AND outcome_side = ${outcome}), 0)::text`;
  if (marketIds.length === 0) return [];
  const rows = await db.$queryRaw<(Omit<GroupFlow, "cutAt"> & { cutAt: Date | null })[]>(Prisma.sql`
    SELECT market_id AS "marketId", ${sumOf("buy", "yes")} AS "boughtYes", ${sumOf("sell", "yes")} AS "soldYes",
      ${sumOf("buy", "no")} AS "boughtNo", ${sumOf("sell", "no")} AS "soldNo",
      count(*) FILTER (WHERE side IN ('buy', 'sell') AND amount IS NOT NULL)::int AS trades,
      count(DISTINCT whale_id)::int AS whales,
      CASE WHEN count(*) = ${TRADES_READ}::int THEN min(traded_at) END AS "cutAt"
    FROM (${newestTrades(marketIds, since)}) t GROUP BY market_id`);
  return rows.map((row) => ({ ...row, cutAt: row.cutAt?.toISOString() ?? null }));
}
