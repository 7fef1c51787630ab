import type { PrismaClient } from "~/generated/prisma/client.ts";

/** Rows one statement removes at most, so that the embedded database is never held for long. */
const BATCH = 2000;
/** Markets whose price points one statement looks through. */
const MARKETS = 50;

const DAY_MS = 86_400_000;
const PART_DAYS = 2;
const LOG_DAYS = 30;
const LETTER_DAYS = 90;

export const RETENTION_TARGETS = [
  "trades",
  "prices-hourly",
  "prices-daily",
  "sync-parts",
  "sync-logs",
  "quarantine",
  "dead-letters",
] as const;

export type RetentionTarget = (typeof RETENTION_TARGETS)[number];

export type RemovedBatch = {
  removed: number;
  /** Where the next batch begins; null = nothing is left. */
  next: number | null;
};

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
  const before = (days: number) => new Date(options.now.getTime() - days * DAY_MS);
  switch (target) {
    case "trades":
      if (options.activityDays === 0) return { removed: 0, next: null };
      return batchOf(await removeTrades(db, before(options.activityDays)));
    case "prices-hourly":
      return thinPrices(db, "hour", before(30), before(7), options.after);
    case "prices-daily":
      return thinPrices(db, "day", before(36_500), before(30), options.after);
    case "sync-parts":
      // What went wrong stays as long as its log; of what went well the log's own counts are enough.
      return batchOf(
        await db.$executeRaw`
          DELETE FROM sync_part WHERE (sync_log_id, key) IN (
            SELECT p.sync_log_id, p.key FROM sync_log l JOIN sync_part p ON p.sync_log_id = l.id
            WHERE l.status = 'completed' AND l.started_at < ${before(PART_DAYS)}::timestamptz
            LIMIT ${BATCH}::int)`,
      );
    case "sync-logs":
      return removeLogs(db, before(LOG_DAYS));
    case "quarantine":
      return batchOf(
        await db.$executeRaw`
          DELETE FROM quarantined_row WHERE id IN (
            SELECT id FROM quarantined_row WHERE status = 'healed' AND last_seen_at < ${before(LOG_DAYS)}::timestamptz
            ORDER BY last_seen_at LIMIT ${BATCH}::int)`,
      );
    case "dead-letters":
      return batchOf(
        await db.$executeRaw`
          DELETE FROM dead_letter WHERE id IN (
            SELECT id FROM dead_letter WHERE failed_at < ${before(LETTER_DAYS)}::timestamptz
            ORDER BY failed_at LIMIT ${BATCH}::int)`,
      );
  }
}

/** A full batch has more behind it. */
function batchOf(removed: number): RemovedBatch {
  return { removed, next: removed < BATCH ? null : 0 };
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
      DELETE FROM trade WHERE id IN (
        SELECT t.id FROM trade t
        WHERE t.traded_at < ${before}::timestamptz AND EXISTS (
          SELECT 1 FROM whale w
          WHERE w.id = t.whale_id AND t.id <= w.ledger_through AND w.ledger_since IS NOT NULL)
        ORDER BY t.traded_at LIMIT ${BATCH}::int)`,
  ]);
  return removed;
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
      DELETE FROM sync_log WHERE id IN (
        SELECT id FROM sync_log WHERE started_at < ${before}::timestamptz AND status <> 'running'
        ORDER BY started_at LIMIT ${BATCH}::int)`,
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
