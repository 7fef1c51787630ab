import fc from "fast-check";
import { expect, test } from "vitest";
import { fixed, plain } from "./decimal.ts";

test("a decimal keeps every digit at every scale", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat(36), (value, scale) => {
      const digits = fixed(value, scale).replace(".", "");
      expect(BigInt(digits)).toBe(value);
      expect(fixed(value, scale).split(".")[1]?.length ?? 0).toBe(scale);
    }),
  );
});

test("canonical decimals have no trailing zero and no exponent, and mean the same", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat(36), (value, scale) => {
      const text = plain(value, scale);
      expect(text).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
      const [whole = "", decimals = ""] = text.split(".");
      expect(BigInt(whole + decimals.padEnd(scale, "0"))).toBe(value);
    }),
  );
});
