import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJsonLosslessly } from "./lossless-json.ts";

test("numbers that a double would round come as the digits that were sent", () => {
  const text =
    '{"fee":250000000000000001,"low":-9007199254740993,"price":0.250000000000000001,"huge":1e400,"ids":[102600766589566635315145229311782121482426790359481465389189744708986468086941],"n":9007199254740991,"half":0.5,"small":1e-7,"round":20000000000000000000}';
  expect(parseJsonLosslessly(text)).toEqual({
    fee: "250000000000000001",
    low: "-9007199254740993",
    price: "0.250000000000000001",
    huge: "1e400",
    ids: ["102600766589566635315145229311782121482426790359481465389189744708986468086941"],
    n: 9007199254740991,
    half: 0.5,
    small: 1e-7,
    round: 20000000000000000000,
  });
});

test("digits inside strings and keys stay as they are", () => {
  const value = { 'a "12345678901234567891" \\': ': 12345678901234567891, "x": 1e999', n: 1 };
  const text = JSON.stringify(value);
  expect(parseJsonLosslessly(text)).toEqual(value);
  expect(parseJsonLosslessly(`[${text},12345678901234567891]`)).toEqual([
    value,
    "12345678901234567891",
  ]);
});

test("whatever loses nothing in JSON.parse comes out the same", () => {
  fc.assert(
    fc.property(fc.json({ depthSize: "medium" }), (json) => {
      expect(parseJsonLosslessly(json)).toEqual(JSON.parse(json));
    }),
  );
});

test("truncated text is a SyntaxError, quickly", () => {
  const text = `{"a":12345678901234567891,"b":"${"\\\\x".repeat(200_000)}`;
  const start = performance.now();
  expect(() => parseJsonLosslessly(text)).toThrow(SyntaxError);
  const closed = JSON.stringify({ a: "\\x".repeat(500_000) }).replace(
    "{",
    '{"n":12345678901234567891,',
  );
  expect(parseJsonLosslessly(closed)).toMatchObject({ n: "12345678901234567891" });
  expect(performance.now() - start).toBeLessThan(2_000);
});
