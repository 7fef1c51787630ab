import type { Pool } from "pg";

/** Later than any real time: the SDK stamps events with that, and an event of the future would wait. */
const START = Date.parse("2100-03-01T12:00:30Z");
/** Turns of the event loop without work after which nothing more is expected of it. */
const QUIET_TURNS = 8;
/** More timers than that at one moment are a loop. */
const MAX_TIMERS_AT_ONCE = 1_000;

type Timer = { due: number; end: () => void };

export type VirtualTime = {
  /** Epoch milliseconds; stands still but for `advance`. */
  now(): number;
  /** Resolves when `ms` have gone by or the signal is aborted; for whoever waits without working. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Resolves when `ms` have gone by; for work that counts as `busy` meanwhile and does nothing else. */
  work(ms: number): Promise<void>;
  /** As `work`, for work that waits until something else lets it go on. */
  idle<T>(run: () => Promise<T>): Promise<T>;
  /** Time stands still while the promise of `run` is pending, unless all that is pending is in `work`. */
  busy<T>(run: () => Promise<T>): Promise<T>;
  /** Lets `ms` go by: from one due timer to the next, each only when what the earlier ones started has come to rest. */
  advance(ms: number): Promise<void>;
};

/**
 * A clock on which nothing takes time but what asks it to wait. Knows nothing of the work itself: whoever makes a request that the work
 * waits for (a query, a call) makes it through `busy`.
 */
export function virtualTime(): VirtualTime {
  let now = START;
  let pending = 0;
  let working = 0;
  let changed = () => {};
  const timers = new Set<Timer>();

  function count(pendingBy: number, workingBy: number): void {
    pending += pendingBy;
    working += workingBy;
    changed();
  }

  async function quiet(): Promise<void> {
    for (let turns = 0; turns < QUIET_TURNS; turns++) {
      await new Promise(setImmediate);
      while (pending > working) {
        turns = 0;
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
    }
  }

  function timer(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const entry: Timer = {
        due: now + Math.max(ms, 0),
        end() {
          timers.delete(entry);
          signal?.removeEventListener("abort", entry.end);
          resolve();
        },
      };
      if (signal?.aborted) return resolve();
      timers.add(entry);
      signal?.addEventListener("abort", entry.end, { once: true });
    });
  }

  async function idle<T>(run: () => Promise<T>): Promise<T> {
    count(0, 1);
    try {
      return await run();
    } finally {
      count(0, -1);
    }
  }

  /** The next timer that is due by `end`; of equal ones the one set first. */
  function nextTimer(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const entry of timers) {
      if (entry.due <= end && entry.due < (next?.due ?? Number.POSITIVE_INFINITY)) next = entry;
    }
    return next;
  }

  return {
    now: () => now,
    wait: timer,
    work: (ms) => idle(() => timer(ms)),
    idle,
    async busy(run) {
      count(1, 0);
      try {
        return await run();
      } finally {
        count(-1, 0);
      }
    },
    async advance(ms) {
      const end = now + ms;
      let atOnce = 0;
      for (;;) {
        await quiet();
        const next = nextTimer(end);
        if (!next) break;
        atOnce = next.due > now ? 0 : atOnce + 1;
        if (atOnce > MAX_TIMERS_AT_ONCE) {
          throw new Error(
            "Time cannot go on: a timer that is due sets another that is due at once",
          );
        }
        now = Math.max(now, next.due);
        next.end();
      }
      now = end;
    },
  };
}

/** The same pool, for which time stands still while it works. */
export function observed(pool: Pool, time: VirtualTime): Pool {
  return new Proxy(pool, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      if (key !== "query") return value.bind(target);
      return (...args: unknown[]) => time.busy(() => Reflect.apply(value, target, args));
    },
  });
}
