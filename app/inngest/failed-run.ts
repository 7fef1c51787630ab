import { z } from "zod";
import { recordDeadLetter } from "~/features/dead-letters/commands.server.ts";
import { releaseLetters } from "~/features/dead-letters/resolve.server.ts";
import { endedByLimit } from "~/features/runs/cancel-cause.server.ts";
import { failSync } from "~/features/syncs/sync-log.server.ts";
import { NO_COUNTS, reportPart } from "~/features/syncs/sync-parts.server.ts";
import { makeDue, recordReadFailure } from "~/features/trades/streams.server.ts";
import { noteRefusal } from "~/features/whales/credential-gate.server.ts";
import type { ErrorCode } from "~/reliability/errors.ts";
import { markRunAsFailed } from "~/reliability/idempotency.server.ts";
import { GRACE_MS } from "./action.ts";
import type { JobDeps } from "./client.ts";
import { originOf } from "./origin.ts";
import { failureOf } from "./step-errors.ts";
import { syncWhaleRequested } from "./types.ts";

/** Id of the Inngest app, which stands before the id of each of its functions. */
const APP_PREFIX = "opinion-scope-";

/** What the jobs that read a venue read there besides wallets. */
const READS: Record<string, string> = {
  "sync-markets": "markets",
  "discover-whales": "leaderboard",
};

const endEvent = z.object({
  name: z.string(),
  ts: z.number().optional(),
  data: z.object({
    function_id: z.string(),
    run_id: z.string(),
    error: z.unknown().optional(),
    event: z.looseObject({ id: z.string().optional(), data: z.unknown().optional() }),
  }),
});

const wantedWhale = z.object({
  name: z.literal(syncWhaleRequested.name),
  data: z.object({ syncLogId: z.number(), whaleId: z.number() }),
});

/** A run of ours that ended without doing its work. */
export type DeadRun = {
  /** The function's own id. */
  action: string;
  /** Inngest run id. */
  runId: string;
  idempotencyKey: string;
  correlationId: string;
  /** What started it, as Inngest delivered it. */
  event: { id?: string; data?: unknown };
  /** Epoch milliseconds. */
  endedAt: number;
  cancelled: boolean;
  /** As Inngest has it. */
  error: unknown;
};

/**
 * The run that an Inngest event speaks of; null for one of another app on the same Inngest server.
 * @param now epoch milliseconds, for an event without a time
 * @throws ZodError for an event that is not of that kind
 */
export function deadRunOf(event: unknown, now: number): DeadRun | null {
  const { name, ts, data } = endEvent.parse(event);
  if (!data.function_id.startsWith(APP_PREFIX)) return null;
  return {
    action: data.function_id.slice(APP_PREFIX.length),
    runId: data.run_id,
    ...originOf(data.event, data.run_id),
    event: data.event,
    endedAt: ts ?? now,
    cancelled: name === "inngest/function.cancelled",
    error: data.error,
  };
}

export type Failure = { code: ErrorCode; message: string };

/** How a run ended: `cancelled` by a person, who need not be told, or `failed` for good. */
export type RunEnd = { status: "failed" | "cancelled"; failure: Failure };

/**
 * Notes in the history of actions that the run has ended, also of one that failed before it could claim its work, so that the next run
 * with its key knows that it does the work again.
 */
export async function endRun(
  { db, logger, redact, metrics }: JobDeps,
  dead: DeadRun,
): Promise<RunEnd> {
  const now = new Date(dead.endedAt);
  const { action, runId, idempotencyKey, correlationId } = dead;
  const key = { action, idempotencyKey, correlationId, inngestRunId: runId };
  const begun = await db.run.findUnique({
    where: { inngestRunId: runId },
    select: { expiresAt: true },
  });
  const end = await endOf(dead, async () => {
    const limitAt = begun && new Date(begun.expiresAt.getTime() - GRACE_MS);
    return endedByLimit(db, { id: runId, endedAt: now, limitAt });
  });
  const failure = { ...end.failure, message: redact(end.failure.message) };
  if (begun) {
    await markRunAsFailed(db, runId, failure, now, end.status);
  } else {
    const ended = { status: end.status, startedAt: now, endedAt: now, expiresAt: now };
    const error = { errorCode: failure.code, errorMessage: failure.message };
    await db.run.createMany({ data: [{ ...key, ...ended, ...error }], skipDuplicates: true });
  }
  metrics.runEnded(action, end.status);
  // The line's own action and run are those that record the end.
  logger.warn({ ended: { action, run: runId }, ...failure }, `run ${end.status}`);
  return { ...end, failure };
}

async function endOf(dead: DeadRun, byLimit: () => Promise<boolean>): Promise<RunEnd> {
  if (!dead.cancelled) return { status: "failed", failure: failureOf(dead.error) };
  const code = "EXECUTION_FAILED";
  if (await byLimit()) {
    const message = "The run was ended because it took longer than it may.";
    return { status: "failed", failure: { code, message } };
  }
  return { status: "cancelled", failure: { code, message: "The run was cancelled." } };
}

/** The wallet that a run was to read, and the part of a sync it reports to; null = the run was about something else. */
export async function walletOf({ db }: JobDeps, dead: DeadRun) {
  const wanted = wantedWhale.safeParse(dead.event);
  if (!wanted.success) return null;
  const { syncLogId, whaleId } = wanted.data.data;
  const whale = await db.whale.findUnique({
    where: { id: whaleId },
    select: { venue: true, address: true },
  });
  // A run that does the work of a failed one may have opened a sync of its own.
  const own = await db.syncLog.findUnique({ where: { runId: dead.runId }, select: { id: true } });
  return { whale, part: { syncLogId: own?.id ?? syncLogId, key: String(whaleId) } };
}

export type Wallet = NonNullable<Awaited<ReturnType<typeof walletOf>>>;

/** The wallet waits longer for its next read, its venue too where it refused us; one whose read a person ended is due as before. */
export async function countFailure(
  { db }: JobDeps,
  { whale }: Wallet,
  { status, failure }: RunEnd,
  now: Date,
): Promise<void> {
  if (!whale) return;
  if (status === "cancelled") return makeDue(db, whale, now);
  await noteRefusal(db, whale.venue, failure, now);
  await recordReadFailure(db, { venue: whale.venue, wallet: whale.address }, failure, now);
}

/** The sync that the run belonged to is closed, or told of its part. */
export async function closeSyncOf(
  { db }: JobDeps,
  dead: DeadRun,
  wallet: Wallet | null,
  failure: Failure,
  now: Date,
): Promise<void> {
  if (wallet) await reportPart(db, { ...wallet.part, counts: NO_COUNTS, failure, now });
  await failSync(db, dead.runId, failure, now);
}

/** The venue that a run was about, and what it read, in words. Only where one venue is read is it clear for jobs that read them all. */
export function streamOf(
  { venues }: Pick<JobDeps, "venues">,
  dead: DeadRun,
  wallet: Wallet | null,
) {
  if (wallet?.whale) {
    const { venue, address } = wallet.whale;
    return { venue, stream: `${venue} ${address}` };
  }
  const [venue, ...others] = venues;
  const reads = READS[dead.action];
  if (!reads || !venue || others.length > 0) return { venue: null, stream: null };
  return { venue: venue.id, stream: `${venue.id} ${reads}` };
}

/** Keeps the run as a dead letter. */
export function keepLetter(
  { db, redact }: JobDeps,
  dead: DeadRun,
  about: { venue: string | null; stream: string | null },
  failure: Failure,
): Promise<{ letterId: number; newGroup: boolean }> {
  const { action, idempotencyKey, correlationId, runId, event, endedAt } = dead;
  const run = { action, idempotencyKey, correlationId, runId, event, failedAt: new Date(endedAt) };
  return recordDeadLetter(db, { ...run, ...about, ...failure, redact });
}

/** A person cancelled the run: if it was to do the work of dead letters, they wait for a replay as before. */
export async function giveLettersBack({ db }: JobDeps, dead: DeadRun): Promise<void> {
  const { action, idempotencyKey } = dead;
  await releaseLetters(db, { action, idempotencyKey, now: new Date(dead.endedAt) });
}
