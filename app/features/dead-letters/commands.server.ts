import type { PrismaClient } from "~/generated/prisma/client.ts";
import { toJsonb } from "~/lib/jsonb.ts";
import { announce, announcement } from "~/lib/live.server.ts";
import type { ErrorCode } from "~/reliability/errors.ts";
import { redactValue } from "~/reliability/redaction.ts";
import { fingerprint } from "./fingerprint.ts";
import { type FrozenFilter, freeLetters } from "./letter-filter.ts";
import { MOST_LETTERS } from "./letter-limits.ts";
import { finishReplays, resolveLetters } from "./resolve.server.ts";

export type FailedRun = {
  /** Inngest run id of the run that failed. */
  runId: string;
  /** The function's own id, as the action of its run. */
  action: string;
  /** As of its run: who does the work again resolves the letter. */
  idempotencyKey: string;
  correlationId: string;
  /** The event that asked for the run, as Inngest delivered it. */
  event: unknown;
  /** What it was about, for people ("opinion 0x…"); null = not known. */
  stream: string | null;
  /** The venue that the work was about; null = of none, or of several. */
  venue: string | null;
  code: ErrorCode;
  message: string;
  failedAt: Date;
  /** Takes the secrets of the environment out of a text. */
  redact: (text: string) => string;
};

/**
 * Keeps a run that failed for good, without secrets; told twice of the same run, it keeps one letter. Where the run did the work of an
 * open letter again, that letter is linked to this one and is open no longer. Where another run has done the work in the meantime (a
 * rerun may be faster than the record of the failure), the letter is replayed at once.
 * @returns newGroup: the letter is open, and before it none with the same cause was
 */
export async function recordDeadLetter(
  db: PrismaClient,
  run: FailedRun,
): Promise<{ letterId: number; newGroup: boolean }> {
  const message = run.redact(run.message);
  const print = fingerprint({ ...run, message });
  const event = toJsonb(redactValue(run.event ?? null, run.redact));
  const [kept] = await db.$queryRaw<{ id: number | null; newGroup: boolean }[]>`
    WITH known AS (
      SELECT id, status FROM dead_letter WHERE run_id = ${run.runId}
    ), grouped AS (
      INSERT INTO dead_letter_group AS g (fingerprint, code, message, first_seen_at, last_seen_at)
      SELECT ${print}, ${run.code}, ${message}, ${run.failedAt}::timestamptz, ${run.failedAt}::timestamptz
      WHERE NOT EXISTS (SELECT FROM known)
      ON CONFLICT (fingerprint) DO UPDATE SET first_seen_at = least(g.first_seen_at, excluded.first_seen_at),
        last_seen_at = greatest(g.last_seen_at, excluded.last_seen_at)
      RETURNING fingerprint
    ), written AS (
      INSERT INTO dead_letter (run_id, function_id, idempotency_key, correlation_id, event, stream, error_code,
        error_message, fingerprint, failed_at)
      SELECT ${run.runId}, ${run.action}, ${run.idempotencyKey}, ${run.correlationId}, ${event}::jsonb, ${run.stream},
        ${run.code}, ${message}, g.fingerprint, ${run.failedAt}::timestamptz
      FROM grouped g
      ON CONFLICT (run_id) DO NOTHING
      RETURNING id, status, ${announce("dead-letters")}
    ), linked AS (
      UPDATE dead_letter l SET status = 'replayed', next_id = w.id, replay_run_id = ${run.runId},
        resolved_at = ${run.failedAt}::timestamptz
      FROM written w
      WHERE l.function_id = ${run.action} AND l.idempotency_key = ${run.idempotencyKey} AND l.status = 'open'
    )
    SELECT coalesce((SELECT id FROM written), (SELECT id FROM known)) AS id,
      coalesce((SELECT status FROM written), (SELECT status FROM known)) = 'open' AND NOT EXISTS (
        SELECT FROM dead_letter o WHERE o.fingerprint = ${print} AND o.status = 'open'
          AND o.id < coalesce((SELECT id FROM known), 2147483647)
      ) AS "newGroup"`;
  // Another call was keeping the same run: by now its letter stands.
  if (!kept || kept.id === null) return recordDeadLetter(db, run);
  await finishReplays(db, run.failedAt);
  const done = await resolveIfDone(db, run);
  return { letterId: kept.id, newGroup: kept.newGroup && !done };
}

/**
 * Only once the letter stands: a run that completes after this look finds it, one that completed before is found.
 * @returns whether another run has done the work
 */
async function resolveIfDone(
  db: PrismaClient,
  { action, idempotencyKey, failedAt }: FailedRun,
): Promise<boolean> {
  const work = { action, idempotencyKey };
  const done = await db.run.findFirst({
    where: { ...work, status: "completed", released: false },
    select: { inngestRunId: true, endedAt: true },
  });
  if (!done) return false;
  const now = done.endedAt ?? failedAt;
  await resolveLetters(db, { ...work, inngestRunId: done.inngestRunId, now });
  return true;
}

/** Letters that one statement changes: everybody waits for it on the embedded database. */
const BATCH = 500;

/**
 * Discards the open letters of a filter that no running replay has, at most 10,000, the oldest first.
 * @param discard.key of the form or call that asks: asked twice it discards once, and by it the discard is undone
 * @returns how many letters the key has discarded
 */
export async function discardLetters(
  db: PrismaClient,
  filter: FrozenFilter,
  discard: { reason: string; key: string; now: Date },
): Promise<number> {
  let left = MOST_LETTERS - (await countDiscarded(db, discard.key));
  while (left > 0) {
    const letters = await db.deadLetter.findMany({
      where: freeLetters(filter),
      orderBy: [{ failedAt: "asc" }, { id: "asc" }],
      select: { id: true },
      take: Math.min(BATCH, left),
    });
    if (letters.length === 0) break;
    const ids = letters.map(({ id }) => id);
    const [, { count }] = await db.$transaction([
      lockLetters(db),
      db.deadLetter.updateMany({
        where: { ...freeLetters(filter), id: { in: ids } },
        data: {
          status: "discarded",
          discardReason: discard.reason,
          discardKey: discard.key,
          resolvedAt: discard.now,
        },
      }),
      announcement(db, "dead-letters"),
    ]);
    left -= count;
  }
  return countDiscarded(db, discard.key);
}

/** How many letters a discard has put away, at most 10,000. */
export function countDiscarded(db: PrismaClient, key: string): Promise<number> {
  return db.deadLetter.count({ where: { discardKey: key, status: "discarded" } });
}

/**
 * Opens letters that were discarded together again, or one of them.
 * @returns how many are open because of it
 */
export async function undoDiscard(
  db: PrismaClient,
  discarded: { key: string; letterId?: number },
): Promise<number> {
  let undone = 0;
  for (;;) {
    const letters = await db.deadLetter.findMany({
      where: { discardKey: discarded.key, status: "discarded", id: discarded.letterId },
      select: { id: true },
      take: BATCH,
    });
    if (letters.length === 0) return undone;
    const [{ count }] = await db.$transaction([
      db.deadLetter.updateMany({
        where: { id: { in: letters.map(({ id }) => id) }, status: "discarded" },
        data: { status: "open", discardReason: null, discardKey: null, resolvedAt: null },
      }),
      announcement(db, "dead-letters"),
    ]);
    undone += count;
  }
}

/** Of two who claim or discard letters at once the second sees what the first has taken; inside a transaction, before its change. */
export function lockLetters(db: Pick<PrismaClient, "$executeRaw">) {
  return db.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('dead-letters'))`;
}
