import { cron } from "inngest";
import { SYNC_SCHEDULE } from "~/features/syncs/schedule.ts";
import { computeStats } from "~/features/whales/compute-stats.server.ts";
import { type ActionContext, type ActionRun, runAction } from "../action.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { closeStep, openStep, syncStep } from "../sync-step.ts";
import { computeStatsRequested } from "../types.ts";

const STEP_MS = 10_000;
const DEADLINE_MS = 30 * 60_000;

/** Volume, count and last trade of every whale and window, in SQL, in batches of whales. */
export const computeWhaleStats = (inngest: AppInngest) =>
  inngest.createFunction(
    {
      id: "compute-whale-stats",
      name: "Compute whale statistics",
      triggers: [cron(SYNC_SCHEDULE.stats.cron), computeStatsRequested],
      retries: 3,
      concurrency: 1,
      timeouts: { finish: "30m" },
    },
    (context) =>
      runAction(context, { action: "compute-whale-stats", lastsMs: DEADLINE_MS }, (run, deps) =>
        computeAll(context, deps, run),
      ),
  );

async function computeAll(
  { event, step }: Pick<ActionContext, "event" | "step">,
  deps: JobDeps,
  run: ActionRun,
) {
  const sync = await openStep(step, deps, run, { event, type: "stats", deadlineMs: DEADLINE_MS });
  if (sync.skipped !== null) return { skipped: sync.skipped };
  let after: number | null = 0;
  for (let n = 0; after !== null; n++) {
    const from: number = after;
    const computed: Awaited<ReturnType<typeof computeFor>> = await syncStep(
      step,
      deps,
      run,
      { id: sync.id, key: `batch-${n}` },
      () => computeFor(deps, from, new Date(sync.startedAt)),
    );
    after = computed.lastId;
  }
  await closeStep(step, deps, run, { id: sync.id });
  return { syncLogId: sync.id };
}

/** As many batches as fit into one step; all of them count back from the same moment. */
async function computeFor(deps: JobDeps, afterId: number, now: Date) {
  const until = deps.clock.now() + STEP_MS;
  let lastId: number | null = afterId;
  let updated = 0;
  while (lastId !== null && deps.clock.now() < until) {
    const batch: Awaited<ReturnType<typeof computeStats>> = await computeStats(
      deps.db,
      lastId,
      now,
    );
    lastId = batch.lastId;
    updated += batch.computed;
  }
  return { lastId, counts: { updated } };
}
