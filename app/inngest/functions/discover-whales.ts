import { cron } from "inngest";
import { healRows, quarantineRows } from "~/features/quarantine/commands.server.ts";
import { SYNC_SCHEDULE } from "~/features/syncs/schedule.ts";
import { followLeaderboard } from "~/features/whales/discover.server.ts";
import type { Venue } from "~/venues/venue.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { closeStep, type Meter, openStep, syncStep } from "../sync-step.ts";
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
    async ({ event, step, deps, runId }) => {
      const sync = await openStep(step, deps, {
        runId,
        event,
        type: "discovery",
        deadlineMs: DEADLINE_MS,
      });
      if (sync.skipped !== null) return { skipped: sync.skipped };
      let found = 0;
      for (const venue of deps.venues) {
        const { counts } = await syncStep(
          step,
          deps,
          { id: sync.id, key: `${venue.id}-leaderboard` },
          (meter) => readLeaderboard(deps, venue, sync, meter),
        );
        if (venue.readsWallets) found += counts.created;
      }
      await closeStep(step, deps, sync.id);
      if (found > 0) {
        await step.sendEvent(
          "read-them",
          syncWhalesRequested.create({ trigger: "start" }, { id: `whales-${runId}` }),
        );
      }
      return { found };
    },
  );

async function readLeaderboard(
  deps: JobDeps,
  venue: Venue,
  sync: { id: number; startedAt: string },
  meter: Meter,
) {
  const { entries } = await venue.listLeaderboard({ priority: "catalog", meter });
  meter.pages += 1;
  const now = new Date(deps.clock.now());
  const source = { venue: venue.id, kind: "leaderboard" } as const;
  const rows = entries.flatMap((entry) => (entry.row ? [entry.row] : []));
  const bad = entries.flatMap((entry) => (entry.bad ? [entry.bad] : []));
  const quarantined = await quarantineRows(deps.db, source, bad, now, sync.id);
  await healRows(deps.db, source, new Date(sync.startedAt), now);
  const counts = await followLeaderboard(deps.db, rows, now);
  return { counts: { ...counts, fetched: entries.length, quarantined } };
}
