import { backOff } from "exponential-backoff";
import { AppError, toAppError } from "./errors.ts";

/** How often and how fast a failed call is tried again; the delay doubles from one failure to the next. */
export type Preset = {
  /** Calls in all, the first included. */
  attempts: number;
  startingDelayMs: number;
  maxDelayMs: number;
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

type RetryOptions = {
  /** Called after every attempt that failed, before the wait. */
  onAttemptFailed?: (failure: { attempt: number; error: AppError; willRetry: boolean }) => void;
  /** Ends the waiting; the call itself has to watch it too. */
  signal?: AbortSignal | undefined;
};

/**
 * Calls `fn` (with the number of the attempt, from 1) until it succeeds, for hiccups of seconds. Delays have full jitter (0 to the
 * delay). An error without a code of the taxonomy counts as retryable. RATE_LIMITED is tried again after the preset's first delay at
 * most, because the host's pacer holds the next request for as long as the host asks.
 * @throws the error itself when it is not retryable, asks for a wait of more than 20 s, or the preset has a single attempt;
 *   MAX_RETRIES_EXCEEDED, with the last error as cause and its `retryable` and `retryAfterMs`, when every attempt failed;
 *   `signal.reason` once aborted
 */
export async function executeWithRetry<T>(
  fn: (attempt: number) => Promise<T>,
  preset: PresetName | Preset,
  options: RetryOptions = {},
): Promise<T> {
  const { attempts, startingDelayMs, maxDelayMs } =
    typeof preset === "string" ? RETRY_PRESETS[preset] : preset;
  const { signal, onAttemptFailed } = options;
  let attempt = 0;

  /** One attempt, and those that follow it directly because only the pacer is to be waited for. */
  async function request(): Promise<T> {
    for (;;) {
      signal?.throwIfAborted();
      attempt += 1;
      try {
        return await fn(attempt);
      } catch (thrown) {
        signal?.throwIfAborted();
        const error = toAppError(thrown);
        const willRetry = attempt < attempts && isWorthAnother(error);
        onAttemptFailed?.({ attempt, error, willRetry });
        if (!willRetry || error.code !== "RATE_LIMITED") throw thrown;
        await sleep(Math.random() * startingDelayMs);
      }
    }
  }

  const result = backOff(request, {
    numOfAttempts: attempts,
    startingDelay: startingDelayMs,
    maxDelay: maxDelayMs,
    jitter: "full",
    retry: (thrown) => !signal?.aborted && attempt < attempts && isWorthAnother(toAppError(thrown)),
  });
  try {
    return await untilAborted(result, signal);
  } catch (thrown) {
    signal?.throwIfAborted();
    const error = toAppError(thrown);
    if (attempts === 1 || attempt < attempts || !isWorthAnother(error)) throw thrown;
    throw new AppError(
      "MAX_RETRIES_EXCEEDED",
      `All ${attempts} attempts failed: ${error.message}`,
      {
        userMessage: `All ${attempts} attempts failed: ${error.userMessage}`,
        cause: thrown,
        retryable: error.retryable,
        retryAfterMs: error.retryAfterMs,
      },
    );
  }
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
