import fc from "fast-check";
import { expect, test } from "vitest";
import { errorBudget } from "./error-budget.ts";

test("of 1,440 runs at 99 % fourteen may fail, and what is left shrinks with each", () => {
  const after = (failures: number) =>
    errorBudget(99, { ended: 1_440, completed: 1_440 - failures });
  expect(after(0)).toEqual({ allowed: 14, used: 0, left: 1 });
  expect(after(7)).toEqual({ allowed: 14, used: 7, left: 0.5 });
  expect(after(14)).toEqual({ allowed: 14, used: 14, left: 0 });
  expect(after(20)).toEqual({ allowed: 14, used: 20, left: 0 });
});

test("too few runs are not measured, however they ended", () => {
  expect(errorBudget(99, { ended: 0, completed: 0 })).toEqual({ has: 0, needs: 100 });
  expect(errorBudget(99, { ended: 99, completed: 0 })).toEqual({ has: 99, needs: 100 });
  expect(errorBudget(80, { ended: 4, completed: 4 })).toEqual({ has: 4, needs: 5 });
  expect(errorBudget(80, { ended: 7, completed: 6 })).toEqual({ allowed: 1, used: 1, left: 0 });
});

test("a budget is spent exactly where the rate falls to or below what the objective asks, never above it", () => {
  const runs = fc.record({
    objective: fc.integer({ min: 0, max: 99 }),
    ended: fc.integer({ min: 0, max: 20_000 }),
    failed: fc.integer({ min: 0, max: 20_000 }),
  });
  fc.assert(
    fc.property(runs, ({ objective, ended, failed }) => {
      const completed = Math.max(0, ended - failed);
      const budget = errorBudget(objective, { ended, completed });
      if ("needs" in budget) {
        expect(budget.has).toBeLessThan(budget.needs);
        return;
      }
      const kept = completed * 100 >= objective * ended;
      expect(budget.used <= budget.allowed).toBe(kept);
      expect(budget.left).toBeGreaterThanOrEqual(0);
      expect(budget.left === 0).toBe(budget.used >= budget.allowed);
    }),
  );
});
