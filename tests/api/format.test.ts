import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatAmount,
  formatDuration,
  formatElapsed,
  formatPrice,
  formatRelative,
  formatRoundAmount,
  formatUtc,
  formatUtcShort,
  shortAddress,
} from "~/lib/format.ts";

test("amounts keep every digit left of the point, however many there are", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 10n ** 28n }), (whole) => {
      expect(formatAmount(`${whole}.00`).replaceAll(",", "")).toBe(`${whole}.00`);
    }),
  );
});

test("what is not zero never reads as 0", () => {
  expect(formatAmount("0.000000000000000001")).toBe("<0.01");
  expect(formatAmount("-0.001")).toBe(">-0.01");
  expect(formatPrice("0.00001")).toBe("<0.0001");
  expect(formatAmount("0")).toBe("0.00");
  expect(formatAmount("0.000")).toBe("0.00");
  expect(formatPrice("0")).toBe("0.000");
});

test("amounts and prices are shortened for reading, and a column of them aligns", () => {
  expect(["1614", "50.9", "136.1"].map(formatAmount)).toEqual(["1,614.00", "50.90", "136.10"]);
  expect(["0.5", "0.97", "0.9704", "1"].map(formatPrice)).toEqual([
    "0.500",
    "0.970",
    "0.9704",
    "1.000",
  ]);
  expect(["1000", "2500.50"].map(formatRoundAmount)).toEqual(["1,000", "2,500.5"]);
  expect(formatAmount("1234567.891")).toBe("1,234,567.89");
  expect(formatPrice("0.02949")).toBe("0.0295");
});

test("times read as their largest unit", () => {
  expect(formatDuration(450)).toBe("450 ms");
  expect(formatDuration(59_999)).toBe("59 s");
  expect(formatDuration(90_000)).toBe("1 min");
  expect(formatDuration(-7_200_000)).toBe("-2 h");
  expect(formatDuration(86_400_000 * 1_234)).toBe("1,234 d");
  expect(formatRelative(0, 12_000)).toBe("12 s ago");
  expect(formatRelative(180_000, 0)).toBe("in 3 min");
  expect(formatRelative(500, 0)).toBe("now");
  expect(formatUtc("2026-01-31T12:00:09.000Z")).toBe("2026-01-31 12:00:09 UTC");
  expect(formatUtcShort("2026-01-31T12:00:09.000Z")).toBe("2026-01-31 12:00Z");
});

test("a wallet is shown by its first and last digits", () => {
  expect(shortAddress(`0x1234${"0".repeat(32)}cdef`)).toBe("0x1234…cdef");
});

test("how long something took is told in two units at most", () => {
  const told = [0, 999, 1_000, 59_990, 60_000, 200_400, 3_600_000, 7_500_000].map(formatElapsed);
  expect(told).toEqual([
    "0 ms",
    "999 ms",
    "1.0 s",
    "59.9 s",
    "1 min",
    "3 min 20 s",
    "1 h",
    "2 h 5 min",
  ]);
});
