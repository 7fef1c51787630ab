import type { SyncType } from "~/features/syncs/schedule.ts";
import {
  closeSync,
  EXECUTING_MS,
  markExecuting,
  openSync,
} from "~/features/syncs/sync-log.server.ts";
import {
  beginPart,
  NO_COUNTS,
  noteFailedAttempt,
  reportPart,
  type SyncCounts,
} from "~/features/syncs/sync-parts.server.ts";
import type { JobDeps, Step } from "./client.ts";
import { asStep, failureOfThrown } from "./step-errors.ts";

/** Counts what a step asks of a venue: requests that were started, pages of lists that were answered. */
export type Meter = { requests: number; pages: number };

type PartResult = { counts: Partial<SyncCounts>; note?: string };

/**
 * One named step of a sync that does its work alone: its counts are added to the sync once, and while it executes no second run of the
 * job starts. `work` returns small JSON: counts and where the next step goes on.
 */
export function syncStep<T extends PartResult>(
  step: Step,
  deps: JobDeps,
  sync: { id: number; key: string },
  work: (meter: Meter) => Promise<T>,
) {
  return step.run(sync.key, () =>
    asStep(async () => {
      const { db, clock } = deps;
      const part = { syncLogId: sync.id, key: sync.key };
      await markExecuting(db, sync.id, new Date(clock.now() + EXECUTING_MS));
      await beginPart(db, part, new Date(clock.now()));
      const meter: Meter = { requests: 0, pages: 0 };
      try {
        const result = await work(meter);
        const counts = { ...NO_COUNTS, ...result.counts, ...meter };
        const now = new Date(clock.now());
        await reportPart(db, { ...part, counts, note: result.note, now });
        return result;
      } catch (error) {
        await noteFailure(deps, part, meter, error);
        throw error;
      }
    }),
  );
}

async function noteFailure(
  { db, logger }: JobDeps,
  part: { syncLogId: number; key: string },
  meter: Meter,
  error: unknown,
) {
  const noted = Promise.all([
    markExecuting(db, part.syncLogId, null),
    noteFailedAttempt(db, part, { ...NO_COUNTS, ...meter }, failureOfThrown(error)),
  ]);
  await noted.catch((failure: unknown) =>
    logger.error({ err: failure, ...part }, "could not note how a step failed"),
  );
}

/** First step of a sync: opens its log, or logs that it is skipped because a step of the same job is being executed. */
export function openStep(
  step: Step,
  deps: JobDeps,
  run: {
    runId: string;
    event: { name: string; data: unknown };
    type: SyncType;
    deadlineMs: number;
  },
) {
  return step.run("open", () =>
    asStep(() => {
      const now = deps.clock.now();
      return openSync(deps.db, {
        runId: run.runId,
        type: run.type,
        venue: null,
        trigger: triggerOf(run.event),
        now: new Date(now),
        deadlineAt: new Date(now + run.deadlineMs),
        exclusive: true,
      });
    }),
  );
}

/** Last step of a sync that did its work alone. */
export function closeStep(step: Step, deps: JobDeps, id: number, note?: string) {
  return step.run("close", () =>
    asStep(() =>
      closeSync(deps.db, id, { status: "completed", note, now: new Date(deps.clock.now()) }),
    ),
  );
}

/** What started a run: the clock, or what the event says. */
export function triggerOf(event: { name: string; data: unknown }) {
  const data = event.data as { trigger?: "manual" | "start" | "replay" } | null;
  return event.name === "inngest/scheduled.timer" ? "cron" : (data?.trigger ?? "manual");
}
