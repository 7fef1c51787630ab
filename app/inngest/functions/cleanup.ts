import { cron } from "inngest";
import type { RemovedBatch } from "~/features/retention/batch.ts";
import { removeExpired } from "~/features/retention/commands.server.ts";
import {
  describeRemoved,
  RETENTION_TARGETS,
  type RetentionTarget,
} from "~/features/retention/policy.ts";
import { SYNC_SCHEDULE } from "~/features/syncs/schedule.ts";
import { type ActionContext, type ActionRun, runAction } from "../action.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { closeStep, openStep, syncStep } from "../sync-step.ts";
import { cleanupRequested } from "../types.ts";

const STEP_MS = 10_000;
const DEADLINE_MS = 30 * 60_000;
const STEPS_PER_TARGET = 50;

/** Removes what is past its retention, in bounded batches, and says how much of what it was. */
export const cleanup = (inngest: AppInngest) =>
  inngest.createFunction(
    {
      id: "cleanup",
      name: "Clean up",
      triggers: [cron(SYNC_SCHEDULE.cleanup.cron), cleanupRequested],
      retries: 3,
      concurrency: 1,
      timeouts: { finish: "30m" },
    },
    (context) =>
      runAction(context, { action: "cleanup", lastsMs: DEADLINE_MS }, (run, deps) =>
        removeAll(context, deps, run),
      ),
  );

async function removeAll(
  { event, step }: Pick<ActionContext, "event" | "step">,
  deps: JobDeps,
  run: ActionRun,
) {
  const sync = await openStep(step, deps, run, { event, type: "cleanup", deadlineMs: DEADLINE_MS });
  if (sync.skipped !== null) return { skipped: sync.skipped };
  const now = new Date(sync.startedAt);
  const removed: Partial<Record<RetentionTarget, number>> = {};
  const unfinished: RetentionTarget[] = [];
  for (const target of RETENTION_TARGETS) {
    let after: number | null = 0;
    for (let n = 0; after !== null && n < STEPS_PER_TARGET; n++) {
      const from: number = after;
      const part: RemovedPart = await syncStep(
        step,
        deps,
        run,
        { id: sync.id, key: `${target}-${n}` },
        () => removeFrom(deps, target, now, from),
      );
      removed[target] = (removed[target] ?? 0) + part.removed;
      after = part.next;
    }
    if (after !== null) unfinished.push(target);
  }
  await closeStep(step, deps, run, { id: sync.id, note: describeRemoved(removed, unfinished) });
  return { removed };
}

type RemovedPart = {
  removed: number;
  next: number | null;
  counts: Record<string, never>;
  note: string;
};

async function removeFrom(
  deps: JobDeps,
  target: RetentionTarget,
  now: Date,
  after: number,
): Promise<RemovedPart> {
  const until = deps.clock.now() + STEP_MS;
  const options = { activityDays: deps.env.ACTIVITY_RETENTION_DAYS, now };
  let removed = 0;
  let next: number | null = after;
  while (next !== null && deps.clock.now() < until) {
    const batch: RemovedBatch = await removeExpired(deps.db, target, { ...options, after: next });
    removed += batch.removed;
    next = batch.next;
  }
  return { removed, next, counts: {}, note: `Removed ${removed} rows.` };
}
