import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AppError } from "./errors.ts";
import { executeWithRetry, RETRY_PRESETS } from "./retry.server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const unavailable = () => new AppError("SERVICE_UNAVAILABLE", "down");

/** Fails with each of the errors in turn, then succeeds; keeps the times of its calls. */
function failing(...errors: unknown[]) {
  const calls: number[] = [];
  const fn = async (attempt: number) => {
    calls.push(performance.now());
    if (attempt <= errors.length) throw errors[attempt - 1];
    return `attempt ${attempt}`;
  };
  return { fn, calls };
}

/** Milliseconds between one call and the next. */
const gaps = (calls: number[]) => calls.slice(1).map((time, index) => time - (calls[index] ?? 0));

test("a hiccup is tried again until it succeeds, with delays that double up to the preset's bound", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  for (const [name, expected] of [
    ["default", [1_000, 2_000]],
    ["venueApi", [1_000, 2_000, 4_000, 8_000]],
    ["scraper", [5_000, 10_000]],
    ["aiApi", [500, 1_000]],
    ["action", [500, 1_000, 2_000, 4_000]],
  ] as const) {
    const { fn, calls } = failing(...expected.map(unavailable));
    const result = executeWithRetry(fn, name);
    await vi.runAllTimersAsync();
    expect(await result).toBe(`attempt ${RETRY_PRESETS[name].attempts}`);
    expect(gaps(calls)).toEqual(expected);
  }
});

test("the delay has full jitter", async () => {
  vi.spyOn(Math, "random").mockReturnValueOnce(0.25).mockReturnValueOnce(0);
  const { fn, calls } = failing(unavailable(), unavailable());
  const result = executeWithRetry(fn, "default");
  await vi.runAllTimersAsync();
  await result;
  expect(gaps(calls)).toEqual([250, 0]);
});

test("an error that no attempt can mend is thrown at once as it is", async () => {
  for (const code of ["INVALID_CREDENTIALS", "UNAUTHORIZED", "INVALID_INPUT"] as const) {
    const error = new AppError(code, "no");
    const { fn, calls } = failing(error);
    await expect(executeWithRetry(fn, "venueApi")).rejects.toBe(error);
    expect(calls).toHaveLength(1);
  }
});

test("when every attempt failed the error says so, keeps the last one as cause and is retryable as it is", async () => {
  const last = new AppError("RATE_LIMITED", "too many", { retryAfterMs: 3_000 });
  const { fn, calls } = failing(unavailable(), unavailable(), last);
  const result = executeWithRetry(fn, "default").catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  const error = await result;
  expect(error).toMatchObject({
    code: "MAX_RETRIES_EXCEEDED",
    retryable: true,
    retryAfterMs: 3_000,
    message: "All 3 attempts failed: too many",
  });
  expect((error as AppError).cause).toBe(last);
  expect(calls).toHaveLength(3);
});

test("an error without a code counts as retryable; with a single attempt it is thrown as it is", async () => {
  const defect = new TypeError("x is not a function");
  const { fn } = failing(defect);
  const result = executeWithRetry(fn, "default");
  await vi.runAllTimersAsync();
  expect(await result).toBe("attempt 2");
  const once = { attempts: 1, startingDelayMs: 1, maxDelayMs: 1 };
  await expect(executeWithRetry(failing(defect).fn, once)).rejects.toBe(defect);
});

test("a 429 is tried again within the first delay, because the pacer holds the host", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const limited = () => new AppError("RATE_LIMITED", "slow down", { retryAfterMs: 20_000 });
  const { fn, calls } = failing(limited(), limited(), limited(), limited());
  const result = executeWithRetry(fn, "venueApi");
  await vi.runAllTimersAsync();
  expect(await result).toBe("attempt 5");
  expect(gaps(calls)).toEqual([1_000, 1_000, 1_000, 1_000]);
});

test("a server that asks for more than 20 s is not waited for", async () => {
  for (const code of ["RATE_LIMITED", "SERVICE_UNAVAILABLE"] as const) {
    const error = new AppError(code, "later", { retryAfterMs: 20_001 });
    const { fn, calls } = failing(error);
    await expect(executeWithRetry(fn, "venueApi")).rejects.toBe(error);
    expect(calls).toHaveLength(1);
  }
});

test("every failed attempt is told, and whether another follows", async () => {
  const seen: unknown[] = [];
  const { fn } = failing(unavailable(), new AppError("RATE_LIMITED", "429"), unavailable());
  const result = executeWithRetry(fn, "default", {
    onAttemptFailed: ({ attempt, error, willRetry }) => seen.push([attempt, error.code, willRetry]),
  }).catch(() => "failed");
  await vi.runAllTimersAsync();
  expect(await result).toBe("failed");
  expect(seen).toEqual([
    [1, "SERVICE_UNAVAILABLE", true],
    [2, "RATE_LIMITED", true],
    [3, "SERVICE_UNAVAILABLE", false],
  ]);
});

test("an abort ends the wait at once with its reason, and nothing is called after it", async () => {
  const { fn, calls } = failing(unavailable(), unavailable());
  const abort = new AbortController();
  const result = executeWithRetry(fn, "scraper", { signal: abort.signal });
  const outcome = expect(result).rejects.toThrow("shutting down");
  await vi.advanceTimersByTimeAsync(0);
  abort.abort(new Error("shutting down"));
  await outcome;
  await vi.runAllTimersAsync();
  expect(calls).toHaveLength(1);
});
