import { cron } from "inngest";
import {
  conditionsOf,
  type HealthFacts,
  LATE_GRACE_MS,
  QUARANTINE_WINDOW_MS,
} from "~/features/notifications/conditions.ts";
import {
  standingKeys,
  takeLook,
  undelivered,
  watchedSince,
} from "~/features/notifications/look.server.ts";
import { countNewlyOpen, MOST_COUNTED } from "~/features/quarantine/newly-open.server.ts";
import { adviceFor } from "~/features/syncs/run-words.ts";
import { SYNC_SCHEDULE } from "~/features/syncs/schedule.ts";
import {
  type QuarantineShare,
  readQuarantineShares,
  readWatchedJobs,
  type WatchedJob,
} from "~/features/syncs/watched-jobs.server.ts";
import type { Venue } from "~/venues/venue.ts";
import { runAction, runStep } from "../action.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { notificationEvent } from "../notification-event.ts";
import { checkHealthRequested } from "../types.ts";

const LASTS_MS = 5 * 60_000;

/** Looks every minute at what a person should know, and tells of what has changed. */
export const checkHealth = (inngest: AppInngest) =>
  inngest.createFunction(
    {
      id: "check-health",
      name: "Check the health",
      triggers: [cron("* * * * *"), checkHealthRequested],
      retries: 2,
      concurrency: 1,
      timeouts: { finish: "5m" },
    },
    async ({ event, step, deps, runId, attempt }) => {
      const context = { event, step, deps, runId, attempt };
      return runAction(
        context,
        { action: "check-health", lastsMs: LASTS_MS },
        async (run, deps) => {
          const notificationIds = await runStep(step, deps, run, "look", () => look(deps));
          if (notificationIds.length > 0) {
            await step.sendEvent(
              "notify",
              notificationIds.map((id) => notificationEvent(id, run.correlationId)),
            );
          }
          return { notificationIds };
        },
      );
    },
  );

/** @returns the notifications that are to be delivered */
async function look(deps: JobDeps): Promise<number[]> {
  const { db, clock } = deps;
  const now = new Date(clock.now());
  await takeLook(db, conditionsOf(await readFacts(deps, now)), now);
  return undelivered(db, now);
}

async function readFacts({ db, venues }: JobDeps, now: Date): Promise<HealthFacts> {
  const windowStart = new Date(now.getTime() - QUARANTINE_WINDOW_MS);
  const [jobs, shares, open, since, standing] = await Promise.all([
    readWatchedJobs(db, now.getTime(), LATE_GRACE_MS),
    readQuarantineShares(db, windowStart),
    countNewlyOpen(db, windowStart),
    watchedSince(db, now),
    standingKeys(db),
  ]);
  // A run that names no venue read all of them; where there is one, that is it.
  const only = venues.length === 1 ? (venues[0]?.id ?? null) : null;
  return {
    jobs: jobs.map((job) => reportOf(job, only)),
    quarantine: stillOpen(byVenue(shares, only), open),
    hosts: venues.flatMap(hostOf),
    watchedSince: since,
    standing,
    now,
  };
}

function reportOf({ failing, ...job }: WatchedJob, only: string | null) {
  const { name, words, readsVenue } = SYNC_SCHEDULE[job.type];
  return {
    ...job,
    name,
    schedule: words,
    venue: readsVenue ? (job.venue ?? only) : null,
    failing: failing && { ...failing, advice: adviceFor(failing.code) },
  };
}

function byVenue(shares: QuarantineShare[], only: string | null): QuarantineShare[] {
  const sums = new Map<string | null, QuarantineShare>();
  for (const { venue: named, fetched, quarantined } of shares) {
    const venue = named ?? only;
    const sum = sums.get(venue) ?? { venue, fetched: 0, quarantined: 0 };
    sum.fetched += fetched;
    sum.quarantined += quarantined;
    sums.set(venue, sum);
  }
  return [...sums.values()];
}

/** Rows that have been read properly since count no more. */
function stillOpen(shares: QuarantineShare[], open: ReadonlyMap<string, number>) {
  return shares.map((share) => {
    const counted = open.get(share.venue ?? "") ?? 0;
    const all = counted === MOST_COUNTED || share.venue === null;
    return all ? share : { ...share, quarantined: Math.min(share.quarantined, counted) };
  });
}

/** What this process knows: each has its own request budget, and holds its own requests. */
function hostOf({ id, name, pacer }: Venue) {
  const { pausedSince, pausedUntil, pauseReason } = pacer.state();
  if (pausedSince === null) return [];
  return [
    { venue: id, name, since: pausedSince, until: pausedUntil, reason: pauseReason ?? "unknown" },
  ];
}
