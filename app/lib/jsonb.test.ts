import fc from "fast-check";
import { expect, test } from "vitest";
import { toJsonb } from "./jsonb.ts";

test("what Postgres refuses in text becomes U+FFFD, everything else stays as it is", () => {
  expect(JSON.parse(toJsonb({ a: "x\0y", b: ["\ud800", "😀"], c: "\\u0000" }))).toEqual({
    a: "x\uFFFDy",
    b: ["\uFFFD", "😀"],
    c: "\\u0000",
  });
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const expected = text.replaceAll("\0", "\uFFFD").toWellFormed();
      expect(JSON.parse(toJsonb([text]))).toEqual([expected]);
    }),
  );
});
