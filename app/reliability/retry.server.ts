import { backOff } from "exponential-backoff";
import type { Clock } from "~/lib/clock.ts";
import type { AttemptLog, AttemptRecord } from "./attempts.server.ts";
import { type AppError, createError, kindOf, toAppError } from "./errors.ts";

/** How often and how fast a failed call is tried again; the delay doubles from one failure to the next. */
export type Preset = {
  /** Calls in all, the first included. */
  attempts: number;
  startingDelayMs: number;
  maxDelayMs: number;
  /** `full` (the default) waits any time up to the delay, so that many callers do not come back at once; `none` the delay itself. */
  jitter?: "full" | "none";
};

export const RETRY_PRESETS = {
  default: { attempts: 3, startingDelayMs: 1_000, maxDelayMs: 60_000 },
  venueApi: { attempts: 5, startingDelayMs: 1_000, maxDelayMs: 30_000 },
  scraper: { attempts: 3, startingDelayMs: 5_000, maxDelayMs: 60_000 },
  aiApi: { attempts: 3, startingDelayMs: 500, maxDelayMs: 10_000 },
  action: { attempts: 5, startingDelayMs: 500, maxDelayMs: 4_000 },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof RETRY_PRESETS;

/** A server that asks for a longer wait is not waited for in place: the error is thrown, and whoever holds the run decides. */
const LONGEST_RETRY_AFTER_MS = 20_000;

/** What is tried, and where its attempts are recorded (`log` null = nowhere). */
export type AttemptedStep = {
  log: AttemptLog | null;
  clock: Clock;
  /** As in `AttemptRecord`; absent = the step as a whole. */
  request?: string;
  /** Of the first attempt; default 1. */
  firstNumber?: number;
};

/** One call of the tried function; what it notes is recorded as the attempt's `data`. */
export type Attempt = { number: number; note(data: Record<string, unknown>): void };

type RetryOptions = {
  /** Ends the waiting; the call itself has to watch it too. */
  signal?: AbortSignal | undefined;
  /** A pacer holds each call for as long as the host asks: what the host asks for is not waited for twice. */
  paced?: boolean;
};

/**
 * Calls `fn` until it succeeds, for hiccups of seconds, and records every attempt once, at its end. An error without a code of the
 * taxonomy counts as retryable. A Retry-After of the server (20 s at most) takes the place of a shorter delay. With `paced`,
 * RATE_LIMITED is tried again after the preset's first delay at most: the host's pacer holds it for as long as the host asks.
 * @throws the error itself when it is not retryable, asks for a wait of more than 20 s, or the preset has a single attempt;
 *   MAX_RETRIES_EXCEEDED, with the last error as cause and its `retryable` and `retryAfterMs`, when every attempt failed;
 *   `signal.reason` once aborted
 */
export async function executeWithRetry<T>(
  step: AttemptedStep,
  fn: (attempt: Attempt) => Promise<T>,
  preset: PresetName | Preset,
  options: RetryOptions = {},
): Promise<T> {
  const chosen: Preset = typeof preset === "string" ? RETRY_PRESETS[preset] : preset;
  const { attempts, startingDelayMs, maxDelayMs, jitter = "full" } = chosen;
  const { signal, paced = false } = options;
  let made = 0;
  const mayFollow = (error: AppError) => made < attempts && isWorthAnother(error);

  /** One attempt, and those that follow it after a wait that the server, not the backoff, sets. */
  async function request(): Promise<T> {
    for (;;) {
      signal?.throwIfAborted();
      made += 1;
      try {
        return await recorded(step, (step.firstNumber ?? 1) + made - 1, fn, signal);
      } catch (thrown) {
        signal?.throwIfAborted();
        const error = toAppError(thrown);
        const share = jitter === "full" ? Math.random() : 1;
        const firstDelayMs = Math.min(startingDelayMs, maxDelayMs) * share;
        const waitMs = waitOutsideBackoff(error, { paced, firstDelayMs });
        if (waitMs === null || !mayFollow(error)) throw thrown;
        await sleep(waitMs);
      }
    }
  }

  const result = backOff(request, {
    numOfAttempts: attempts,
    startingDelay: startingDelayMs,
    maxDelay: maxDelayMs,
    jitter,
    retry: (thrown) => !signal?.aborted && mayFollow(toAppError(thrown)),
  });
  try {
    return await untilAborted(result, signal);
  } catch (thrown) {
    signal?.throwIfAborted();
    const error = toAppError(thrown);
    if (attempts === 1 || made < attempts || !isWorthAnother(error)) throw thrown;
    throw exhausted(attempts, error, thrown);
  }
}

function exhausted(attempts: number, last: AppError, cause: unknown): AppError {
  const said = `All ${attempts} attempts failed:`;
  return createError("MAX_RETRIES_EXCEEDED", `${said} ${last.message}`, {
    userMessage: `${said} ${last.userMessage}`,
    cause,
    retryable: last.retryable,
    retryAfterMs: last.retryAfterMs,
  });
}

/**
 * How long to wait before the next attempt where the server, not the backoff, says so; null = the backoff does. Where a pacer holds the
 * host this only spreads the callers.
 */
function waitOutsideBackoff(
  error: AppError,
  { paced, firstDelayMs }: { paced: boolean; firstDelayMs: number },
): number | null {
  if (paced) return error.code === "RATE_LIMITED" ? firstDelayMs : null;
  return error.retryAfterMs === undefined ? null : Math.max(error.retryAfterMs, firstDelayMs);
}

/** Calls `fn` once and records how it ended. */
async function recorded<T>(
  { log, clock, request }: AttemptedStep,
  number: number,
  fn: (attempt: Attempt) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  let data: Record<string, unknown> | null = null;
  const note = (noted: Record<string, unknown>) => {
    data = { ...data, ...noted };
  };
  const startedAt = new Date(clock.now());
  const start = performance.now();
  const ended = await fn({ number, note }).then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  );
  const how = "value" in ended ? SUCCESS : failure(ended.thrown, signal);
  const durationMs = performance.now() - start;
  await log?.record({ request: request ?? null, number, startedAt, durationMs, ...how, data });
  if ("value" in ended) return ended.value;
  throw ended.thrown;
}

type Ending = Pick<AttemptRecord, "status" | "code" | "message">;

const SUCCESS: Ending = { status: "success", code: null, message: null };

function failure(thrown: unknown, signal: AbortSignal | undefined): Ending {
  if (signal?.aborted) {
    const message = "Given up before it ended, because whoever asked for it was stopped.";
    return { status: "retryable", code: "EXECUTION_FAILED", message };
  }
  const { code, userMessage } = toAppError(thrown);
  return { status: kindOf(thrown), code, message: userMessage };
}

function isWorthAnother(error: AppError): boolean {
  return error.retryable && (error.retryAfterMs ?? 0) <= LONGEST_RETRY_AFTER_MS;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Settles like `promise`, but no later than the abort, with its reason. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener("abort", onAbort);
  }
}
