import { z } from "zod";
import { reasonHeldBack } from "~/features/syncs/pause.server.ts";
import type { SyncType } from "~/features/syncs/schedule.ts";
import {
  closeSync,
  EXECUTING_MS,
  markExecuting,
  openSync,
  type SyncStart,
  skipSync,
} from "~/features/syncs/sync-log.server.ts";
import {
  beginPart,
  NO_COUNTS,
  noteFailedAttempt,
  reportPart,
  type SyncCounts,
} from "~/features/syncs/sync-parts.server.ts";
import { SyncTrigger } from "~/generated/prisma/client.ts";
import type { Logger } from "~/lib/logger.server.ts";
import type { AttemptLog } from "~/reliability/attempts.server.ts";
import { type ActionRun, runStep } from "./action.ts";
import type { JobDeps, Step } from "./client.ts";
import { failureOfThrown } from "./step-errors.ts";

/** Counts what a step asks of a venue: requests that were started, pages of lists that were answered. */
export type Meter = { requests: number; pages: number };

/** What a step hands on to the venue's client. */
export type StepCalls = { meter: Meter; attempts: AttemptLog; logger: Logger };

type PartResult = { counts: Partial<SyncCounts>; note?: string };

/**
 * One named step of a sync that does its work alone: its counts are added to the sync once, and while it executes no second run of the
 * job starts. `work` returns small JSON: counts and where the next step goes on.
 */
export function syncStep<T extends PartResult>(
  step: Step,
  deps: JobDeps,
  run: ActionRun,
  sync: { id: number; key: string },
  work: (calls: StepCalls) => Promise<T>,
) {
  return runStep(step, deps, run, sync.key, async (attempts) => {
    const { db, clock } = deps;
    const part = { syncLogId: sync.id, key: sync.key };
    await markExecuting(db, sync.id, new Date(clock.now() + EXECUTING_MS));
    await beginPart(db, part, new Date(clock.now()));
    const meter: Meter = { requests: 0, pages: 0 };
    try {
      const result = await work({ meter, attempts, logger: deps.logger });
      const counts = { ...NO_COUNTS, ...result.counts, ...meter };
      const now = new Date(clock.now());
      await reportPart(db, { ...part, counts, note: result.note, now });
      return result;
    } catch (error) {
      await noteFailure(deps, part, meter, error);
      throw error;
    }
  });
}

async function noteFailure(
  { db, logger, redact }: JobDeps,
  part: { syncLogId: number; key: string },
  meter: Meter,
  error: unknown,
) {
  const noted = Promise.all([
    markExecuting(db, part.syncLogId, null),
    noteFailedAttempt(db, part, { ...NO_COUNTS, ...meter }, failureOfThrown(error, redact)),
  ]);
  await noted.catch((failure: unknown) =>
    logger.error({ err: failure, ...part }, "could not note how a step failed"),
  );
}

/**
 * First step of a sync: opens its log, or logs that it is skipped because its schedule is paused or a step of the same job is being
 * executed.
 */
export function openStep(
  step: Step,
  deps: JobDeps,
  run: ActionRun,
  sync: { event: { name: string; data?: unknown }; type: SyncType; deadlineMs: number },
) {
  const open = async () => {
    const now = deps.clock.now();
    const start: SyncStart = {
      runId: run.inngestRunId,
      correlationId: run.correlationId,
      type: sync.type,
      venue: null,
      trigger: triggerOf(sync.event, run),
      now: new Date(now),
      deadlineAt: new Date(now + sync.deadlineMs),
      // What was asked for again is done, beside another run if need be: skipped, it would count as done.
      exclusive: !run.repeated,
    };
    const paused = await reasonHeldBack(deps.db, start.type, start.trigger);
    if (paused === null) return openSync(deps.db, start);
    return { ...(await skipSync(deps.db, start, paused, null)), skipped: paused };
  };
  return runStep(step, deps, run, "open", open, "action");
}

/** Last step of a sync that did its work alone. */
export function closeStep(
  step: Step,
  deps: JobDeps,
  run: ActionRun,
  sync: { id: number; note?: string },
) {
  const close = () => {
    const now = new Date(deps.clock.now());
    return closeSync(deps.db, sync.id, { status: "completed", note: sync.note, now });
  };
  return runStep(step, deps, run, "close", close, "action");
}

const withTrigger = z.object({ trigger: z.enum(SyncTrigger) });

/** What started a run: the clock, what the event says, or that an earlier run did not do the work. */
export function triggerOf(
  event: { name: string; data?: unknown },
  { repeated }: Pick<ActionRun, "repeated">,
): SyncTrigger {
  if (repeated) return "replay";
  if (event.name === "inngest/scheduled.timer") return "cron";
  const asked = withTrigger.safeParse(event.data);
  return asked.success ? asked.data.trigger : "manual";
}
