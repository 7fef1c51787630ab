import { setMaxListeners } from "node:events";
import type { createExecutor } from "./executor.ts";
import type { Store } from "./store.ts";
import type { ClaimedJob, EngineOptions } from "./types.ts";

/** A run keeps its place from step to step for this long; then it queues behind the runs that wait for the same function. */
const LONGEST_TURN_MS = 1_000;
const DEFAULT_MAX_CALLS = 100;
/** How often a database shared with other processes is asked for what they have queued. */
const POLL_MS = 1000;
/** Longest sleep between two looks at the clock, which may be set or stand still meanwhile. */
const LONGEST_WAIT_MS = 60_000;
const RETRY_MS = 1000;

type Parts = {
  options: EngineOptions;
  leaseMs: number;
  store: Pick<Store, "claim" | "renew" | "release">;
  execute: ReturnType<typeof createExecutor>;
  /** Starts what the clock starts; gives the time of the next tick, null = none. */
  tick: () => Promise<number | null>;
};

type Running = { job: ClaimedJob; done: Promise<void> };

const defaultWait: NonNullable<EngineOptions["wait"]> = (ms, signal) =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms).unref();
    signal.addEventListener("abort", end, { once: true });
  });

/** Claims due jobs and executes them, a bounded number at a time; wakes at once when told to and otherwise for the next due time. */
export function createWorker({ options, leaseMs, store, execute, tick }: Parts) {
  const { clock, logger } = options;
  const wait = options.wait ?? defaultWait;
  const maxCalls = options.maxCalls ?? DEFAULT_MAX_CALLS;
  const running = new Set<Running>();
  const calls = new AbortController();
  // Each call listens to it while it runs; their number is bounded by `maxCalls`.
  setMaxListeners(0, calls.signal);
  const renewing = new AbortController();
  let timer = new AbortController();
  let started = false;
  let stopping = false;
  let drains = 0;
  let pumping: Promise<void> | null = null;
  let again = false;

  const active = () => (started || drains > 0) && !stopping;

  async function runJob(entry: Running): Promise<void> {
    const until = clock.now() + LONGEST_TURN_MS;
    for (let job: ClaimedJob | null = entry.job; job; ) {
      entry.job = job;
      const keep = () => active() && clock.now() < until;
      const { next, queued } = await execute(job, keep, calls.signal);
      if (queued) wake();
      job = calls.signal.aborted ? null : next;
    }
  }

  function launch(job: ClaimedJob): void {
    const entry: Running = { job, done: Promise.resolve() };
    running.add(entry);
    entry.done = runJob(entry)
      .catch((error) => {
        const { runId, functionId, stepId } = entry.job;
        logger.error(
          { err: error, runId, functionId, stepId },
          "A result could not be stored; the call is repeated when its lease has run out",
        );
      })
      .finally(() => {
        running.delete(entry);
        wake();
      });
  }

  /** Gives the time at which to look again, null = nothing is waiting. */
  async function claimAll(): Promise<number | null> {
    const nextTick = await tick();
    for (;;) {
      const capacity = Math.max(0, maxCalls - running.size);
      const now = clock.now();
      const { jobs, nextDue, more } = await store.claim({
        now,
        leaseUntil: now + leaseMs,
        capacity,
        executing: [...running].map(({ job }) => job.id),
      });
      for (const job of jobs) launch(job);
      const settled = jobs.length < capacity && !more && (nextDue ?? now + 1) > now;
      if (settled || capacity === 0 || !active()) {
        return nextTick === null ? nextDue : Math.min(nextTick, nextDue ?? nextTick);
      }
    }
  }

  async function pump(): Promise<void> {
    await null;
    let next: number | null = null;
    try {
      do {
        again = false;
        next = active() ? await claimAll() : null;
      } while (again && active());
      sleepUntil(next);
    } finally {
      pumping = null;
    }
  }

  function sleepUntil(next: number | null): void {
    if (!started || stopping) return;
    const longest = options.exclusive ? LONGEST_WAIT_MS : POLL_MS;
    const ms = Math.min(Math.max((next ?? Number.POSITIVE_INFINITY) - clock.now(), 0), longest);
    timer.abort();
    timer = new AbortController();
    const { signal } = timer;
    void wait(ms, signal).then(() => {
      if (!signal.aborted) wake();
    });
  }

  function pumpOnce(): Promise<void> {
    if (pumping) {
      again = true;
      return pumping;
    }
    pumping = pump();
    return pumping;
  }

  function wake(): void {
    if (!active()) return;
    if (pumping) {
      again = true;
      return;
    }
    pumpOnce().catch((error) => {
      logger.error({ err: error }, "The job engine cannot reach its database; it tries again");
      sleepUntil(clock.now() + RETRY_MS);
    });
  }

  async function renewLeases(): Promise<void> {
    while (!renewing.signal.aborted) {
      await wait(leaseMs / 3, renewing.signal);
      const jobs = [...running].map(({ job }) => job.id);
      if (jobs.length === 0 || renewing.signal.aborted) continue;
      await store.renew(jobs, clock.now() + leaseMs).catch((error) => {
        logger.warn({ err: error }, "Leases could not be renewed");
      });
    }
  }

  async function begin(): Promise<void> {
    try {
      if (options.exclusive) await store.release("others", clock.now());
      wake();
    } catch (error) {
      logger.error({ err: error }, "The job engine cannot reach its database; it tries again");
      await wait(RETRY_MS, renewing.signal);
      if (active()) await begin();
    }
  }

  return {
    wake,

    start(): void {
      if (started || stopping) return;
      started = true;
      void renewLeases();
      void begin();
    },

    async drain(): Promise<void> {
      drains++;
      try {
        do {
          await pumpOnce();
          if (running.size > 0) await Promise.race([...running].map(({ done }) => done));
        } while (active() && (running.size > 0 || pumping));
      } finally {
        drains--;
      }
    },

    async stop(graceMs: number): Promise<void> {
      if (stopping) return;
      stopping = true;
      timer.abort();
      // Its failure is logged by `wake`, which began it.
      await pumping?.catch(() => undefined);
      const grace = new AbortController();
      const all = Promise.all([...running].map(({ done }) => done));
      await Promise.race([all, wait(graceMs, grace.signal)]);
      grace.abort();
      calls.abort();
      renewing.abort();
      await Promise.race([all, wait(Math.min(graceMs, RETRY_MS), calls.signal)]);
      await store.release("own", clock.now());
    },
  };
}
