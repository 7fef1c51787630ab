import { NO_COUNTS, reportPart, type SyncCounts } from "~/features/syncs/sync-log.server.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { asStep } from "../step-errors.ts";
import type { Meter } from "../sync-step.ts";
import { syncWhaleRequested } from "../types.ts";
import { readStretch } from "../wallet-read.ts";

/** A long history goes on at the next tick after this time, so that its sync can close. */
const READING_MS = 8 * 60_000;
const MAX_STEPS = 900;

/**
 * Reads one wallet, ten pages a step, until it is joined with what is stored, and reports to the sync that asked. A second run for the
 * same sync and wallet is never started (equal event ids).
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
    async ({ event, step, deps }) => {
      if (event.name !== "sync/whale.requested") return null;
      const { data, ts } = event;
      let counts = NO_COUNTS;
      for (let n = 0; n < MAX_STEPS; n++) {
        const before = counts;
        const read = await step.run(`read-${n}`, () =>
          asStep(() =>
            readAndReport(deps, { ...data, first: n === 0, before, until: (ts ?? 0) + READING_MS }),
          ),
        );
        counts = read.counts;
        if (read.done) break;
      }
      return counts;
    },
  );

async function readAndReport(
  deps: JobDeps,
  part: {
    syncLogId: number;
    whaleId: number;
    rereadNow: boolean;
    first: boolean;
    before: SyncCounts;
    until: number;
  },
): Promise<{ done: boolean; counts: SyncCounts }> {
  const { db, clock } = deps;
  const whale = await db.whale.findUnique({ where: { id: part.whaleId } });
  const meter: Meter = { requests: 0 };
  const read = whale?.followed
    ? await readStretch(deps, whale, { first: part.first, rereadNow: part.rereadNow, meter })
    : { joined: true, counts: { fetched: 0, created: 0, duplicate: 0, quarantined: 0 } };
  const counts = sum(part.before, { ...NO_COUNTS, ...read.counts, requests: meter.requests });
  const now = new Date(clock.now());
  const late = now.getTime() > part.until;
  if (whale && late && !read.joined) {
    await db.streamState.updateMany({
      where: { venue: whale.venue, kind: "trades", wallet: whale.address },
      data: { nextDueAt: now },
    });
  }
  const done = read.joined || late;
  if (done) {
    const { syncLogId, whaleId } = part;
    await reportPart(db, { syncLogId, key: String(whaleId), counts, now });
  }
  return { done, counts };
}

function sum(a: SyncCounts, b: SyncCounts): SyncCounts {
  return {
    requests: a.requests + b.requests,
    fetched: a.fetched + b.fetched,
    created: a.created + b.created,
    updated: a.updated + b.updated,
    duplicate: a.duplicate + b.duplicate,
    quarantined: a.quarantined + b.quarantined,
  };
}
