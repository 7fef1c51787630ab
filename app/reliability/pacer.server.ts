import type { Clock } from "~/lib/clock.ts";
import { createCircuitBreaker, type RequestReport } from "./circuit-breaker.ts";
import { createPriorityQueue, type Priority, type PriorityQueue } from "./priority-queue.ts";
import { createSlidingWindow } from "./sliding-window.ts";

export type { Priority } from "./priority-queue.ts";

/** The longest pause that a request waits through; a longer one refuses it, so that no run is held. */
const LONGEST_WAIT_FOR_PAUSE_MS = 20_000;

type PacerState = {
  requestsPerSecond: number;
  /** Request starts per second that recent replies allow; lower than `requestsPerSecond` when they are slow. */
  currentRate: number;
  /** Since when the host has been held without an answer; null = it is not. */
  pausedSince: Date | null;
  /** Null when nothing is held, or when only the probe's answer is awaited. */
  pausedUntil: Date | null;
  /** Why the host is held, in words; null = it is not. */
  pauseReason: string | null;
  waiting: Record<Priority, number>;
};

export type Pacer = {
  /**
   * Resolves when a request may start, which must be then and not later. Rejects with `signal.reason` when aborted, and with
   * RATE_LIMITED or SERVICE_UNAVAILABLE (with `retryAfterMs`) when the host is paused for more than 20 s.
   */
  acquire(options: { priority: Priority; signal?: AbortSignal | undefined }): Promise<void>;
  /** Tells how a request ended; owed once for every `acquire` that resolved. */
  report(report: RequestReport): void;
  /** Holds every request to the host until then (epoch milliseconds of the clock). */
  pause(until: number, reason: string): void;
  state(): PacerState;
};

/** Time as it goes by, which a corrected wall clock does not move. */
export type Elapsed = {
  /** Milliseconds since some moment. */
  now(): number;
  /** Calls back once so many milliseconds have gone by, unless it is cancelled by the function that it returns. */
  after(ms: number, call: () => void): () => void;
};

const realTime: Elapsed = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms).unref();
    return () => clearTimeout(timer);
  },
};

type PacerOptions = {
  /** Request starts that the host allows in any one second; a whole number of at least 1. */
  requestsPerSecond: number;
  clock: Clock;
  /** Default: the machine's monotonic clock, whose timers never keep the process alive. */
  elapsed?: Elapsed | undefined;
  /** 0 to 1; spreads the ends of pauses. */
  random?: () => number;
};

type Waiter = { resolve(): void; reject(error: unknown): void };

/**
 * The request budget of one host, shared by everything in the process that talks to it: at most `requestsPerSecond` requests in any
 * second as the server sees them (`sliding-window.ts`, which also says how slow replies lower the rate), none while the host is
 * paused by a 429, an outage or `pause` (`circuit-breaker.ts`), urgent work first (`priority-queue.ts`).
 * Waiting is measured in elapsed time, so a corrected wall clock lets no burst through; `clock` only translates the times that cross
 * this interface. The one timer runs while somebody waits.
 */
export function createPacer(options: PacerOptions): Pacer {
  const { requestsPerSecond, clock, elapsed = realTime, random = Math.random } = options;
  const window = createSlidingWindow(requestsPerSecond);
  const breaker = createCircuitBreaker(random);
  const queue = createPriorityQueue<Waiter>();
  let cancelTimer = () => {};

  function serve() {
    cancelTimer();
    for (;;) {
      const now = elapsed.now();
      const refusal = breaker.refusal(now, LONGEST_WAIT_FOR_PAUSE_MS);
      if (refusal) for (const waiter of queue.clear()) waiter.reject(refusal);
      if (Object.values(queue.sizes()).every((size) => size === 0)) return;
      const startAt = Math.max(window.nextStartAt(now), breaker.nextStartAt(now));
      if (startAt > now) {
        cancelTimer = elapsed.after(Math.ceil(startAt - now), serve);
        return;
      }
      window.start(now);
      breaker.start(now);
      queue.take()?.resolve();
    }
  }

  return {
    acquire: (request) => waitForTurn(queue, serve, request),
    report(report) {
      const now = elapsed.now();
      window.end(now, report.durationMs);
      breaker.end(now, report);
      serve();
    },
    pause(until, reason) {
      const now = elapsed.now();
      breaker.pause(now, now + until - clock.now(), reason);
      serve();
    },
    state() {
      const pause = breaker.current();
      const now = elapsed.now();
      const remainingMs = (pause?.until ?? 0) - now;
      return {
        requestsPerSecond,
        currentRate: window.rate(),
        pausedSince: pause && new Date(clock.now() - (now - pause.heldSince)),
        pausedUntil: remainingMs > 0 ? new Date(clock.now() + remainingMs) : null,
        pauseReason: pause?.reason ?? null,
        waiting: queue.sizes(),
      };
    },
  };
}

function waitForTurn(
  queue: PriorityQueue<Waiter>,
  serve: () => void,
  { priority, signal }: { priority: Priority; signal?: AbortSignal | undefined },
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      queue.remove(priority, waiter);
      reject(signal?.reason);
      serve();
    };
    const waiter: Waiter = {
      resolve() {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
      reject(error) {
        signal?.removeEventListener("abort", onAbort);
        reject(error);
      },
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    queue.push(priority, waiter);
    serve();
  });
}
