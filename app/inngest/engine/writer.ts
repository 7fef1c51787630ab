import type { Store } from "./store.ts";
import type { Change, EngineOptions, NewRun } from "./types.ts";

const MAX_BATCH = 100;
/** Delays before a write of a finished call is tried again; afterwards its lease runs out and the call is repeated. */
const RETRY_DELAYS_MS = [50, 250, 1000];

type Work =
  | { change: Change; keep: boolean }
  | { events: { id: string; name: string }[]; runs: NewRun[] };
/** What became of one piece of work: `counted` is false for a change whose lease was lost or whose run had ended. */
type Written = { counted: boolean; next: string | null; queued: number };
type Entry = { work: Work; resolve: (written: Written) => void; reject: (error: unknown) => void };

/** What two pieces of work must not have in common to be committed by one statement. */
function claimsOf(work: Work): string[] {
  const runs = "change" in work ? work.change.runs : work.runs;
  return [
    ...("change" in work ? [`run ${work.change.job.runId}`] : []),
    ...runs.flatMap((run) => (run.key === null ? [] : [`key ${run.functionId} ${run.key}`])),
  ];
}

/** Commits what finished calls and senders hand in: while one statement is on its way, the rest gathers for the next. */
export function createWriter(
  store: Pick<Store, "write">,
  clock: EngineOptions["clock"],
  leaseMs: number,
) {
  let waiting: Entry[] = [];
  let writing = false;

  function takeBatch(): Entry[] {
    const taken = new Set<string>();
    const batch: Entry[] = [];
    const left: Entry[] = [];
    for (const entry of waiting) {
      const claims = claimsOf(entry.work);
      if (batch.length < MAX_BATCH && !claims.some((claim) => taken.has(claim))) batch.push(entry);
      else left.push(entry);
      for (const claim of claims) taken.add(claim);
    }
    waiting = left;
    return batch;
  }

  async function commit(batch: Entry[]): Promise<void> {
    const now = clock.now();
    const changes = batch.flatMap(({ work }) => ("change" in work ? [work] : []));
    const sends = batch.flatMap(({ work }) => ("change" in work ? [] : [work]));
    const { applied, queued } = await store.write({
      now,
      leaseUntil: now + leaseMs,
      changes,
      events: sends.flatMap((send) => send.events),
      runs: sends.flatMap((send) => send.runs),
    });
    for (const { work, resolve } of batch) {
      const done = "change" in work ? applied.get(work.change.job.id) : { next: null };
      resolve({ counted: done !== undefined, next: done?.next ?? null, queued });
    }
  }

  /** One bad or unlucky piece of work (a deadlock with another process) must not take the others with it. */
  async function commitSingly(batch: Entry[], error: unknown): Promise<void> {
    if (batch.length === 1) {
      batch[0]?.reject(error);
      return;
    }
    for (const entry of batch) await commit([entry]).catch((cause) => entry.reject(cause));
  }

  async function run(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const batch = takeBatch();
      await commit(batch).catch((error) => commitSingly(batch, error));
    }
    writing = false;
  }

  function submit(work: Work): Promise<Written> {
    return new Promise((resolve, reject) => {
      waiting.push({ work, resolve, reject });
      if (!writing) void run();
    });
  }

  return {
    /** Commits accepted events with the runs they start; rejects where the database does not take them. */
    send: (events: { id: string; name: string }[], runs: NewRun[]) => submit({ events, runs }),

    /** Commits a change; `keep`: the next call of its run stays with this worker. Tries again for a moment before it rejects. */
    async apply(change: Change, keep: boolean): Promise<Written> {
      for (const delay of RETRY_DELAYS_MS) {
        try {
          return await submit({ change, keep });
        } catch {
          await new Promise((resolve) => setTimeout(resolve, delay).unref());
        }
      }
      return submit({ change, keep });
    },
  };
}

export type Writer = ReturnType<typeof createWriter>;
