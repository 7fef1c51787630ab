import type { ChangeResult, Store } from "./store.ts";
import type { Change, EngineOptions, Routed } from "./types.ts";

const MAX_BATCH = 100;
/** Characters of JSON in one statement, but for a single larger piece of work: in the embedded database a message's cost grows with its square. */
const MAX_BATCH_LENGTH = 1_000_000;
/** Delays before a write of a finished call is tried again; afterwards its lease runs out and the call is repeated. */
const RETRY_DELAYS_MS = [50, 250, 1000];

type Work = { change: Change; keep: boolean } | { send: Routed };
/**
 * What became of a change: `counted` is false where its lease was lost or its run had ended; `next` is the run's next call where it was
 * kept; `queued`: there may be something to claim.
 */
export type Written = { counted: boolean; next: string | null; queued: boolean };
type Entry = { work: Work; resolve: (written: Written) => void; reject: (error: unknown) => void };

const queuesMore = ({ planned, runs, resumes }: Change): boolean =>
  planned.length + runs.length + resumes.length > 0;

const lengthOf = (work: Work): number =>
  JSON.stringify("send" in work ? work.send : { ...work.change, job: null }).length;

/** Commits what finished calls and senders hand in: while one statement is on its way, the rest gathers for the next. */
export function createWriter(
  store: Pick<Store, "write">,
  clock: EngineOptions["clock"],
  leaseMs: number,
) {
  const waiting: Entry[] = [];
  let writing = false;

  async function commit(batch: Entry[]): Promise<void> {
    const now = clock.now();
    const changes = batch.flatMap(({ work }) => ("change" in work ? [work] : []));
    const sends = batch.flatMap(({ work }) => ("send" in work ? [work.send] : []));
    const results = await store.write({ now, leaseUntil: now + leaseMs, sends, changes });
    const resultOf = new Map<Work, ChangeResult>(
      changes.map((change, index) => [change, results[index] ?? null]),
    );
    for (const { work, resolve } of batch) {
      const result = resultOf.get(work) ?? null;
      const next = result?.next ?? null;
      const queued = next === null || ("change" in work && queuesMore(work.change));
      resolve({ counted: "send" in work || result !== null, next, queued });
    }
  }

  /** One bad or unlucky piece of work must not take the others with it. */
  async function commitSingly(batch: Entry[], error: unknown): Promise<void> {
    if (batch.length === 1) {
      batch[0]?.reject(error);
      return;
    }
    for (const entry of batch) await commit([entry]).catch((cause) => entry.reject(cause));
  }

  /** The next pieces of work, as many as make a statement of bearable size; at least one. */
  function take(): Entry[] {
    let length = 0;
    const end = waiting.slice(0, MAX_BATCH).findIndex(({ work }, index) => {
      length += lengthOf(work);
      return index > 0 && length > MAX_BATCH_LENGTH;
    });
    return waiting.splice(0, end === -1 ? MAX_BATCH : end);
  }

  async function run(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const batch = take();
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
    /** Commits accepted events with what follows from them; rejects where the database does not take them. */
    async send(routed: Routed): Promise<void> {
      await submit({ send: routed });
    },

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
