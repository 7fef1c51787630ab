import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalDecimal } from "./decimal.ts";

test("the same number is always the same text", () => {
  for (const [sent, canonical] of [
    ["0.029000000000000000", "0.029"],
    ["3421749.647", "3421749.647"],
    ["1465856464.247000000000000000", "1465856464.247"],
    ["798776000000000000.000000000000000000", "798776000000000000"],
    ["1e-7", "0.0000001"],
    ["2.50E-3", "0.0025"],
    ["1e+21", "1000000000000000000000"],
    ["1.5e1", "15"],
    ["007", "7"],
    [".5", "0.5"],
    ["5.", "5"],
    ["-0", "0"],
    ["-0.10", "-0.1"],
    ["+1", "1"],
    ["0e999", "0"],
  ]) {
    expect(canonicalDecimal(sent ?? ""), sent).toBe(canonical);
  }
});

test("what is no decimal, or does not fit the store, is refused", () => {
  const refused = [
    "",
    " ",
    ".",
    "-",
    "NaN",
    "Infinity",
    "1,5",
    "0x10",
    "1e",
    "1 2",
    "1.2.3",
    "1e400",
    "1e29",
    "1e-37",
    "12_000",
  ];
  for (const sent of refused) expect(canonicalDecimal(sent), sent).toBeNull();
  expect(canonicalDecimal("9".repeat(29))).toBe("9".repeat(29));
  expect(canonicalDecimal(`0.${"1".repeat(36)}`)).toBe(`0.${"1".repeat(36)}`);
});

test("every digit survives, however the number is written", () => {
  const number = fc.record({
    negative: fc.boolean(),
    units: fc.bigInt({ min: 1n, max: 10n ** 25n - 1n }),
    places: fc.nat(25),
    exponent: fc.integer({ min: -8, max: 8 }),
    zeros: fc.nat(3),
  });
  fc.assert(
    fc.property(number, ({ negative, units, places, exponent, zeros }) => {
      const sign = negative ? "-" : "";
      const digits = units.toString().padStart(places + 1, "0");
      const whole = digits.slice(0, digits.length - places);
      const fraction = digits.slice(digits.length - places) + "0".repeat(zeros);
      const sent = `${sign}${"0".repeat(zeros)}${whole}.${fraction}e${exponent}`;
      const canonical = canonicalDecimal(sent);
      const shift = places - exponent;
      if (canonical === null) {
        expect(units * 10n ** BigInt(Math.max(-shift, 0)) >= 10n ** 29n).toBe(true);
        return;
      }
      expect(canonical).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
      const [kept = "", keptFraction = ""] = canonical.replace("-", "").split(".");
      const keptUnits = BigInt(kept + keptFraction);
      const scale = keptFraction.length - shift;
      expect(canonical.startsWith("-")).toBe(negative);
      expect(keptUnits * 10n ** BigInt(Math.max(-scale, 0))).toBe(
        units * 10n ** BigInt(Math.max(scale, 0)),
      );
      expect(canonicalDecimal(canonical)).toBe(canonical);
    }),
    { numRuns: 2_000 },
  );
});

test("a double comes out as the number that JavaScript shows", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-15, max: 1e20, noNaN: true }), (value) => {
      expect(Number(canonicalDecimal(String(value)))).toBe(value);
    }),
  );
});
