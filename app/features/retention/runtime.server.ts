import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { KEPT_DAYS } from "~/reliability/kept-days.ts";
import { batchOf, daysBefore, type RemovedBatch } from "./batch.ts";

/** Rows that one statement removes at most. */
const ATTEMPTS = 2_000;
/** Each run is looked up in the tables that name it. */
const RUNS = 500;
/** A letter carries its event. */
const LETTERS = 500;

/**
 * Attempts that succeeded stay for a day.
 * @param after time of the last attempt removed before, epoch milliseconds: what was removed is not looked through again
 */
export function removeAttempts(db: PrismaClient, now: Date, after: number): Promise<RemovedBatch> {
  return deleteAttempts(
    db,
    Prisma.sql`
    SELECT ctid, started_at FROM run_attempt
    WHERE status = 'success' AND started_at >= ${new Date(after)}::timestamptz
      AND started_at < ${daysBefore(now, KEPT_DAYS.success)}::timestamptz
    ORDER BY started_at LIMIT ${ATTEMPTS}::int`,
  );
}

/** Attempts that failed stay for 90 days. */
export function removeFailedAttempts(
  db: PrismaClient,
  now: Date,
  after: number,
): Promise<RemovedBatch> {
  const ofStatus = (status: "retryable" | "fatal") => Prisma.sql`(
    SELECT ctid, started_at FROM run_attempt
    WHERE status = ${status}::attempt_status AND started_at >= ${new Date(after)}::timestamptz
      AND started_at < ${daysBefore(now, KEPT_DAYS.failure)}::timestamptz
    ORDER BY started_at LIMIT ${ATTEMPTS}::int)`;
  return deleteAttempts(
    db,
    Prisma.sql`
    ${ofStatus("retryable")} UNION ALL ${ofStatus("fatal")} ORDER BY started_at LIMIT ${ATTEMPTS}::int`,
  );
}

/**
 * By their places in the table, which an attempt never changes: the planner would rather read all attempts than look so many up.
 * @param old `ctid` and `started_at` of the attempts to remove, oldest first
 */
async function deleteAttempts(db: PrismaClient, old: Prisma.Sql): Promise<RemovedBatch> {
  const [batch] = await db.$queryRaw<{ removed: number; last: Date | null }[]>`
    WITH old AS MATERIALIZED (${old}),
    gone AS (DELETE FROM run_attempt WHERE ctid = ANY (ARRAY(SELECT ctid FROM old)))
    SELECT count(*)::int AS removed, max(started_at) AS last FROM old`;
  const { removed, last } = batch ?? { removed: 0, last: null };
  return { removed, next: removed < ATTEMPTS || !last ? null : last.getTime() };
}

/**
 * Runs that completed stay for a day, others (those that were cut off included) for 90, and each as long as one of its attempts. Walks
 * the runs by their number, so that those that stay are passed once.
 * @param after number of the last run looked at
 */
export async function removeRuns(
  db: PrismaClient,
  now: Date,
  after: number,
): Promise<RemovedBatch> {
  const good = daysBefore(now, KEPT_DAYS.success);
  const bad = daysBefore(now, KEPT_DAYS.failure);
  const [batch] = await db.$queryRaw<{ removed: number; last: number | null; more: boolean }[]>`
    WITH seen AS MATERIALIZED (
      SELECT id, status, started_at, expires_at FROM run WHERE id > ${after}::int ORDER BY id LIMIT ${RUNS}::int
    ), gone AS (
      DELETE FROM run WHERE id = ANY (ARRAY(
        SELECT id FROM seen
        WHERE ((status = 'completed' AND started_at < ${good}::timestamptz)
          OR (status IN ('failed', 'cancelled') AND started_at < ${bad}::timestamptz)
          OR (status = 'running' AND expires_at < ${bad}::timestamptz))
          AND NOT EXISTS (SELECT FROM run_attempt a WHERE a.run_id = seen.id)))
      RETURNING id
    )
    SELECT (SELECT count(*)::int FROM gone) AS removed, max(id) AS last,
      count(*) = ${RUNS}::int AND min(started_at) < ${good}::timestamptz AS more FROM seen`;
  const { removed, last, more } = batch ?? { removed: 0, last: null, more: false };
  return { removed, next: more ? last : null };
}

/** Letters stay for 90 days, and as long as a replay is at them. */
export async function removeLetters(db: PrismaClient, now: Date): Promise<RemovedBatch> {
  const removed = await db.$executeRaw`
    DELETE FROM dead_letter WHERE id = ANY (ARRAY(
      SELECT id FROM dead_letter l
      WHERE failed_at < ${daysBefore(now, KEPT_DAYS.failure)}::timestamptz
        AND NOT EXISTS (SELECT FROM replay r WHERE r.id = l.replay_id AND r.status = 'running')
      ORDER BY failed_at LIMIT ${LETTERS}::int))`;
  return batchOf(removed, LETTERS);
}

/** A group stays as long as one of its letters. */
export async function removeGroups(db: PrismaClient, now: Date): Promise<RemovedBatch> {
  const removed = await db.$executeRaw`
    DELETE FROM dead_letter_group WHERE fingerprint = ANY (ARRAY(
      SELECT fingerprint FROM dead_letter_group g
      WHERE last_seen_at < ${daysBefore(now, KEPT_DAYS.failure)}::timestamptz
        AND NOT EXISTS (SELECT FROM dead_letter l WHERE l.fingerprint = g.fingerprint)
      ORDER BY last_seen_at LIMIT ${LETTERS}::int))
      AND last_seen_at < ${daysBefore(now, KEPT_DAYS.failure)}::timestamptz`;
  return batchOf(removed, LETTERS);
}

/** Replays stay for 90 days, and until they have ended. */
export async function removeReplays(db: PrismaClient, now: Date): Promise<RemovedBatch> {
  const removed = await db.$executeRaw`
    DELETE FROM replay WHERE id = ANY (ARRAY(
      SELECT id FROM replay
      WHERE created_at < ${daysBefore(now, KEPT_DAYS.failure)}::timestamptz AND status <> 'running'
      ORDER BY created_at LIMIT ${LETTERS}::int))`;
  return batchOf(removed, LETTERS);
}

/** Notifications stay for 90 days, of an incident from its end on; their conditions go with them. */
export async function removeNotifications(db: PrismaClient, now: Date): Promise<RemovedBatch> {
  const before = daysBefore(now, KEPT_DAYS.failure);
  const removed = await db.$executeRaw`
    DELETE FROM notification WHERE id = ANY (ARRAY(
      SELECT id FROM notification
      WHERE created_at < ${before}::timestamptz AND (kind <> 'incident' OR resolved_at < ${before}::timestamptz)
      ORDER BY created_at LIMIT ${LETTERS}::int))`;
  return batchOf(removed, LETTERS);
}
