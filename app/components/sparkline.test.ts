import fc from "fast-check";
import { expect, test } from "vitest";
import { pathOf, trendOf } from "./sparkline.tsx";

const points = fc.array(fc.option(fc.double({ noNaN: true, min: -1e9, max: 1e9 })), {
  minLength: 1,
  maxLength: 60,
});

test("every measured point is drawn once, inside the box", () => {
  fc.assert(
    fc.property(points, (values) => {
      const drawn = [...pathOf(values, 96, 26).matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)];
      expect(drawn).toHaveLength(values.filter((value) => value !== null).length);
      for (const [, x, y] of drawn) {
        expect(Number(x)).toBeGreaterThanOrEqual(2);
        expect(Number(x)).toBeLessThanOrEqual(94);
        expect(Number(y)).toBeGreaterThanOrEqual(2);
        expect(Number(y)).toBeLessThanOrEqual(24);
      }
    }),
  );
});

test("what was not measured leaves a gap, a point that stands alone is a dot", () => {
  expect(pathOf([0, 1, null, 1, null, 0, 0], 16, 14)).toBe("M2 12L4 2M8 2h0M12 12L14 12");
});

test("the trend is that of the first and the last measured point", () => {
  expect(trendOf([null, 1, 5, 2])).toBe("rising");
  expect(trendOf([3, 9, 2, null])).toBe("falling");
  expect(trendOf([1, 9, 1])).toBe("flat");
  expect(trendOf([1, null])).toBeNull();
  expect(trendOf([])).toBeNull();
});
