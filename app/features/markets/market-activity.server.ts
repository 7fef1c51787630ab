import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import type { HistoryRange } from "./history-range.ts";
import type { PriceHistory, PricePoint } from "./price-grid.ts";

/** Trades that are looked at, newest first: what keeps the page fast in a market that is traded all day. */
const TRADES_READ = 2000;
const POINTS_READ = 5000;
const MARKS_SHOWN = 80;

/** What whales bought and sold of one outcome. Amounts are exact decimals in the quote token. */
export type OutcomeFlow = {
  outcomeSide: string;
  bought: string;
  sold: string;
  /** Bought minus sold. */
  net: string;
  trades: number;
  whales: number;
};

export type Flow = {
  outcomes: OutcomeFlow[];
  whales: number;
  /** Trades that neither bought nor sold (splits, merges), or that came without an amount. */
  uncounted: number;
  /** Whales among them whose history is still being read. */
  incompleteWhales: number;
  /** Only the trades since then are counted, because there are more than are read (ISO); null = all of the window. */
  cutAt: string | null;
};

/** A trade that is drawn on the chart. */
export type TradeMark = {
  id: string;
  /** Epoch milliseconds. */
  at: number;
  whale: { id: number; address: string; label: string | null };
  outcomeSide: "yes" | "no";
  side: "buy" | "sell";
  price: string;
  amount: string;
};

export type MarketActivity = {
  history: PriceHistory;
  /** The last price known a day ago; null = none was. */
  dayAgo: string | null;
  flow: Flow;
  marks: TradeMark[];
};

type Row = Omit<Flow, "cutAt"> & {
  points: [number, string][] | null;
  high: [number, string] | null;
  low: [number, string] | null;
  opening: string | null;
  dayAgo: string | null;
  marks: TradeMark[] | null;
  outcomes: OutcomeFlow[] | null;
  cutAt: Date | null;
};

/**
 * Prices, flow and the largest trades of one market in a range, in one statement. A price is one that was read from the venue or that
 * a whale traded at, whichever is later in its step. Of trades the newest 2,000 of the range are looked at.
 * @param now epoch milliseconds
 */
export async function readActivity(
  db: PrismaClient,
  { marketId, range, now }: { marketId: number; range: HistoryRange; now: number },
): Promise<MarketActivity> {
  const since = new Date(range.since);
  const [row] = await db.$queryRaw<Row[]>(Prisma.sql`
    WITH recent AS MATERIALIZED (
      SELECT id, traded_at, whale_id, outcome_side, side, price, amount,
        side IN ('buy', 'sell') AND outcome_side IN ('yes', 'no') AS priced
      FROM trade WHERE market_id = ${marketId}::int AND traded_at >= ${since}::timestamptz
      ORDER BY traded_at DESC, id DESC LIMIT ${TRADES_READ}::int
    ), read AS MATERIALIZED (
      SELECT at, price FROM price_point
      WHERE market_id = ${marketId}::int AND outcome = 'yes' AND at >= ${since}::timestamptz
      ORDER BY at DESC LIMIT ${POINTS_READ}::int
    ), traded AS MATERIALIZED (
      SELECT traded_at AS at, CASE outcome_side WHEN 'yes' THEN price ELSE 1 - price END AS price FROM recent WHERE priced
    ), flow AS (
      SELECT outcome_side, coalesce(sum(amount) FILTER (WHERE side = 'buy'), 0) AS bought,
        coalesce(sum(amount) FILTER (WHERE side = 'sell'), 0) AS sold, count(*) AS trades,
        count(DISTINCT whale_id) AS whales
      FROM recent WHERE side IN ('buy', 'sell') AND amount IS NOT NULL GROUP BY outcome_side
    ), active AS (SELECT DISTINCT whale_id FROM recent)
    SELECT ${sampled(range)} AS points, ${extreme("DESC")} AS high, ${extreme("ASC")} AS low,
      ${priceBefore(marketId, since)} AS opening, ${priceBefore(marketId, dayBefore(now))} AS "dayAgo",
      ${largestTrades} AS marks,
      (SELECT jsonb_agg(jsonb_build_object('outcomeSide', outcome_side, 'bought', bought::text, 'sold', sold::text,
          'net', (bought - sold)::text, 'trades', trades, 'whales', whales) ORDER BY outcome_side = 'yes' DESC, outcome_side) FROM flow) AS outcomes,
      (SELECT count(*)::int FROM active) AS whales,
      (SELECT count(*)::int FROM recent WHERE side NOT IN ('buy', 'sell') OR amount IS NULL) AS uncounted,
      (SELECT count(*)::int FROM active a
        WHERE (SELECT ledger_since FROM whale w WHERE w.id = a.whale_id) IS NULL) AS "incompleteWhales",
      (SELECT min(traded_at) FROM recent HAVING count(*) = ${TRADES_READ}::int) AS "cutAt"`);
  if (!row) throw new Error("a statement without FROM gives one row");
  return {
    history: {
      range,
      opening: row.opening,
      points: (row.points ?? []).map(pointOf),
      high: row.high && pointOf(row.high),
      low: row.low && pointOf(row.low),
    },
    dayAgo: row.dayAgo,
    flow: {
      outcomes: row.outcomes ?? [],
      whales: row.whales,
      uncounted: row.uncounted,
      incompleteWhales: row.incompleteWhales,
      cutAt: row.cutAt?.toISOString() ?? null,
    },
    marks: row.marks ?? [],
  };
}

const pointOf = ([at, price]: [number, string]): PricePoint => ({ at, price });
const dayBefore = (now: number) => new Date(now - 86_400_000);

const pointJson = Prisma.sql`jsonb_build_array((extract(epoch FROM at) * 1000)::bigint, trim_scale(price)::text)`;

/** The last price of each step. Both sources are in order already, which makes sorting them cheap. */
function sampled(range: HistoryRange): Prisma.Sql {
  return Prisma.sql`(
    SELECT jsonb_agg(${pointJson} ORDER BY at) FROM (
      SELECT DISTINCT ON (step) at, price FROM (
        ${lastOfStep("read", range)} UNION ALL ${lastOfStep("traded", range)}
      ) both_sources ORDER BY step, at DESC
    ) last_of_step)`;
}

function lastOfStep(source: "read" | "traded", { from, stepMs }: HistoryRange): Prisma.Sql {
  return Prisma.sql`(
    SELECT DISTINCT ON (step) at, price, step FROM (
      SELECT at, price, date_bin(make_interval(secs => ${stepMs / 1000}::int), at, ${new Date(from)}::timestamptz) AS step
      FROM ${Prisma.raw(source)}
    ) stepped ORDER BY step DESC, at DESC)`;
}

function extreme(order: "ASC" | "DESC"): Prisma.Sql {
  const of = (source: string) =>
    Prisma.sql`(SELECT at, price FROM ${Prisma.raw(source)} ORDER BY price ${Prisma.raw(order)}, at DESC LIMIT 1)`;
  return Prisma.sql`(
    SELECT ${pointJson} FROM (${of("read")} UNION ALL ${of("traded")}) ends
    ORDER BY price ${Prisma.raw(order)}, at DESC LIMIT 1)`;
}

/** The last yes price known before a moment, as text. */
function priceBefore(marketId: number, before: Date): Prisma.Sql {
  return Prisma.sql`(
    SELECT trim_scale(price)::text FROM (
      (SELECT at, price FROM price_point
        WHERE market_id = ${marketId}::int AND outcome = 'yes' AND at < ${before}::timestamptz ORDER BY at DESC LIMIT 1)
      UNION ALL
      (SELECT traded_at, CASE outcome_side WHEN 'yes' THEN price ELSE 1 - price END FROM trade
        WHERE market_id = ${marketId}::int AND traded_at < ${before}::timestamptz
          AND side IN ('buy', 'sell') AND outcome_side IN ('yes', 'no')
        ORDER BY traded_at DESC, id DESC LIMIT 1)
    ) known ORDER BY at DESC LIMIT 1)`;
}

const largestTrades = Prisma.sql`(
  SELECT jsonb_agg(jsonb_build_object('id', t.id::text, 'at', (extract(epoch FROM t.traded_at) * 1000)::bigint,
      'whale', jsonb_build_object('id', t.whale_id, 'address', w.address, 'label', w.label),
      'outcomeSide', t.outcome_side, 'side', t.side, 'price', trim_scale(t.price)::text,
      'amount', trim_scale(t.amount)::text) ORDER BY t.traded_at, t.id)
  FROM (SELECT * FROM recent WHERE priced AND amount IS NOT NULL ORDER BY amount DESC, id LIMIT ${MARKS_SHOWN}::int) t
  CROSS JOIN LATERAL (SELECT address, label FROM whale WHERE id = t.whale_id LIMIT 1) w)`;

/** When the first price or trade of a market that is kept was, epoch milliseconds; null = there is none. */
export async function firstKnownAt(db: PrismaClient, marketId: number): Promise<number | null> {
  const [row] = await db.$queryRaw<{ at: Date | null }[]>`
    SELECT least(
      (SELECT at FROM price_point WHERE market_id = ${marketId}::int AND outcome = 'yes' ORDER BY at LIMIT 1),
      (SELECT traded_at FROM trade WHERE market_id = ${marketId}::int ORDER BY traded_at, id LIMIT 1)) AS at`;
  return row?.at?.getTime() ?? null;
}

/**
 * What whales did in a market since the ledger began: longer than single trades are kept, and exact however many there are.
 */
export async function readLedgerFlow(db: PrismaClient, marketId: number): Promise<Flow> {
  const [row] = await db.$queryRaw<Row[]>`
    WITH held AS MATERIALIZED (
      SELECT whale_id, outcome_side, bought_amount, sold_amount, trade_count, unclear_count
      FROM position WHERE market_id = ${marketId}::int
    ), flow AS (
      SELECT outcome_side, sum(bought_amount) AS bought, sum(sold_amount) AS sold, sum(trade_count) AS trades,
        count(*) AS whales
      FROM held GROUP BY outcome_side
    ), active AS (SELECT DISTINCT whale_id FROM held)
    SELECT
      (SELECT jsonb_agg(jsonb_build_object('outcomeSide', outcome_side, 'bought', bought::text, 'sold', sold::text,
          'net', (bought - sold)::text, 'trades', trades, 'whales', whales) ORDER BY outcome_side = 'yes' DESC, outcome_side) FROM flow) AS outcomes,
      (SELECT count(*)::int FROM active) AS whales,
      (SELECT coalesce(sum(unclear_count), 0)::int FROM held) AS uncounted,
      (SELECT count(*)::int FROM active a
        WHERE (SELECT ledger_since FROM whale w WHERE w.id = a.whale_id) IS NULL) AS "incompleteWhales"`;
  return {
    outcomes: row?.outcomes ?? [],
    whales: row?.whales ?? 0,
    uncounted: row?.uncounted ?? 0,
    incompleteWhales: row?.incompleteWhales ?? 0,
    cutAt: null,
  };
}
