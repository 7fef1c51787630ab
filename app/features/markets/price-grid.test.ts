import fc from "fast-check";
import { expect, test } from "vitest";
import { WINDOW_MS } from "~/lib/windows.ts";
import { historyRange } from "./history-range.ts";
import { gridOf, gridTimeOf, type PriceHistory, type PricePoint } from "./price-grid.ts";
import { trendSentence } from "./price-trend.ts";

const NOW = Date.UTC(2026, 2, 1, 12, 0, 30);
const range = historyRange("7d", { now: NOW, since: null, maxSteps: 370 });

/** Samples as the database does: the last point of each step. */
function sample(all: PricePoint[], opening: string | null): PriceHistory {
  const byStep = new Map<number, PricePoint>();
  const sorted = all.toSorted((a, b) => a.at - b.at);
  for (const point of sorted) byStep.set(Math.floor((point.at - range.from) / range.stepMs), point);
  const byPrice = sorted.toSorted((a, b) => Number(a.price) - Number(b.price));
  return {
    range,
    opening,
    points: [...byStep.values()],
    low: byPrice[0] ?? null,
    high: byPrice.at(-1) ?? null,
  };
}

const points = fc.array(
  fc.record({
    at: fc.integer({ min: range.from, max: NOW }),
    price: fc.integer({ min: 0, max: 1000 }).map((thousandths) => (thousandths / 1000).toFixed(3)),
  }),
  { minLength: 1, maxLength: 900 },
);

test("a sampled line begins at the opening price, ends at the last and hides neither the highest nor the lowest", () => {
  fc.assert(
    fc.property(points, fc.option(fc.constant("0.5")), (all, opening) => {
      const history = sample(all, opening);
      const grid = gridOf(history);
      const known = grid.flatMap(({ price }) => (price === null ? [] : [price]));
      expect(grid[0]?.price).toBe(opening === null ? null : 0.5);
      expect(known.at(-1)).toBe(Number(history.points.at(-1)?.price));
      const stepOf = (at: number) => gridTimeOf(range, at);
      const lastStep = stepOf(history.points.at(-1)?.at ?? 0);
      for (const extreme of [history.high, history.low]) {
        const step = stepOf(extreme?.at ?? 0);
        const shared = stepOf(history.high?.at ?? 0) === stepOf(history.low?.at ?? 0);
        if (step !== lastStep && !shared) expect(known).toContain(Number(extreme?.price));
      }
      const times = grid.map(({ time }) => time);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(new Set(times).size).toBe(times.length);
      expect(grid.length).toBeLessThanOrEqual(371);
    }),
  );
});

test("a price holds until the next one, an extreme only in its own step", () => {
  const step = range.stepMs;
  const grid = gridOf(
    sample(
      [
        { at: range.from + step, price: "0.9" },
        { at: range.from + step + 1, price: "0.4" },
        { at: range.from + 4 * step, price: "0.5" },
      ],
      null,
    ),
  );
  expect(grid.slice(0, 7).map(({ price }) => price)).toEqual([null, null, 0.9, 0.4, 0.4, 0.5, 0.5]);
});

test("every time of a range has its place on the grid", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("1h", "24h", "7d", "30d", "all" as const),
      fc.integer({ min: 0, max: 3_000 * 86_400_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (window, age, share) => {
        const since = NOW - age;
        const made = historyRange(window, { now: NOW, since, maxSteps: 370 });
        expect(made.to).toBeGreaterThanOrEqual(NOW);
        expect(made.from).toBeLessThanOrEqual(made.since);
        expect(made.since).toBeLessThanOrEqual(NOW - (WINDOW_MS[window] ?? age));
        const count = (made.to - made.from) / made.stepMs;
        expect(Number.isInteger(count)).toBe(true);
        expect(count).toBeLessThanOrEqual(370);
        const history = { range: made, opening: null, points: [], high: null, low: null };
        const times = gridOf(history).map(({ time }) => time);
        expect(times).toContain(gridTimeOf(made, made.since + share * (NOW - made.since)));
      },
    ),
  );
});

test("the course of a price is one sentence", () => {
  const words = (prices: [number, string][], opening: string | null = null) =>
    trendSentence(
      "YES",
      sample(
        prices.map(([hours, price]) => ({ at: range.from + hours * 3_600_000, price })),
        opening,
      ),
      "in the last 7 days",
    );
  expect(words([], null)).toBe("No price of YES is known in the last 7 days.");
  expect(words([], "0.25")).toBe("YES stayed at 0.250 in the last 7 days.");
  expect(
    words([
      [1, "0.2"],
      [9, "0.7"],
      [20, "0.6"],
    ]),
  ).toBe("YES rose from 0.200 to 0.600 in the last 7 days, between 0.200 and 0.700.");
  expect(words([[9, "0.1"]], "0.3")).toBe(
    "YES fell from 0.300 to 0.100 in the last 7 days, between 0.100 and 0.300.",
  );
  expect(
    words([
      [9, "0.1"],
      [20, "0.8"],
      [20.1, "0.2"],
    ]),
  ).toBe("YES rose from 0.100 to 0.200 in the last 7 days, between 0.100 and 0.800.");
});
