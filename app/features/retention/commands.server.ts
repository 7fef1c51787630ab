import type { PrismaClient } from "~/generated/prisma/client.ts";
import { batchOf, daysBefore, type RemovedBatch } from "./batch.ts";
import { removeEngineLeftovers } from "./engine-leftovers.server.ts";
import type { RetentionTarget } from "./policy.ts";
import {
  removeAttempts,
  removeFailedAttempts,
  removeGroups,
  removeLetters,
  removeNotifications,
  removeReplays,
  removeRuns,
} from "./runtime.server.ts";

/** Rows one statement removes at most, so that the embedded database is never held for long. */
const BATCH = 2000;
/** Markets whose price points one statement looks through. */
const MARKETS = 50;
/** Syncs whose steps one statement looks through. */
const LOGS = 2000;

const PART_DAYS = 2;
const LOG_DAYS = 30;

/**
 * Removes one bounded batch of what a table no longer has to keep.
 * @param options.activityDays trades are kept this long; 0 = for ever
 * @param options.after `next` of the batch before; 0 = the first
 */
export async function removeExpired(
  db: PrismaClient,
  target: RetentionTarget,
  options: { activityDays: number; now: Date; after: number },
): Promise<RemovedBatch> {
  const { activityDays, now, after } = options;
  const before = (days: number) => daysBefore(now, days);
  switch (target) {
    case "trades":
      if (activityDays === 0) return { removed: 0, next: null };
      return batchOf(await removeTrades(db, before(activityDays)), BATCH);
    case "prices-hourly":
      return thinPrices(db, "hour", before(30), before(7), after);
    case "prices-daily":
      return thinPrices(db, "day", before(36_500), before(30), after);
    case "sync-parts":
      return removeParts(db, before(PART_DAYS), after);
    case "sync-logs":
      return removeLogs(db, before(LOG_DAYS));
    case "quarantine":
      return batchOf(
        await db.$executeRaw`
          DELETE FROM quarantined_row WHERE id = ANY (ARRAY(
            SELECT id FROM quarantined_row WHERE status = 'healed' AND last_seen_at < ${before(LOG_DAYS)}::timestamptz
            ORDER BY last_seen_at LIMIT ${BATCH}::int))`,
        BATCH,
      );
    case "attempts":
      return removeAttempts(db, now, after);
    case "failed-attempts":
      return removeFailedAttempts(db, now, after);
    case "runs":
      return removeRuns(db, now, after);
    case "dead-letters":
      return removeLetters(db, now);
    case "dead-letter-groups":
      return removeGroups(db, now);
    case "replays":
      return removeReplays(db, now);
    case "notifications":
      return removeNotifications(db, now);
    case "engine-leftovers":
      return removeEngineLeftovers(db, now);
  }
}

/**
 * Old trades go, and the time since which a wallet's history is complete moves up with them. A wallet keeps them until its history has
 * been joined and its ledger holds them.
 */
async function removeTrades(db: PrismaClient, before: Date): Promise<number> {
  const [, removed] = await db.$transaction([
    db.$executeRaw`
      UPDATE stream_state s SET complete_since = ${before}::timestamptz
      WHERE s.kind = 'trades' AND s.complete_since < ${before}::timestamptz AND EXISTS (
        SELECT 1 FROM whale w JOIN trade t ON t.whale_id = w.id
        WHERE w.venue = s.venue AND w.address = s.wallet AND t.traded_at < ${before}::timestamptz
          AND t.id <= w.ledger_through AND w.ledger_since IS NOT NULL)`,
    db.$executeRaw`
      DELETE FROM trade WHERE id = ANY (ARRAY(
        SELECT t.id FROM trade t
        WHERE t.traded_at < ${before}::timestamptz AND EXISTS (
          SELECT 1 FROM whale w
          WHERE w.id = t.whale_id AND t.id <= w.ledger_through AND w.ledger_since IS NOT NULL)
        ORDER BY t.traded_at LIMIT ${BATCH}::int))`,
  ]);
  return removed;
}

/**
 * What went wrong stays as long as its log; of what went well the log's own counts are enough. Walks the logs by their number, so that
 * those whose parts have gone are passed once.
 */
async function removeParts(db: PrismaClient, before: Date, after: number): Promise<RemovedBatch> {
  const [batch] = await db.$queryRaw<{ removed: number; last: number | null; seen: number }[]>`
    WITH seen AS MATERIALIZED (
      SELECT id, status, started_at FROM sync_log WHERE id > ${after}::int ORDER BY id LIMIT ${LOGS}::int
    ), gone AS (
      DELETE FROM sync_part WHERE (sync_log_id, key) IN (
        SELECT p.sync_log_id, p.key FROM seen l JOIN sync_part p ON p.sync_log_id = l.id
        WHERE l.status = 'completed' AND l.started_at < ${before}::timestamptz LIMIT ${BATCH}::int)
      RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM gone) AS removed, max(id) AS last, count(*)::int AS seen FROM seen`;
  const { removed, last, seen } = batch ?? { removed: 0, last: null, seen: 0 };
  if (removed === BATCH) return { removed, next: after };
  return { removed, next: seen < LOGS ? null : last };
}

/** The parts of a log that failed go first, so that no statement removes more than a batch of them with their log. */
async function removeLogs(db: PrismaClient, before: Date): Promise<RemovedBatch> {
  const parts = await db.$executeRaw`
    DELETE FROM sync_part WHERE (sync_log_id, key) IN (
      SELECT p.sync_log_id, p.key FROM sync_log l JOIN sync_part p ON p.sync_log_id = l.id
      WHERE l.status <> 'running' AND l.started_at < ${before}::timestamptz LIMIT ${BATCH}::int)`;
  if (parts === BATCH) return { removed: 0, next: 0 };
  return batchOf(
    await db.$executeRaw`
      DELETE FROM sync_log WHERE id = ANY (ARRAY(
        SELECT id FROM sync_log WHERE started_at < ${before}::timestamptz AND status <> 'running'
        ORDER BY started_at LIMIT ${BATCH}::int))`,
    BATCH,
  );
}

/** Of several points of one market within an hour or a day only the last one stays; some markets at a time. */
async function thinPrices(
  db: PrismaClient,
  unit: "hour" | "day",
  from: Date,
  to: Date,
  after: number,
): Promise<RemovedBatch> {
  const markets = await db.market.findMany({
    where: { id: { gt: after } },
    orderBy: { id: "asc" },
    take: MARKETS,
    select: { id: true },
  });
  const last = markets.at(-1)?.id;
  if (last === undefined) return { removed: 0, next: null };
  const removed = await db.$executeRaw`
    DELETE FROM price_point WHERE (market_id, outcome, at) IN (
      SELECT market_id, outcome, at FROM (
        SELECT market_id, outcome, at,
          row_number() OVER (PARTITION BY market_id, outcome, date_trunc(${unit}, at, 'UTC') ORDER BY at DESC) AS nth
        FROM price_point
        WHERE market_id > ${after}::int AND market_id <= ${last}::int
          AND at >= ${from}::timestamptz AND at < ${to}::timestamptz) points
      WHERE nth > 1)`;
  return { removed, next: markets.length < MARKETS ? null : last };
}
