import type { PrismaClient } from "~/generated/prisma/client.ts";
import { announce } from "~/lib/live.server.ts";
import { computePnl } from "./compute-pnl.server.ts";
import { findUnfolded, foldTrades } from "./ledger.server.ts";

/** Whales per statement: one statement holds the embedded database for a few tens of milliseconds. */
const STATS_BATCH = 50;

/** What the figures of a shorter window say of PnL. */
const PNL_OF_WINDOW = "PnL is computed over the whole history only.";

/**
 * Brings the ledgers of the next `STATS_BATCH` whales after `afterId` up to date and computes their figures: every window, and PnL and
 * categories over all that the ledger holds.
 * @returns the last whale's id, or null when none was left
 */
export async function computeStats(
  db: PrismaClient,
  afterId: number,
  now: Date,
): Promise<{ lastId: number | null; computed: number }> {
  const batch = await db.whale.findMany({
    where: { id: { gt: afterId } },
    orderBy: { id: "asc" },
    take: STATS_BATCH,
    select: { id: true },
  });
  const ids = batch.map(({ id }) => id);
  for (const id of await findUnfolded(db, ids)) await foldTrades(db, id);
  if (ids.length > 0) await db.$transaction([computeWindows(db, ids, now), computePnl(db, ids)]);
  return { lastId: ids.at(-1) ?? null, computed: ids.length };
}

/**
 * Volume (sum of the amounts of buys and sells), their number and the last one. A window that begins before the wallet's history is
 * complete is withheld: a sum over part of it would be wrong.
 */
function computeWindows(db: PrismaClient, whaleIds: readonly number[], now: Date) {
  return db.$executeRaw`
    WITH batch AS (
      SELECT w.id, s.complete_since
      FROM whale w
      LEFT JOIN stream_state s ON s.venue = w.venue AND s.kind = 'trades' AND s.wallet = w.address
      WHERE w.id = ANY(${whaleIds}::int[])
    ), windows AS (
      SELECT * FROM (VALUES
        ('h24'::stats_window, ${now}::timestamptz - interval '24 hours'),
        ('d7', ${now}::timestamptz - interval '7 days'),
        ('d30', ${now}::timestamptz - interval '30 days'),
        ('all', '-infinity'::timestamptz)) AS v(name, since)
    ), sums AS (
      SELECT b.id, f.*
      FROM batch b CROSS JOIN LATERAL (
        SELECT
          count(*) FILTER (WHERE traded_at >= ${now}::timestamptz - interval '24 hours')::int AS n_h24,
          count(*) FILTER (WHERE traded_at >= ${now}::timestamptz - interval '7 days')::int AS n_d7,
          count(*) FILTER (WHERE traded_at >= ${now}::timestamptz - interval '30 days')::int AS n_d30,
          count(*)::int AS n_all,
          sum(amount) FILTER (WHERE traded_at >= ${now}::timestamptz - interval '24 hours') AS v_h24,
          sum(amount) FILTER (WHERE traded_at >= ${now}::timestamptz - interval '7 days') AS v_d7,
          sum(amount) FILTER (WHERE traded_at >= ${now}::timestamptz - interval '30 days') AS v_d30,
          sum(amount) AS v_all,
          max(traded_at) AS last_at
        FROM trade t WHERE t.whale_id = b.id AND t.side IN ('buy', 'sell')
      ) f
    ), figures AS (
      SELECT b.id, w.name,
        CASE w.name WHEN 'h24' THEN n_h24 WHEN 'd7' THEN n_d7 WHEN 'd30' THEN n_d30 ELSE n_all END AS n,
        coalesce(CASE w.name WHEN 'h24' THEN v_h24 WHEN 'd7' THEN v_d7 WHEN 'd30' THEN v_d30 ELSE v_all END, 0) AS volume,
        CASE WHEN w.since = '-infinity' OR s.last_at >= w.since THEN s.last_at END AS last_at,
        CASE
          WHEN b.complete_since IS NULL THEN 'The history of this wallet is still being read.'
          WHEN w.since = '-infinity' AND b.complete_since > to_timestamp(0)
            THEN 'Complete only since ' || to_char(b.complete_since AT TIME ZONE 'UTC', 'YYYY-MM-DD') || '.'
          WHEN w.since <> '-infinity' AND b.complete_since > w.since
            THEN 'Complete only since ' || to_char(b.complete_since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC.'
        END AS withheld
      FROM batch b JOIN sums s ON s.id = b.id CROSS JOIN windows w
    )
    INSERT INTO whale_stats ("whale_id", "window", volume, trade_count, last_trade_at, withheld, pnl_withheld, computed_at)
    SELECT id, name, CASE WHEN withheld IS NULL THEN volume END, CASE WHEN withheld IS NULL THEN n END, last_at,
      withheld, ${PNL_OF_WINDOW}, ${now}::timestamptz
    FROM figures
    ON CONFLICT ("whale_id", "window") DO UPDATE SET volume = excluded.volume, trade_count = excluded.trade_count,
      last_trade_at = excluded.last_trade_at, withheld = excluded.withheld, computed_at = excluded.computed_at
    RETURNING ${announce("whales")}`;
}

/** Whether a wallet's history has become complete since its figures were withheld for the want of it. */
export async function statsLagBehind(db: PrismaClient): Promise<boolean> {
  const [row] = await db.$queryRaw<{ lag: boolean }[]>`
    SELECT EXISTS (
      SELECT 1 FROM stream_state s
      JOIN whale w ON w.venue = s.venue AND w.address = s.wallet
      LEFT JOIN whale_stats x ON x.whale_id = w.id AND x."window" = 'all'
      WHERE s.kind = 'trades' AND s.complete_since = to_timestamp(0) AND x.trade_count IS NULL) AS lag`;
  return row?.lag ?? false;
}
