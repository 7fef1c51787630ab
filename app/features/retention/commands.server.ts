import type { PrismaClient } from "~/generated/prisma/client.ts";

/** Rows one statement removes at most, so that the embedded database is never held for long. */
export const RETENTION_BATCH = 2000;

const DAY_MS = 86_400_000;
const LOG_DAYS = 30;
const LETTER_DAYS = 90;

export type RetentionTarget =
  | "trades"
  | "prices-hourly"
  | "prices-daily"
  | "sync-logs"
  | "quarantine"
  | "dead-letters";

export const RETENTION_TARGETS: readonly RetentionTarget[] = [
  "trades",
  "prices-hourly",
  "prices-daily",
  "sync-logs",
  "quarantine",
  "dead-letters",
];

/**
 * Removes one bounded batch of what a table no longer has to keep; fewer than `RETENTION_BATCH` means that nothing is left.
 * @param activityDays trades are kept this long; 0 = for ever
 */
export async function removeExpired(
  db: PrismaClient,
  target: RetentionTarget,
  options: { activityDays: number; now: Date },
): Promise<number> {
  const before = (days: number) => new Date(options.now.getTime() - days * DAY_MS);
  switch (target) {
    case "trades":
      return options.activityDays === 0 ? 0 : removeTrades(db, before(options.activityDays));
    case "prices-hourly":
      return thinPrices(db, "hour", before(30), before(7));
    case "prices-daily":
      return thinPrices(db, "day", before(36_500), before(30));
    case "sync-logs":
      return db.$executeRaw`
        DELETE FROM sync_log WHERE id IN (
          SELECT id FROM sync_log WHERE started_at < ${before(LOG_DAYS)}::timestamptz AND status <> 'running'
          ORDER BY started_at LIMIT ${RETENTION_BATCH}::int)`;
    case "quarantine":
      return db.$executeRaw`
        DELETE FROM quarantined_row WHERE id IN (
          SELECT id FROM quarantined_row WHERE status = 'healed' AND last_seen_at < ${before(LOG_DAYS)}::timestamptz
          ORDER BY last_seen_at LIMIT ${RETENTION_BATCH}::int)`;
    case "dead-letters":
      return db.$executeRaw`
        DELETE FROM dead_letter WHERE id IN (
          SELECT id FROM dead_letter WHERE failed_at < ${before(LETTER_DAYS)}::timestamptz
          ORDER BY failed_at LIMIT ${RETENTION_BATCH}::int)`;
  }
}

/** Old trades go, and the time since which a wallet's history is complete moves up with them. */
async function removeTrades(db: PrismaClient, before: Date): Promise<number> {
  const [, removed] = await db.$transaction([
    db.$executeRaw`
      UPDATE stream_state SET complete_since = ${before}::timestamptz
      WHERE kind = 'trades' AND complete_since < ${before}::timestamptz`,
    db.$executeRaw`
      DELETE FROM trade WHERE id IN (
        SELECT id FROM trade WHERE traded_at < ${before}::timestamptz
        ORDER BY traded_at LIMIT ${RETENTION_BATCH}::int)`,
  ]);
  return removed;
}

/** Of several points of one market within an hour or a day only the last one stays. */
async function thinPrices(db: PrismaClient, unit: "hour" | "day", from: Date, to: Date) {
  return db.$executeRaw`
    DELETE FROM price_point WHERE (market_id, outcome, at) IN (
      SELECT market_id, outcome, at FROM (
        SELECT market_id, outcome, at,
          row_number() OVER (PARTITION BY market_id, outcome, date_trunc(${unit}, at, 'UTC') ORDER BY at DESC) AS nth
        FROM price_point WHERE at >= ${from}::timestamptz AND at < ${to}::timestamptz) points
      WHERE nth > 1 LIMIT ${RETENTION_BATCH}::int)`;
}
