import { cron } from "inngest";
import { healRows, quarantineRows } from "~/features/quarantine/commands.server.ts";
import { SYNC_SCHEDULE } from "~/features/syncs/schedule.ts";
import { followLeaderboard } from "~/features/whales/discover.server.ts";
import type { Venue } from "~/venues/venue.ts";
import { type ActionContext, type ActionRun, runAction } from "../action.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { closeStep, openStep, type StepCalls, syncStep } from "../sync-step.ts";
import { syncDiscoveryRequested, syncWhalesRequested } from "../types.ts";

const DEADLINE_MS = 10 * 60_000;

/** Follows the wallets of the venues' leaderboards; best effort, since no venue promises to keep its leaderboard. */
export const discoverWhales = (inngest: AppInngest) =>
  inngest.createFunction(
    {
      id: "discover-whales",
      name: "Discover whales",
      triggers: [cron(SYNC_SCHEDULE.discovery.cron), syncDiscoveryRequested],
      retries: 2,
      concurrency: 1,
      timeouts: { finish: "10m" },
    },
    (context) =>
      runAction(context, { action: "discover-whales", lastsMs: DEADLINE_MS }, (run, deps) =>
        discover(context, deps, run),
      ),
  );

async function discover(
  { event, step }: Pick<ActionContext, "event" | "step">,
  deps: JobDeps,
  run: ActionRun,
) {
  const sync = await openStep(step, deps, run, {
    event,
    type: "discovery",
    deadlineMs: DEADLINE_MS,
  });
  if (sync.skipped !== null) return { skipped: sync.skipped };
  let found = 0;
  for (const venue of deps.venues) {
    const part = { id: sync.id, key: `${venue.id}-leaderboard` };
    const { counts } = await syncStep(step, deps, run, part, (calls) =>
      readLeaderboard(deps, venue, sync, calls),
    );
    if (venue.readsWallets) found += counts.created;
  }
  await closeStep(step, deps, run, { id: sync.id });
  if (found > 0) {
    const { correlationId } = run;
    await step.sendEvent(
      "read-them",
      syncWhalesRequested.create(
        { trigger: "start", origin: { correlationId } },
        { id: `whales-${run.inngestRunId}` },
      ),
    );
  }
  return { found };
}

async function readLeaderboard(
  deps: JobDeps,
  venue: Venue,
  sync: { id: number; startedAt: string },
  calls: StepCalls,
) {
  const { entries } = await venue.listLeaderboard({ priority: "catalog", ...calls });
  calls.meter.pages += 1;
  const now = new Date(deps.clock.now());
  const source = { venue: venue.id, kind: "leaderboard" } as const;
  const rows = entries.flatMap((entry) => (entry.row ? [entry.row] : []));
  const bad = entries.flatMap((entry) => (entry.bad ? [entry.bad] : []));
  const quarantined = await quarantineRows(deps.db, source, bad, now, sync.id);
  await healRows(deps.db, source, new Date(sync.startedAt), now);
  const counts = await followLeaderboard(deps.db, rows, now);
  return { counts: { ...counts, fetched: entries.length, quarantined } };
}
