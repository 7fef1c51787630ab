import fc from "fast-check";
import { expect, test } from "vitest";
import { dataAges } from "./data-age.ts";

const MINUTE = 60_000;
const day = { from: 0, to: 24 * 60 * MINUTE };
const minutes = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => (from + n) * MINUTE);

test("an answer every minute: half of the time it is no older than 30 s, and 95 % of it than 57 s", () => {
  expect(dataAges(minutes(-5, 24 * 60), day, [0.5, 0.95])).toEqual({
    ages: [30_000, 57_000],
    measuredMs: day.to,
  });
});

test("an outage of two hours weighs as long as it lasted, not as one answer among many", () => {
  const answers = [...minutes(0, 600), ...minutes(720, 24 * 60)];
  const [p50, p95] = dataAges(answers, day, [0.5, 0.95])?.ages ?? [];
  expect(p50).toBeLessThan(MINUTE);
  // 1,440 minutes × 5 % = the oldest 72 of the 121 minutes of the gap.
  expect(p95).toBe((121 - 72) * MINUTE);
});

test("the time before the first answer is not measured, that since the last one is", () => {
  const ages = dataAges([day.to - 10 * MINUTE], day, [0, 0.5, 1]);
  expect(ages).toEqual({ ages: [0, 5 * MINUTE, 10 * MINUTE], measuredMs: 10 * MINUTE });
  expect(dataAges([], day, [0.5])).toBeNull();
  expect(dataAges([day.to + 1], day, [0.5])).toBeNull();
});

test("an answer long before the window makes its whole time old", () => {
  const ages = dataAges([-60 * MINUTE], { from: 0, to: 10 * MINUTE }, [0, 0.5, 1])?.ages;
  expect(ages).toEqual([60 * MINUTE, 65 * MINUTE, 70 * MINUTE]);
});

test("any answers: the same as looking at every moment of the window", () => {
  const scene = fc.record({
    answers: fc.array(fc.integer({ min: -500, max: 1_500 }), { maxLength: 40 }),
    length: fc.integer({ min: 1, max: 1_000 }),
    quantile: fc.integer({ min: 0, max: 100 }),
  });
  fc.assert(
    fc.property(scene, ({ answers, length, quantile }) => {
      const sorted = answers.toSorted((a, b) => a - b);
      const share = quantile / 100;
      // The ages in the middle of each millisecond: whole moments are where answers lie.
      const seen = Array.from({ length }, (_, n) => n + 0.5).flatMap((moment) => {
        const last = sorted.findLast((answer) => answer <= moment);
        return last === undefined ? [] : [moment - last];
      });
      const found = dataAges(sorted, { from: 0, to: length }, [share]);
      if (seen.length === 0) {
        expect(found).toBeNull();
        return;
      }
      expect(found?.measuredMs).toBe(seen.length);
      const age = found?.ages[0] ?? Number.NaN;
      const below = (limit: number) => seen.filter((one) => one < limit).length / seen.length;
      expect(below(age + 1)).toBeGreaterThanOrEqual(share - 1e-9);
      expect(below(age - 1)).toBeLessThanOrEqual(share + 1e-9);
    }),
    { numRuns: 500 },
  );
});
