import { cron } from "inngest";
import {
  RETENTION_TARGETS,
  type RemovedBatch,
  type RetentionTarget,
  removeExpired,
} from "~/features/retention/commands.server.ts";
import { SYNC_SCHEDULE } from "~/features/syncs/schedule.ts";
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
    async ({ event, step, deps, runId }) => {
      const sync = await openStep(step, deps, {
        runId,
        event,
        type: "cleanup",
        deadlineMs: DEADLINE_MS,
      });
      if (sync.skipped !== null) return { skipped: sync.skipped };
      const now = new Date(sync.startedAt);
      const removed: Record<string, number> = {};
      for (const target of RETENTION_TARGETS) {
        let after: number | null = 0;
        for (let n = 0; after !== null && n < STEPS_PER_TARGET; n++) {
          const from: number = after;
          const part: RemovedPart = await syncStep(
            step,
            deps,
            { id: sync.id, key: `${target}-${n}` },
            () => removeFrom(deps, target, now, from),
          );
          removed[target] = (removed[target] ?? 0) + part.removed;
          after = part.next;
        }
      }
      const note = describe(removed);
      await closeStep(step, deps, sync.id, note);
      return { removed };
    },
  );

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

function describe(removed: Record<string, number>): string {
  const parts = Object.entries(removed).filter(([, count]) => count > 0);
  if (parts.length === 0) return "Nothing was past its retention.";
  return `Removed ${parts.map(([what, count]) => `${count} ${what.replace("-", " ")}`).join(", ")}.`;
}
