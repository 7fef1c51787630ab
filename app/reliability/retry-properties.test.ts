import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "~/lib/clock.ts";
import type { AttemptRecord } from "./attempts.server.ts";
import { createError, ERROR_CODES, type ErrorCode } from "./errors.ts";
import { executeWithRetry, type Preset } from "./retry.server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const preset = fc.record({
  attempts: fc.integer({ min: 1, max: 8 }),
  startingDelayMs: fc.integer({ min: 0, max: 10_000 }),
  maxDelayMs: fc.integer({ min: 0, max: 60_000 }),
  jitter: fc.constantFrom("full", "none"),
}) satisfies fc.Arbitrary<Preset>;

/** What a call throws; null = it succeeds. "none" is a defect without a code. */
type Ending = { code: ErrorCode | "none"; retryAfterMs: number | undefined } | null;

const codes = Object.keys(ERROR_CODES) as ErrorCode[];
const ending: fc.Arbitrary<Ending> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      code: fc.constantFrom(...codes.filter((code) => ERROR_CODES[code].retryable), "none"),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      code: fc.constantFrom(...codes),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.constant(null) },
);

const script = fc.record({
  preset,
  /** Of each call in turn; a preset has 8 attempts at most. */
  endings: fc.array(ending, { minLength: 8, maxLength: 8 }),
  /** What Math.random gives. */
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  /** How long a call takes, in milliseconds. */
  lasts: fc.integer({ min: 0, max: 5_000 }),
});
type Script = { preset: Preset; endings: Ending[]; share: number; lasts: number };

const thrownBy = ({ code, retryAfterMs }: NonNullable<Ending>) =>
  code === "none" ? new TypeError("defect") : createError(code, "no", { retryAfterMs });

/** What the server asks to wait after that call. */
const askedMs = (end: Ending | undefined) => (end?.code === "none" ? 0 : (end?.retryAfterMs ?? 0));

const isWorthAnother = (end: Ending | undefined) =>
  end?.code === "none" ||
  (end != null && ERROR_CODES[end.code].retryable && askedMs(end) <= 20_000);

/** Plays a script; `waits` are the milliseconds between the end of one call and the start of the next. */
async function play({ preset, endings, share, lasts }: Script) {
  vi.spyOn(Math, "random").mockReturnValue(share);
  const records: AttemptRecord[] = [];
  const log = { record: async (attempt: AttemptRecord) => void records.push(attempt) };
  const errors = endings.map((end) => end && thrownBy(end));
  const waits: number[] = [];
  const begun = performance.now();
  let made = 0;
  let ended = begun;
  const call = async () => {
    if (made > 0) waits.push(performance.now() - ended);
    made += 1;
    await new Promise((resolve) => setTimeout(resolve, lasts));
    ended = performance.now();
    const error = errors[made - 1];
    if (error) throw error;
  };
  const result = executeWithRetry({ log, clock: systemClock }, call, preset).then(
    () => null,
    (error: unknown) => error,
  );
  await vi.runAllTimersAsync();
  const thrown = await result;
  const last = { error: errors[made - 1], end: endings[made - 1] };
  return { made, records, waits, thrown, last, tookMs: performance.now() - begun };
}

const holds = (property: (played: Awaited<ReturnType<typeof play>>, script: Script) => void) =>
  fc.assert(
    fc.asyncProperty(script, async (given) => property(await play(given), given)),
    { numRuns: 300 },
  );

test("there is never an attempt more than the preset has, and each is recorded once", () =>
  holds(({ made, records }, { preset }) => {
    expect(made).toBeLessThanOrEqual(preset.attempts);
    expect(records.map(({ number }) => number)).toEqual(
      Array.from({ length: made }, (_, index) => index + 1),
    );
  }));

test("every delay is within the preset's bounds, and never shorter than what the server asks for", () =>
  holds(({ waits }, { preset, endings }) => {
    for (const [index, waited] of waits.entries()) {
      const asked = askedMs(endings[index]);
      const delayMs = Math.min(preset.startingDelayMs * 2 ** index, preset.maxDelayMs);
      expect(waited).toBeGreaterThanOrEqual(asked);
      expect(waited).toBeLessThanOrEqual(Math.max(asked, Math.round(delayMs) + 1));
    }
  }));

test("the whole takes no longer than its calls and its longest delays", () =>
  holds(({ made, tookMs }, { preset, lasts }) => {
    const longestMs = Math.max(preset.maxDelayMs, 20_000) + 1;
    expect(tookMs).toBeLessThanOrEqual(preset.attempts * (lasts + 1 + longestMs));
    if (made === 1) expect(tookMs).toBeLessThanOrEqual(lasts + 2);
  }));

test("what no attempt can mend, or asks for more than 20 s, stops at once as it is; what can goes on to the last attempt", () =>
  holds(({ made, thrown, last, records }, { preset, endings }) => {
    for (const end of endings.slice(0, made - 1)) expect(isWorthAnother(end)).toBe(true);
    if (last.end === null) {
      expect(thrown).toBeNull();
      expect(records.at(-1)?.status).toBe("success");
    } else if (!isWorthAnother(last.end) || preset.attempts === 1) {
      expect(thrown).toBe(last.error);
    } else {
      expect(made).toBe(preset.attempts);
      expect(thrown).toMatchObject({ code: "MAX_RETRIES_EXCEEDED", cause: last.error });
    }
  }));
