import type { PrismaClient } from "~/generated/prisma/client.ts";
import { daysBefore, type RemovedBatch } from "./batch.ts";

/** The engine itself keeps nothing that has ended for longer than seven days and some hours. */
const LEFTOVER_DAYS = 10;
/** A key or a rate means nothing once its time has passed. */
const PASSED_DAYS = 2;
/** A run may have a thousand steps. */
const RUNS = 100;
const ROWS = 1_000;

/**
 * What ended long ago in the embedded engine's tables. The engine removes it by itself while it runs; where an Inngest server has taken
 * the work over, nobody else does. What is queued stays: it goes on when the engine is used again.
 */
export async function removeEngineLeftovers(db: PrismaClient, now: Date): Promise<RemovedBatch> {
  const ended = daysBefore(now, LEFTOVER_DAYS);
  const passed = daysBefore(now, PASSED_DAYS);
  const [gone] = await db.$queryRaw<
    { runs: number; events: number; keys: number; rates: number }[]
  >`
    WITH old AS MATERIALIZED (
      (SELECT id FROM engine.run WHERE status = 'completed' AND ended_at < ${ended}::timestamptz
        ORDER BY ended_at LIMIT ${RUNS}::int)
      UNION ALL
      (SELECT id FROM engine.run WHERE status IN ('failed', 'cancelled') AND ended_at < ${ended}::timestamptz
        ORDER BY ended_at LIMIT ${RUNS}::int)
    ),
    runs AS (DELETE FROM engine.run WHERE id IN (SELECT id FROM old) RETURNING 1),
    links AS (DELETE FROM engine.run_event WHERE run_id IN (SELECT id FROM old)),
    steps AS (DELETE FROM engine.step WHERE run_id IN (SELECT id FROM old)),
    attempts AS (DELETE FROM engine.attempt WHERE run_id IN (SELECT id FROM old)),
    events AS (
      DELETE FROM engine.event WHERE id IN (
        SELECT id FROM engine.event o
        WHERE received_at < ${ended}::timestamptz AND NOT EXISTS (SELECT FROM engine.run_event WHERE event_id = o.id)
        ORDER BY received_at LIMIT ${ROWS}::int)
      RETURNING 1),
    keys AS (
      DELETE FROM engine.event_key WHERE (function_id, key) IN (
        SELECT function_id, key FROM engine.event_key WHERE expires_at < ${passed}::timestamptz
        ORDER BY expires_at LIMIT ${ROWS}::int)
        AND expires_at < ${passed}::timestamptz
      RETURNING 1),
    rates AS (
      DELETE FROM engine.rate WHERE key IN (
        SELECT key FROM engine.rate WHERE next_at < ${passed}::timestamptz ORDER BY next_at LIMIT ${ROWS}::int)
        AND next_at < ${passed}::timestamptz
      RETURNING 1)
    SELECT (SELECT count(*)::int FROM runs) AS runs, (SELECT count(*)::int FROM events) AS events,
      (SELECT count(*)::int FROM keys) AS keys, (SELECT count(*)::int FROM rates) AS rates`;
  const removed = gone ? gone.runs + gone.events + gone.keys + gone.rates : 0;
  return { removed, next: removed > 0 ? 0 : null };
}
