import type { ActionStatus, PrismaClient } from "~/generated/prisma/client.ts";
import { toJsonb, toStorable } from "~/lib/jsonb.ts";
import { createError, type ErrorCode } from "./errors.ts";

export type ActionStart = {
  /** What is done: the function's own id, "sync-markets". */
  action: string;
  /** Equal for every delivery of the same work. */
  idempotencyKey: string;
  /** Shared by everything that one cause led to. */
  correlationId: string;
  inngestRunId: string;
  /** What it is about within its cause. */
  subject?: string | null;
  now: Date;
  /** A run that is still running after this time was cut off: its key is free again. */
  expiresAt: Date;
};

/**
 * Who has the work. `started`: this call got it; `resumed`: its own Inngest run has it already; `running`: another run is at it;
 * `completed`: it is done, by whichever run (`result` is what that run left); `superseded`: this Inngest run has failed or was
 * cancelled before. `previousId` is the newest run with the key that did not complete, or whose work a person wants done again.
 */
export type EnsuredRun = {
  id: number;
  inngestRunId: string;
  correlationId: string;
  previousId: number | null;
  startedAt: Date;
} & (
  | { state: "started" | "resumed" | "running" | "superseded" }
  | { state: "completed"; result: unknown }
);

/** A holder that goes away between two looks is looked for again; more often than this it never happens. */
const MOST_LOOKS = 10;

/**
 * Decides by one insert which of several runs does a piece of work, for callers in any number of processes at the same moment.
 * @throws SERVICE_UNAVAILABLE when the holder of the key changes faster than it can be read
 */
export async function ensureIdempotent(db: PrismaClient, start: ActionStart): Promise<EnsuredRun> {
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const inserted = await insertRun(db, start);
    if (inserted) return { ...inserted, state: "started" };
    const own = await db.run.findUnique({
      where: { inngestRunId: start.inngestRunId },
      select: RUN_COLUMNS,
    });
    if (own) return ensured(own, STATE_OF_OWN[own.status]);
    const holder = await db.run.findFirst({ where: holds(start), select: RUN_COLUMNS });
    if (!holder) continue;
    if (holder.status === "completed") return ensured(holder, "completed");
    if (holder.expiresAt > start.now) return ensured(holder, "running");
    await closeExpired(db, holder, start.now);
  }
  throw createError(
    "SERVICE_UNAVAILABLE",
    `The runs of ${start.action} with the key ${start.idempotencyKey} change too fast to be read.`,
  );
}

const RUN_COLUMNS = {
  id: true,
  inngestRunId: true,
  correlationId: true,
  previousId: true,
  startedAt: true,
  expiresAt: true,
  status: true,
  result: true,
} as const;

type FoundRun = {
  id: number;
  inngestRunId: string;
  correlationId: string;
  previousId: number | null;
  startedAt: Date;
  expiresAt: Date;
  status: ActionStatus;
  result: unknown;
};

const STATE_OF_OWN = {
  running: "resumed",
  completed: "completed",
  failed: "superseded",
  cancelled: "superseded",
} as const;

function ensured(run: FoundRun, state: EnsuredRun["state"]): EnsuredRun {
  const { id, inngestRunId, correlationId, previousId, startedAt, result } = run;
  const found = { id, inngestRunId, correlationId, previousId, startedAt };
  return state === "completed" ? { ...found, state, result } : { ...found, state };
}

/** The run that has the key: at most one, by the index run_live_key. */
function holds({ action, idempotencyKey }: ActionStart) {
  const live: ActionStatus[] = ["running", "completed"];
  return { action, idempotencyKey, released: false, status: { in: live } };
}

/** The row, or null where this Inngest run has one or another run has the key. */
async function insertRun(
  db: PrismaClient,
  {
    action,
    idempotencyKey,
    correlationId,
    inngestRunId,
    subject = null,
    now,
    expiresAt,
  }: ActionStart,
) {
  const rows = await db.$queryRaw<{ id: number; previousId: number | null }[]>`
    INSERT INTO run
      (action, idempotency_key, correlation_id, inngest_run_id, subject, started_at, expires_at, previous_id)
    VALUES (${action}, ${idempotencyKey}, ${correlationId}, ${inngestRunId}, ${subject}, ${now}, ${expiresAt},
      (SELECT id FROM run WHERE action = ${action} AND idempotency_key = ${idempotencyKey}
        AND (status IN ('failed', 'cancelled') OR released) ORDER BY id DESC LIMIT 1))
    ON CONFLICT DO NOTHING
    RETURNING id, previous_id AS "previousId"`;
  const [row] = rows;
  return row ? { ...row, inngestRunId, correlationId, startedAt: now } : null;
}

async function closeExpired(db: PrismaClient, run: FoundRun, now: Date): Promise<void> {
  const limit = run.expiresAt.toISOString();
  await db.run.updateMany({
    where: { id: run.id, status: "running", expiresAt: { lte: now } },
    data: {
      status: "failed",
      endedAt: now,
      errorCode: "EXECUTION_FAILED" satisfies ErrorCode,
      errorMessage: `cut off: it should have ended by ${limit} and did not say how it ended.`,
    },
  });
}

/** Ends a run whose work is done; `result` is small JSON, kept for whoever asks for the same work. A run that has ended stays as it is. */
export async function completeRun(
  db: PrismaClient,
  id: number,
  result: unknown,
  now: Date,
): Promise<void> {
  const json = result === undefined ? null : toJsonb(result);
  await db.$executeRaw`
    UPDATE run SET status = 'completed', ended_at = ${now}, result = ${json}::jsonb
    WHERE id = ${id} AND status = 'running'`;
}

/** Ends a run that did not do its work: its key is free for the next one. A run that has ended, or an unknown one, stays as it is. */
export async function markRunAsFailed(
  db: PrismaClient,
  inngestRunId: string,
  failure: { code: ErrorCode; message: string },
  now: Date,
  status: "failed" | "cancelled" = "failed",
): Promise<void> {
  await db.run.updateMany({
    where: { inngestRunId, status: "running" },
    data: {
      status,
      endedAt: now,
      errorCode: failure.code,
      errorMessage: toStorable(failure.message),
    },
  });
}

/** Frees the key of a completed run, because a person wants its work done again. */
export async function releaseRun(db: PrismaClient, inngestRunId: string): Promise<void> {
  await db.run.updateMany({
    where: { inngestRunId, status: "completed" },
    data: { released: true },
  });
}

/** Takes `releaseRun` back, because nobody does the work again after all; where another run has taken the key, that one keeps it. */
export async function holdRun(db: PrismaClient, inngestRunId: string): Promise<void> {
  await db.$executeRaw`
    UPDATE run r SET released = false
    WHERE r.inngest_run_id = ${inngestRunId} AND r.status = 'completed' AND r.released AND NOT EXISTS (
      SELECT FROM run other WHERE other.action = r.action AND other.idempotency_key = r.idempotency_key
        AND other.status IN ('running', 'completed') AND NOT other.released)`;
}
