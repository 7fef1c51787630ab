import { NO_COUNTS, reportPart, type SyncCounts } from "~/features/syncs/sync-log.server.ts";
import { makeDue } from "~/features/trades/streams.server.ts";
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
      const { data } = event;
      let read: PartRead | null = null;
      for (let n = 0; n < MAX_STEPS && !read?.done; n++) {
        const before: PartRead | null = read;
        read = await step.run(`read-${n}`, () => asStep(() => readAndReport(deps, data, before)));
      }
      return read?.counts;
    },
  );

/** What the steps so far have brought; times in epoch milliseconds. */
type PartRead = { done: boolean; startedAt: number; counts: SyncCounts };

async function readAndReport(
  deps: JobDeps,
  part: { syncLogId: number; whaleId: number; rereadNow: boolean },
  before: PartRead | null,
): Promise<PartRead> {
  const { db, clock } = deps;
  const startedAt = before?.startedAt ?? clock.now();
  const { syncLogId, whaleId, rereadNow } = part;
  const whale = await db.whale.findUnique({ where: { id: whaleId } });
  const meter: Meter = { requests: 0 };
  const read = whale?.followed
    ? await readStretch(deps, whale, { first: before === null, rereadNow, meter })
    : { joined: true, counts: {} };
  const brought = { ...NO_COUNTS, ...read.counts, requests: meter.requests };
  const counts = sum(before?.counts ?? NO_COUNTS, brought);
  const now = new Date(clock.now());
  const late = now.getTime() > startedAt + READING_MS;
  if (whale && late && !read.joined) await makeDue(db, whale, now);
  const done = read.joined || late;
  if (done) await reportPart(db, { syncLogId, key: String(whaleId), counts, now });
  return { done, startedAt, counts };
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
