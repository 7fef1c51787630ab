import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { announce } from "~/lib/live.server.ts";

/** Fills that one statement takes in: it holds the embedded database for a few tens of milliseconds. */
const FOLD_BATCH = 5_000;

/** A sum holds 29 digits before the point; a row of this size could only be nonsense, and must not stop the wallet's ledger. */
const TOO_LARGE = Prisma.sql`1e24`;

/**
 * Takes the fills of a whale that its ledger does not hold yet into its positions and days, each exactly once, however often and by
 * however many at a time this is called (docs/decisions/ledger.md).
 * @param batch fills per statement
 * @returns how many were taken in
 */
export async function foldTrades(
  db: PrismaClient,
  whaleId: number,
  batch = FOLD_BATCH,
): Promise<number> {
  for (let folded = 0; ; ) {
    const taken = await foldBatch(db, whaleId, batch);
    folded += taken;
    if (taken < batch) return folded;
  }
}

/** Of these whales, those whose ledger lags behind their stored fills, or behind what is known of their completeness. */
export async function findUnfolded(
  db: PrismaClient,
  whaleIds: readonly number[],
): Promise<number[]> {
  const rows = await db.$queryRaw<{ id: number }[]>`
    SELECT w.id FROM whale w
    LEFT JOIN LATERAL (
      SELECT complete_since FROM stream_state
      WHERE venue = w.venue AND kind = 'trades' AND wallet = w.address LIMIT 1
    ) s ON true
    WHERE w.id = ANY(${whaleIds}::int[]) AND (
      s.complete_since < coalesce(w.ledger_since, 'infinity')
      OR (SELECT t.id FROM trade t WHERE t.whale_id = w.id ORDER BY t.id DESC LIMIT 1) > w.ledger_through)
    ORDER BY w.id`;
  return rows.map(({ id }) => id);
}

/**
 * One statement, so that a crash leaves the sums and `ledger_through` as they were or both moved. The whale's row is locked and read
 * anew behind the lock, so that of two folds at once the second goes on where the first ended. A wallet's ids are drawn one page after
 * the other (`storePage`), so no fill can appear later below an id that has been taken in.
 */
async function foldBatch(db: PrismaClient, whaleId: number, batch: number): Promise<number> {
  const [row] = await db.$queryRaw<{ folded: number }[]>`
    WITH owner AS MATERIALIZED (
      SELECT id, ledger_through FROM whale WHERE id = ${whaleId}::int FOR NO KEY UPDATE
    ), fills AS MATERIALIZED (
      SELECT t.*, ${kindOf} AS kind
      FROM owner o CROSS JOIN LATERAL (
        SELECT id, whale_id, market_id, outcome_side, side, price, shares, amount, fee, traded_at
        FROM trade WHERE whale_id = o.id AND id > o.ledger_through ORDER BY id LIMIT ${batch}::int
      ) t
    ), effects AS (
      SELECT f.*, true AS own FROM fills f
      UNION ALL
      SELECT f.id, f.whale_id, f.market_id, CASE f.outcome_side WHEN 'yes' THEN 'no' ELSE 'yes' END, f.side, f.price,
        f.shares, f.amount, f.fee, f.traded_at, f.kind, false
      FROM fills f WHERE f.kind IN ('split', 'merge')
    ), positions AS (
      ${insertPositions}
    ), days AS (
      INSERT INTO whale_day (whale_id, day, bought, sold, trade_count)
      SELECT whale_id, (traded_at AT TIME ZONE 'UTC')::date,
        coalesce(sum(amount) FILTER (WHERE kind = 'buy'), 0), coalesce(sum(amount) FILTER (WHERE kind = 'sell'), 0), count(*)
      FROM fills WHERE side IN ('buy', 'sell') GROUP BY 1, 2
      ON CONFLICT (whale_id, day) DO UPDATE SET bought = whale_day.bought + excluded.bought,
        sold = whale_day.sold + excluded.sold, trade_count = whale_day.trade_count + excluded.trade_count
    ), moved AS (
      UPDATE whale w SET
        ledger_through = greatest(w.ledger_through, (SELECT max(id) FROM fills)),
        ledger_since = CASE WHEN (SELECT count(*) FROM fills) < ${batch}::int
          THEN least(w.ledger_since, (SELECT s.complete_since FROM stream_state s
            WHERE s.venue = w.venue AND s.kind = 'trades' AND s.wallet = w.address))
          ELSE w.ledger_since END
      FROM owner o WHERE w.id = o.id
    )
    SELECT count(*)::int AS folded, ${announce("whales", Prisma.sql`count(*) > 0`)} AS announced FROM fills`;
  return row?.folded ?? 0;
}

/** What a row does to a position; `unclear` where the venue does not say enough. A redemption sells at the payout. */
const kindOf = Prisma.sql`
  CASE
    WHEN t.amount IS NULL OR abs(t.amount) >= ${TOO_LARGE} OR t.shares >= ${TOO_LARGE} THEN 'unclear'
    WHEN t.side IN ('split', 'merge') THEN
      CASE WHEN t.outcome_side IN ('yes', 'no') AND t.shares IN (0, t.amount) THEN t.side ELSE 'unclear' END
    WHEN t.shares = 0 AND t.amount <> 0 THEN 'unclear'
    WHEN t.side IN ('buy', 'sell', 'redeem') THEN t.side
    ELSE 'unclear'
  END`;

/** A split or merge moves as many shares of the other outcome. */
const insertPositions = Prisma.sql`
  INSERT INTO position (whale_id, market_id, outcome_side, bought_shares, bought_amount, sold_shares, sold_amount,
    minted_shares, minted_amount, fees, trade_count, unclear_count, first_at, last_at)
  SELECT whale_id, market_id, outcome_side,
    coalesce(sum(shares) FILTER (WHERE kind = 'buy'), 0), coalesce(sum(amount) FILTER (WHERE kind = 'buy'), 0),
    coalesce(sum(shares) FILTER (WHERE kind IN ('sell', 'redeem')), 0),
    coalesce(sum(amount) FILTER (WHERE kind IN ('sell', 'redeem')), 0),
    coalesce(sum(CASE kind WHEN 'split' THEN amount WHEN 'merge' THEN -amount END), 0),
    coalesce(sum(CASE kind WHEN 'split' THEN amount WHEN 'merge' THEN -amount END) FILTER (WHERE own), 0),
    coalesce(sum(fee) FILTER (WHERE own AND abs(fee) < ${TOO_LARGE}), 0),
    count(*) FILTER (WHERE own), count(*) FILTER (WHERE kind = 'unclear'), min(traded_at), max(traded_at)
  FROM effects GROUP BY whale_id, market_id, outcome_side
  ON CONFLICT (whale_id, market_id, outcome_side) DO UPDATE SET
    bought_shares = position.bought_shares + excluded.bought_shares,
    bought_amount = position.bought_amount + excluded.bought_amount,
    sold_shares = position.sold_shares + excluded.sold_shares,
    sold_amount = position.sold_amount + excluded.sold_amount,
    minted_shares = position.minted_shares + excluded.minted_shares,
    minted_amount = position.minted_amount + excluded.minted_amount,
    fees = position.fees + excluded.fees,
    trade_count = position.trade_count + excluded.trade_count,
    unclear_count = position.unclear_count + excluded.unclear_count,
    first_at = least(position.first_at, excluded.first_at),
    last_at = greatest(position.last_at, excluded.last_at)`;
