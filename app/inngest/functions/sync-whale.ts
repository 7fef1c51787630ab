import {
  beginPart,
  NO_COUNTS,
  noteFailedAttempt,
  reportPart,
  type SyncCounts,
} from "~/features/syncs/sync-parts.server.ts";
import { makeDue } from "~/features/trades/streams.server.ts";
import { refusalOf } from "~/features/whales/credential-gate.server.ts";
import type { AppInngest, JobDeps } from "../client.ts";
import { asStep, failureOfThrown } from "../step-errors.ts";
import type { Meter } from "../sync-step.ts";
import { syncWhaleRequested } from "../types.ts";
import { readStretch } from "../wallet-read.ts";

/** So long before its sync's deadline a long history stops, to go on at the next tick. */
const CLOSING_MS = 2 * 60_000;
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

/** What the steps so far have brought. */
type PartRead = { done: boolean; counts: SyncCounts };

async function readAndReport(
  deps: JobDeps,
  part: { syncLogId: number; whaleId: number; rereadNow: boolean },
  before: PartRead | null,
): Promise<PartRead> {
  const { db, clock } = deps;
  const key = { syncLogId: part.syncLogId, key: String(part.whaleId) };
  const counts = before?.counts ?? NO_COUNTS;
  const wanted = await db.syncPart.findFirst({
    where: { ...key, status: "running", syncLog: { status: "running" } },
    select: { syncLog: { select: { deadlineAt: true } } },
  });
  // A sync that has been closed has given its wallets to a later one.
  if (!wanted) return { done: true, counts };
  const whale = await db.whale.findUnique({ where: { id: part.whaleId } });
  const now = () => new Date(clock.now());
  if (before === null) await beginPart(db, key, now());
  const refusal = whale && (await refusalOf(db, whale.venue));
  if (refusal && refusal.nextTryAt > now()) {
    const failure = { code: refusal.code, message: refusal.message };
    await makeDue(db, whale, refusal.nextTryAt);
    await reportPart(db, { ...key, counts, failure, now: now() });
    return { done: true, counts };
  }
  const meter: Meter = { requests: 0, pages: 0 };
  const read = { fetched: 0, created: 0, duplicate: 0, quarantined: 0 };
  const options = {
    first: before === null,
    rereadNow: part.rereadNow,
    syncLogId: part.syncLogId,
    meter,
    counts: read,
  };
  let joined = true;
  try {
    if (whale?.followed) ({ joined } = await readStretch(deps, whale, options));
  } catch (error) {
    const spent = { ...NO_COUNTS, ...read, ...meter };
    await noteFailedAttempt(db, key, spent, failureOfThrown(error));
    throw error;
  }
  const sum = add(counts, { ...NO_COUNTS, ...read, ...meter });
  const late = clock.now() > wanted.syncLog.deadlineAt.getTime() - CLOSING_MS;
  if (whale && late && !joined) await makeDue(db, whale, now());
  const done = joined || late;
  if (done) {
    const note = joined
      ? undefined
      : "Stopped before the deadline; the next sync goes on from here.";
    await reportPart(db, { ...key, counts: sum, note, now: now() });
  }
  return { done, counts: sum };
}

function add(a: SyncCounts, b: SyncCounts): SyncCounts {
  return {
    requests: a.requests + b.requests,
    pages: a.pages + b.pages,
    fetched: a.fetched + b.fetched,
    created: a.created + b.created,
    updated: a.updated + b.updated,
    duplicate: a.duplicate + b.duplicate,
    quarantined: a.quarantined + b.quarantined,
  };
}
