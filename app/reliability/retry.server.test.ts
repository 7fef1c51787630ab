import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "~/lib/clock.ts";
import type { AttemptRecord } from "./attempts.server.ts";
import { createError } from "./errors.ts";
import {
  type Attempt,
  type AttemptedStep,
  executeWithRetry,
  type Preset,
  type PresetName,
  RETRY_PRESETS,
} from "./retry.server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const unavailable = () => createError("SERVICE_UNAVAILABLE", "down");
const unrecorded: AttemptedStep = { log: null, clock: systemClock };

/** Fails with each of the errors in turn, then succeeds; keeps the times of its calls. */
function failing(...errors: unknown[]) {
  const calls: number[] = [];
  const fn = async ({ number }: Attempt) => {
    calls.push(performance.now());
    if (calls.length <= errors.length) throw errors[calls.length - 1];
    return `attempt ${number}`;
  };
  return { fn, calls };
}

/** Milliseconds between one call and the next. */
const gaps = (calls: number[]) => calls.slice(1).map((time, index) => time - (calls[index] ?? 0));

const DELAYS: [PresetName, number[]][] = [
  ["default", [1_000, 2_000]],
  ["venueApi", [1_000, 2_000, 4_000, 8_000]],
  ["scraper", [5_000, 10_000]],
  ["aiApi", [500, 1_000]],
  ["action", [500, 1_000, 2_000, 4_000]],
];

test("every preset without jitter waits exactly its delays, which double", async () => {
  for (const [name, delays] of DELAYS) {
    const { fn, calls } = failing(...delays.map(unavailable));
    const result = executeWithRetry(unrecorded, fn, { ...RETRY_PRESETS[name], jitter: "none" });
    await vi.runAllTimersAsync();
    expect(await result).toBe(`attempt ${RETRY_PRESETS[name].attempts}`);
    expect(gaps(calls), name).toEqual(delays);
  }
});

test("every preset has full jitter: any share of its delay, from nothing to all of it", async () => {
  for (const share of [0, 0.25, 0.5, 1]) {
    vi.spyOn(Math, "random").mockReturnValue(share);
    for (const [name, delays] of DELAYS) {
      const { fn, calls } = failing(...delays.map(unavailable));
      const result = executeWithRetry(unrecorded, fn, name);
      await vi.runAllTimersAsync();
      await result;
      expect(gaps(calls), name).toEqual(delays.map((delay) => delay * share));
    }
  }
});

test("delays stop growing at the preset's bound", async () => {
  const preset: Preset = { attempts: 6, startingDelayMs: 1_000, maxDelayMs: 3_000, jitter: "none" };
  const { fn, calls } = failing(...Array.from({ length: 5 }, unavailable));
  const result = executeWithRetry(unrecorded, fn, preset);
  await vi.runAllTimersAsync();
  await result;
  expect(gaps(calls)).toEqual([1_000, 2_000, 3_000, 3_000, 3_000]);
});

test("an error that no attempt can mend is thrown at once as it is", async () => {
  for (const code of ["INVALID_CREDENTIALS", "UNAUTHORIZED", "INVALID_INPUT"] as const) {
    const error = createError(code, "no");
    const { fn, calls } = failing(error);
    await expect(executeWithRetry(unrecorded, fn, "venueApi")).rejects.toBe(error);
    expect(calls).toHaveLength(1);
  }
});

test("when every attempt failed the error says so, keeps the last one as cause and is retryable as it is", async () => {
  const last = createError("RATE_LIMITED", "too many", { retryAfterMs: 3_000 });
  const { fn, calls } = failing(unavailable(), unavailable(), last);
  const result = executeWithRetry(unrecorded, fn, "default").catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  expect(await result).toMatchObject({
    code: "MAX_RETRIES_EXCEEDED",
    retryable: true,
    retryAfterMs: 3_000,
    message: "All 3 attempts failed: too many",
    cause: last,
  });
  expect(calls).toHaveLength(3);
});

test("an error without a code counts as retryable, and the last one stays the cause; with a single attempt it is thrown as it is", async () => {
  const defect = new TypeError("x is not a function");
  const result = executeWithRetry(unrecorded, failing(defect).fn, "default");
  await vi.runAllTimersAsync();
  expect(await result).toBe("attempt 2");
  const exhausted = executeWithRetry(unrecorded, failing(defect, defect, defect).fn, "default");
  const outcome = expect(exhausted).rejects.toMatchObject({
    code: "MAX_RETRIES_EXCEEDED",
    cause: defect,
  });
  await vi.runAllTimersAsync();
  await outcome;
  const once = { attempts: 1, startingDelayMs: 1, maxDelayMs: 1 };
  await expect(executeWithRetry(unrecorded, failing(defect).fn, once)).rejects.toBe(defect);
});

test("what the server asks to wait wins over a shorter delay and is exact without jitter", async () => {
  for (const [retryAfterMs, waited] of [
    [20_000, 20_000],
    [300, 1_000],
    [0, 1_000],
  ] as const) {
    const busy = () => createError("SERVICE_UNAVAILABLE", "later", { retryAfterMs });
    const { fn, calls } = failing(busy(), busy());
    const preset: Preset = { ...RETRY_PRESETS.default, jitter: "none" };
    const result = executeWithRetry(unrecorded, fn, preset);
    await vi.runAllTimersAsync();
    await result;
    expect(gaps(calls)).toEqual([waited, waited]);
  }
});

test("a 429 behind a pacer is tried again within the first delay, because the pacer holds the host", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const limited = () => createError("RATE_LIMITED", "slow down", { retryAfterMs: 20_000 });
  const { fn, calls } = failing(limited(), limited(), limited(), limited());
  const result = executeWithRetry(unrecorded, fn, "venueApi", { paced: true });
  await vi.runAllTimersAsync();
  expect(await result).toBe("attempt 5");
  expect(gaps(calls)).toEqual([1_000, 1_000, 1_000, 1_000]);
});

test("a server that asks for more than 20 s is not waited for", async () => {
  for (const code of ["RATE_LIMITED", "SERVICE_UNAVAILABLE"] as const) {
    const error = createError(code, "later", { retryAfterMs: 20_001 });
    const { fn, calls } = failing(error);
    await expect(executeWithRetry(unrecorded, fn, "venueApi")).rejects.toBe(error);
    expect(calls).toHaveLength(1);
  }
});

test("every attempt is recorded once, at its end: number, start, duration, how it ended, and what was noted", async () => {
  vi.setSystemTime(new Date("2026-08-01T00:00:00Z"));
  vi.spyOn(Math, "random").mockReturnValue(1);
  const records: AttemptRecord[] = [];
  const log = { record: async (attempt: AttemptRecord) => void records.push(attempt) };
  const errors = [unavailable(), createError("INVALID_RESPONSE", "raw", { userMessage: "clean" })];
  const result = executeWithRetry(
    { log, clock: systemClock, request: "GET /market?page=3", firstNumber: 4 },
    async ({ number, note }) => {
      note({ waitMs: number });
      await new Promise((resolve) => setTimeout(resolve, 250));
      note({ status: 200 });
      const error = errors.shift();
      if (error) throw error;
      expect(records).toHaveLength(2);
      return "done";
    },
    "default",
  );
  await vi.runAllTimersAsync();
  expect(await result).toBe("done");
  const same = { request: "GET /market?page=3", durationMs: 250 };
  const at = (ms: number) => new Date(Date.UTC(2026, 7, 1) + ms);
  const failed = { ...same, status: "retryable" };
  const noted = (waitMs: number) => ({ data: { waitMs, status: 200 } });
  expect(records).toEqual([
    {
      ...failed,
      ...noted(4),
      number: 4,
      startedAt: at(0),
      code: "SERVICE_UNAVAILABLE",
      message: "down",
    },
    {
      ...failed,
      ...noted(5),
      number: 5,
      startedAt: at(1_250),
      code: "INVALID_RESPONSE",
      message: "clean",
    },
    {
      ...same,
      ...noted(6),
      number: 6,
      startedAt: at(3_500),
      status: "success",
      code: null,
      message: null,
    },
  ]);
});

test("an abort ends the wait at once with its reason, and nothing is called after it", async () => {
  const { fn, calls } = failing(unavailable(), unavailable());
  const abort = new AbortController();
  const result = executeWithRetry(unrecorded, fn, "scraper", { signal: abort.signal });
  const outcome = expect(result).rejects.toThrow("shutting down");
  await vi.advanceTimersByTimeAsync(0);
  abort.abort(new Error("shutting down"));
  await outcome;
  await vi.runAllTimersAsync();
  expect(calls).toHaveLength(1);
});
