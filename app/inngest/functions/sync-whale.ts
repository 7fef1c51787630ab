import { openSync } from "~/features/syncs/sync-log.server.ts";
import {
  addPart,
  beginPart,
  NO_COUNTS,
  noteFailedAttempt,
  noteProgress,
  type PartKey,
  reportPart,
  type SyncCounts,
} from "~/features/syncs/sync-parts.server.ts";
import { makeDue } from "~/features/trades/streams.server.ts";
import { refusalOf } from "~/features/whales/credential-gate.server.ts";
import type { AttemptLog } from "~/reliability/attempts.server.ts";
import { createError } from "~/reliability/errors.ts";
import {
  type ActionContext,
  type ActionRun,
  actionRunOf,
  attemptStep,
  type BegunRun,
  beginAction,
  depsOf,
  endAction,
  giveUp,
  isDuplicate,
} from "../action.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { asStep, failureOfThrown } from "../step-errors.ts";
import type { StepCalls } from "../sync-step.ts";
import { syncWhaleRequested } from "../types.ts";
import { readStretch, type WalletToRead } from "../wallet-read.ts";

/** So long before its sync's deadline a long history stops, to go on at the next tick. */
const CLOSING_MS = 2 * 60_000;
const DEADLINE_MS = 10 * 60_000;
const MAX_STEPS = 900;

type Asked = { syncLogId: number; whaleId: number; rereadNow: boolean };

/** What the steps so far have brought; `part` null = there is nothing to read. */
type PartRead = { run: BegunRun; part: PartKey | null; done: boolean; counts: SyncCounts };

/**
 * Reads one wallet, ten pages a step, until it is joined with what is stored, and reports to the sync that asked. A second run for the
 * same sync and wallet does nothing. The work is claimed in the first step and its end noted in the last, because this runs for every
 * wallet that is due, every minute.
 */
export const syncWhale = (inngest: AppInngest) =>
  inngest.createFunction(
    {
      id: "sync-whale",
      name: "Sync one whale",
      triggers: [syncWhaleRequested],
      retries: 3,
      concurrency: 8,
      timeouts: { finish: "10m" },
    },
    async (context) => {
      const { event, step, deps, runId } = context;
      if (event.name !== "sync/whale.requested") return null;
      let read: PartRead | null = null;
      try {
        for (let n = 0; n < MAX_STEPS && !read?.done; n++) {
          const before: PartRead | null = read;
          read = await step.run(`read-${n}`, () => readStep(context, event.data, n, before));
        }
      } catch (error) {
        await giveUp({ step, deps }, runId, error);
        throw error;
      }
      if (read && isDuplicate(read.run)) return { duplicateOf: read.run.inngestRunId };
      return read?.counts;
    },
  );

async function readStep(
  context: ActionContext,
  asked: Asked,
  n: number,
  last: PartRead | null,
): Promise<PartRead> {
  const { redact } = context.deps;
  // A rerun from a later step has the results of another run's first steps, but neither its claim nor its part.
  const before = last?.run.inngestRunId === context.runId ? last : null;
  const options = {
    action: "sync-whale",
    lastsMs: DEADLINE_MS,
    subject: String(asked.whaleId),
  };
  const begun = before?.run ?? (await asStep(() => beginAction(context, options), redact));
  if (isDuplicate(begun)) return { run: begun, part: null, done: true, counts: NO_COUNTS };
  const run = actionRunOf(begun, context);
  const deps = depsOf(context.deps, options, run);
  const read = await attemptStep(deps, run, `read-${n}`, async (attempts) => {
    const part = before?.part ?? (await partToRead(deps, run, asked));
    return { part, ...(await readAndReport(deps, run, asked, { part, before, attempts })) };
  });
  if (read.done) await asStep(() => endAction(context, options, run, read.counts), redact);
  return { run: begun, ...read };
}

/**
 * The part of the sync that asked. Where that has been closed it has given its wallets to a later one; a run that does the work of a failed
 * one then opens a sync of its own.
 */
async function partToRead(deps: JobDeps, run: ActionRun, asked: Asked): Promise<PartKey | null> {
  const { db, clock } = deps;
  const part = { syncLogId: asked.syncLogId, key: String(asked.whaleId) };
  const open = await db.syncPart.findFirst({
    where: { ...part, status: "running", syncLog: { status: "running" } },
    select: { key: true },
  });
  if (open) return part;
  if (!run.repeated) return null;
  const now = new Date(clock.now());
  const sync = await openSync(db, {
    runId: run.inngestRunId,
    correlationId: run.correlationId,
    type: "whales",
    venue: null,
    trigger: "replay",
    now,
    deadlineAt: new Date(now.getTime() + DEADLINE_MS),
    exclusive: false,
  });
  await addPart(db, { ...part, syncLogId: sync.id });
  return { ...part, syncLogId: sync.id };
}

async function readAndReport(
  deps: JobDeps,
  run: ActionRun,
  asked: Asked,
  at: { part: PartKey | null; before: PartRead | null; attempts: AttemptLog },
): Promise<Pick<PartRead, "done" | "counts">> {
  const { db, clock } = deps;
  const { part, before } = at;
  const counts = before?.counts ?? NO_COUNTS;
  const wanted =
    part &&
    (await db.syncPart.findFirst({
      where: { ...part, status: "running", syncLog: { status: "running" } },
      select: { syncLog: { select: { deadlineAt: true } } },
    }));
  if (!wanted) return { done: true, counts };
  const whale = await db.whale.findUnique({ where: { id: asked.whaleId } });
  const now = () => new Date(clock.now());
  if (before === null) await beginPart(db, part, now());
  const refusal = whale && (await refusalOf(db, whale.venue));
  if (refusal && refusal.nextTryAt > now()) {
    const failure = { code: refusal.code, message: refusal.message };
    // The letter that this run is to resolve stays open: nothing has been read.
    if (run.repeated) throw createError(failure.code, failure.message);
    await makeDue(db, whale, refusal.nextTryAt);
    await reportPart(db, { ...part, counts: NO_COUNTS, failure, now: now() });
    return { done: true, counts };
  }
  const how = { first: before === null, rereadNow: asked.rereadNow };
  const { joined, spent } = whale?.followed
    ? await readOn(deps, whale, part, { ...how, attempts: at.attempts })
    : { joined: true, spent: NO_COUNTS };
  const sum = add(counts, spent);
  const late = clock.now() > wanted.syncLog.deadlineAt.getTime() - CLOSING_MS;
  if (whale && late && !joined) await makeDue(db, whale, now());
  const done = joined || late;
  if (done) {
    const note = joined
      ? undefined
      : "Stopped before the deadline; the next sync goes on from here.";
    await reportPart(db, { ...part, counts: spent, note, now: now() });
  } else {
    await noteProgress(db, part, spent);
  }
  return { done, counts: sum };
}

/** Reads a stretch of the wallet; what an attempt cost and brought that then failed is noted with its part. */
async function readOn(
  deps: JobDeps,
  whale: WalletToRead,
  part: PartKey,
  { attempts, ...how }: { first: boolean; rereadNow: boolean; attempts: AttemptLog },
): Promise<{ joined: boolean; spent: SyncCounts }> {
  const meter = { requests: 0, pages: 0 };
  const calls: StepCalls = { meter, attempts, logger: deps.logger };
  const counts = { fetched: 0, created: 0, duplicate: 0, quarantined: 0 };
  const spent = () => ({ ...NO_COUNTS, ...counts, ...meter });
  try {
    const options = { ...how, syncLogId: part.syncLogId, calls, counts };
    const { joined } = await readStretch(deps, whale, options);
    return { joined, spent: spent() };
  } catch (error) {
    await noteFailedAttempt(deps.db, part, spent(), failureOfThrown(error, deps.redact));
    throw error;
  }
}

function add(a: SyncCounts, b: SyncCounts): SyncCounts {
  return {
    requests: a.requests + b.requests,
    pages: a.pages + b.pages,
    fetched: a.fetched + b.fetched,
    created: a.created + b.created,
    updated: a.updated + b.updated,
    duplicate: a.duplicate + b.duplicate,
    quarantined: a.quarantined + b.quarantined,
  };
}
