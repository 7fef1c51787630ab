import type { PrismaClient, SyncStatus, SyncTrigger, SyncType } from "~/generated/prisma/client.ts";
import type { ErrorCode } from "~/reliability/errors.ts";

/** What a piece of a sync brought. */
export type SyncCounts = {
  requests: number;
  fetched: number;
  created: number;
  updated: number;
  duplicate: number;
  quarantined: number;
};

export const NO_COUNTS: SyncCounts = {
  requests: 0,
  fetched: 0,
  created: 0,
  updated: 0,
  duplicate: 0,
  quarantined: 0,
};

export type SyncFailure = { code: ErrorCode; message: string };

export type SyncStart = {
  /** Inngest run id: a step that runs again finds the row it made. */
  runId: string;
  type: SyncType;
  venue: string | null;
  trigger: SyncTrigger;
  now: Date;
  /** Closed as incomplete after this time, whatever happens to the run. */
  deadlineAt: Date;
  /** False where runs of the job may overlap, because they share the work out among themselves. */
  exclusive: boolean;
};

/** `skipped` = why it must not go on; null = go. */
export type OpenedSync = { id: number; skipped: string | null; startedAt: Date };

/** How long one step may keep others of its job from starting; a step that was cut off stops doing so after it. */
export const EXECUTING_MS = 120_000;

/**
 * Opens the log of a sync. A second run of the same job while a step of the first is being executed is logged as skipped; one that
 * waits in backoff blocks nobody.
 */
export async function openSync(db: PrismaClient, start: SyncStart): Promise<OpenedSync> {
  return db.$transaction(async (tx) => {
    await lockJob(tx, start.type);
    const own = await tx.syncLog.findUnique({ where: { runId: start.runId } });
    if (own) {
      const skipped = own.status === "skipped" ? (own.note ?? "") : null;
      return { id: own.id, skipped, startedAt: own.startedAt };
    }
    const busy =
      start.exclusive &&
      (await tx.syncLog.findFirst({
        where: {
          type: start.type,
          status: "running",
          // A time further ahead than any that is set comes from a clock that was wrong.
          executingUntil: { gt: start.now, lte: new Date(start.now.getTime() + 2 * EXECUTING_MS) },
        },
        select: { id: true },
      }));
    if (busy) {
      const note = `Sync ${busy.id} of the same job is being executed.`;
      return { ...(await writeSkipped(tx, start, note, null)), skipped: note };
    }
    const { now, exclusive, ...row } = start;
    const { id } = await tx.syncLog.create({
      data: {
        ...row,
        startedAt: now,
        executingUntil: exclusive ? new Date(now.getTime() + EXECUTING_MS) : null,
        correlationId: start.runId,
      },
    });
    return { id, skipped: null, startedAt: now };
  });
}

/**
 * Logs that a sync had a reason not to start. The same reason again right after only moves the time of the last such row, so that a
 * job that waits for days does not fill the log.
 */
export async function skipSync(
  db: PrismaClient,
  start: SyncStart,
  note: string,
  errorCode: ErrorCode | null,
): Promise<{ id: number }> {
  return db.$transaction(async (tx) => {
    await lockJob(tx, start.type);
    return writeSkipped(tx, start, note, errorCode);
  });
}

type Transaction = Parameters<Parameters<PrismaClient["$transaction"]>[0]>[0];

/** Of two runs of a job that begin at once the second sees what the first has logged. */
async function lockJob(tx: Transaction, type: SyncType): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${`sync:${type}`}))`;
}

async function writeSkipped(
  tx: Transaction,
  start: SyncStart,
  note: string,
  errorCode: ErrorCode | null,
) {
  const last = await tx.syncLog.findFirst({
    where: { type: start.type },
    orderBy: [{ startedAt: "desc" }, { id: "desc" }],
    select: { id: true, status: true, note: true, startedAt: true },
  });
  if (last?.status === "skipped" && last.note === note) {
    await tx.syncLog.update({
      where: { id: last.id },
      data: { runId: start.runId, finishedAt: start.now },
    });
    return { id: last.id, startedAt: last.startedAt };
  }
  const { now, exclusive: _, ...row } = start;
  const { id } = await tx.syncLog.create({
    data: {
      ...row,
      status: "skipped",
      startedAt: now,
      finishedAt: now,
      note,
      errorCode,
      correlationId: start.runId,
    },
  });
  return { id, startedAt: now };
}

/** A step of the sync begins (a time) or has gone into backoff (null). */
export async function markExecuting(db: PrismaClient, id: number, until: Date | null) {
  await db.syncLog.updateMany({
    where: { id, status: "running" },
    data: { executingUntil: until },
  });
}

export type PartReport = {
  syncLogId: number;
  /** Names the part within its sync; a second report of it changes nothing. */
  key: string;
  counts: SyncCounts;
  failure?: SyncFailure;
  now: Date;
};

/**
 * Adds what one part brought to its sync, once however often it is reported, and closes the sync when that was the last part others
 * were asked for.
 */
export async function reportPart(db: PrismaClient, report: PartReport): Promise<void> {
  const { counts: c, failure } = report;
  const status: SyncStatus = failure ? "failed" : "completed";
  const failed = failure ? 1 : 0;
  await db.$executeRaw`
    WITH reported AS (
      INSERT INTO sync_part AS p (sync_log_id, key, status, requests, fetched, created, updated, duplicate,
        quarantined, error_code, error_message, finished_at)
      VALUES (${report.syncLogId}::int, ${report.key}, ${status}::sync_status, ${c.requests}::int, ${c.fetched}::int,
        ${c.created}::int, ${c.updated}::int, ${c.duplicate}::int, ${c.quarantined}::int, ${failure?.code ?? null},
        ${failure?.message ?? null}, ${report.now}::timestamptz)
      ON CONFLICT (sync_log_id, key) DO UPDATE SET status = excluded.status,
        requests = p.requests + excluded.requests, fetched = p.fetched + excluded.fetched,
        created = p.created + excluded.created, updated = p.updated + excluded.updated,
        duplicate = p.duplicate + excluded.duplicate, quarantined = p.quarantined + excluded.quarantined,
        error_code = excluded.error_code, error_message = excluded.error_message, finished_at = excluded.finished_at
        WHERE p.status = 'running'
      -- A part that others were asked for was there as running.
      RETURNING (xmax <> 0)::int AS asked
    )
    UPDATE sync_log l SET
      requests = requests + ${c.requests}::int, fetched = fetched + ${c.fetched}::int,
      created = created + ${c.created}::int, updated = updated + ${c.updated}::int,
      duplicate = duplicate + ${c.duplicate}::int, quarantined = quarantined + ${c.quarantined}::int,
      parts_done = parts_done + asked,
      parts_failed = parts_failed + asked * ${failed}::int,
      error_code = coalesce(${failure?.code ?? null}, error_code),
      error_message = coalesce(${failure?.message ?? null}, error_message),
      status = CASE
        WHEN l.status <> 'running' OR asked = 0 OR parts_done + asked < parts_total THEN l.status
        WHEN parts_failed + ${failed}::int = 0 THEN 'completed'
        WHEN parts_failed + ${failed}::int < parts_total THEN 'incomplete'
        ELSE 'failed' END,
      finished_at = CASE WHEN l.status = 'running' AND asked = 1 AND parts_done + asked >= parts_total
        THEN ${report.now}::timestamptz ELSE finished_at END,
      note = CASE
        WHEN l.status = 'running' AND asked = 1 AND parts_done + asked >= parts_total AND parts_failed + ${failed}::int > 0
        THEN parts_failed + ${failed}::int || ' of ' || parts_total || ' wallets could not be read' ELSE note END
    FROM reported WHERE l.id = ${report.syncLogId}::int`;
}

/** Adds what an attempt brought and cost that then failed: it is true even if the step is tried again. */
export async function addCounts(
  db: PrismaClient,
  part: { syncLogId: number; key: string },
  counts: SyncCounts,
): Promise<void> {
  const increments = Object.fromEntries(
    Object.entries(counts).map(([name, increment]) => [name, { increment }]),
  );
  await db.$transaction([
    db.syncPart.updateMany({ where: part, data: increments }),
    db.syncLog.updateMany({ where: { id: part.syncLogId }, data: increments }),
  ]);
}

/** Ends a running sync. */
export async function closeSync(
  db: PrismaClient,
  id: number,
  end: { status: "completed" | "incomplete" | "skipped"; note?: string; now: Date },
) {
  await db.syncLog.updateMany({
    where: { id, status: "running" },
    data: { status: end.status, note: end.note, finishedAt: end.now, executingUntil: null },
  });
}

/** The run behind a sync failed for good. */
export async function failSync(db: PrismaClient, runId: string, failure: SyncFailure, now: Date) {
  await db.syncLog.updateMany({
    where: { runId, status: "running" },
    data: {
      status: "failed",
      errorCode: failure.code,
      errorMessage: failure.message,
      finishedAt: now,
      executingUntil: null,
    },
  });
}

/** Closes every sync that ran past its deadline, so that none is shown as running for ever. */
export async function closeOverdueSyncs(db: PrismaClient, now: Date): Promise<number> {
  const { count } = await db.syncLog.updateMany({
    where: { status: "running", deadlineAt: { lt: now } },
    data: {
      status: "incomplete",
      note: "Not finished by its deadline; what it had stored is kept.",
      finishedAt: now,
      executingUntil: null,
    },
  });
  return count;
}

/**
 * After a start of the only process that executes jobs: no step can be executing any more, so none keeps its job from starting.
 */
export async function releaseExecuting(db: PrismaClient): Promise<void> {
  await db.syncLog.updateMany({
    where: { status: "running", executingUntil: { not: null } },
    data: { executingUntil: null },
  });
}
