import type { PrismaClient, SyncTrigger, SyncType } from "~/generated/prisma/client.ts";
import { announce, announcement } from "~/lib/live.server.ts";
import type { ErrorCode } from "~/reliability/errors.ts";

export type SyncFailure = { code: ErrorCode; message: string };

export type SyncStart = {
  /** Inngest run id: a step that runs again finds the row it made. */
  runId: string;
  /** Shared by everything that one cause led to. */
  correlationId: string;
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
      },
    });
    await announcement(tx, "syncs");
    return { id, skipped: null, startedAt: now };
  });
}

/**
 * Logs that a sync had a reason not to start. The same reason again right after only moves the time of the last such row, so that a
 * job that waits for days does not fill the log. A run has one row: told again of it, the row stays, and a sync that it had begun ends.
 */
export async function skipSync(
  db: PrismaClient,
  start: SyncStart,
  note: string,
  errorCode: ErrorCode | null,
): Promise<{ id: number; startedAt: Date }> {
  return db.$transaction(async (tx) => {
    await lockJob(tx, start.type);
    const own = await tx.syncLog.findUnique({
      where: { runId: start.runId },
      select: { id: true, startedAt: true, status: true },
    });
    if (!own) return writeSkipped(tx, start, note, errorCode);
    const { id, startedAt, status } = own;
    if (status === "running") {
      const end = { status: "skipped", note, errorCode, finishedAt: start.now } as const;
      await tx.syncLog.update({ where: { id }, data: { ...end, executingUntil: null } });
      await announcement(tx, "syncs");
    }
    return { id, startedAt };
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
  await announcement(tx, "syncs");
  const last = await tx.syncLog.findFirst({
    where: { type: start.type },
    orderBy: [{ startedAt: "desc" }, { id: "desc" }],
    select: { id: true, status: true, note: true, startedAt: true },
  });
  if (last?.status === "skipped" && last.note === note) {
    await tx.syncLog.update({
      where: { id: last.id },
      data: { runId: start.runId, correlationId: start.correlationId, finishedAt: start.now },
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

/** Ends a running sync. */
export async function closeSync(
  db: PrismaClient,
  id: number,
  end: { status: "completed" | "incomplete" | "skipped"; note?: string; now: Date },
) {
  await db.$transaction([
    db.syncLog.updateMany({
      where: { id, status: "running" },
      data: { status: end.status, note: end.note, finishedAt: end.now, executingUntil: null },
    }),
    announcement(db, "syncs"),
  ]);
}

/** The run behind a sync failed for good, and with it the step it was at; parts that others were asked for are theirs to report. */
export async function failSync(db: PrismaClient, runId: string, failure: SyncFailure, now: Date) {
  await db.$executeRaw`
    WITH failed AS (
      UPDATE sync_log SET status = 'failed', error_code = ${failure.code}, error_message = ${failure.message},
        finished_at = ${now}::timestamptz, executing_until = NULL
      WHERE run_id = ${runId} AND status = 'running'
      RETURNING id, parts_total, ${announce("syncs")}
    )
    UPDATE sync_part p SET status = 'failed', error_code = ${failure.code}, error_message = ${failure.message},
      finished_at = ${now}::timestamptz
    FROM failed f WHERE p.sync_log_id = f.id AND f.parts_total = 0 AND p.status = 'running'`;
}

/** Closes every sync that ran past its deadline, so that none is shown as running for ever. */
export async function closeOverdueSyncs(db: PrismaClient, now: Date): Promise<number> {
  const [{ count }] = await db.$transaction([
    db.syncLog.updateMany({
      where: { status: "running", deadlineAt: { lt: now } },
      data: {
        status: "incomplete",
        note: "Not finished by its deadline; what it had stored is kept.",
        finishedAt: now,
        executingUntil: null,
      },
    }),
    announcement(db, "syncs"),
  ]);
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
