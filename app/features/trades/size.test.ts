import fc from "fast-check";
import { expect, test } from "vitest";
import { shareOfVolume, sizeTierOf } from "./size.ts";

test.each([
  [null, undefined],
  ["-5000", undefined],
  ["0.4", undefined],
  ["999.999999999999999999999999", undefined],
  ["1000", "1k+"],
  ["9999.99", "1k+"],
  ["10000.000000000000000001", "10k+"],
  ["100000", "100k+"],
  ["123456789012345678901234567", "100k+"],
])("an amount of %s is of the tier %s", (amount, name) => {
  expect(sizeTierOf(amount)?.name).toBe(name);
});

test("a trade is in the tier whose bound it reaches and in none it does not", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.nat(999), (whole, part) => {
      const tier = sizeTierOf(`${whole}.${String(part).padStart(3, "0")}`);
      expect(whole >= BigInt(tier?.from ?? 0)).toBe(true);
      const next = { 0: 1_000, 1: 10_000, 2: 100_000, 3: Number.POSITIVE_INFINITY }[
        tier?.level ?? 0
      ];
      expect(Number(whole)).toBeLessThan(next ?? 0);
    }),
  );
});

test.each([
  ["500", "1000", "50 %"],
  ["32", "1000", "3.2 %"],
  ["1", "100000", "<0.1 %"],
  ["3000", "1000", "300 %"],
  ["5", null, null],
  ["5", "0", null],
])("%s of a volume of %s is %s", (amount, volume, share) => {
  expect(shareOfVolume(amount, volume)).toBe(share);
});
