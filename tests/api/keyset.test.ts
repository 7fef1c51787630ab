import fc from "fast-check";
import { expect, test } from "vitest";
import { decimalCursor, decodeCursor, encodeCursor, pageOf, timeCursor } from "~/lib/keyset.ts";

function refusalOf(work: () => unknown): number {
  try {
    work();
  } catch (error) {
    if (error instanceof Response) return error.status;
    throw error;
  }
  return 200;
}

test("a cursor comes back as the place it was made for", () => {
  const time = fc
    .date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
    .map((date) => date.toISOString());
  const id = fc.bigInt({ min: 1n, max: 9_223_372_036_854_775_807n }).map(String);
  fc.assert(
    fc.property(time, id, (at, row) => {
      expect(decodeCursor(encodeCursor([at, row]), timeCursor)).toEqual([at, row]);
    }),
  );
});

test("any text that no list gave out is refused with 400", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(refusalOf(() => decodeCursor(text, timeCursor))).toBe(400);
    }),
  );
});

test("a cursor of well-formed JSON with other values is refused with 400", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const cursor = Buffer.from(text).toString("base64url");
      expect(refusalOf(() => decodeCursor(cursor, timeCursor))).toBe(400);
    }),
  );
});

test.each([
  ["a year Postgres does not know", ["0000-01-01T00:00:00.000Z", "1"]],
  ["an id beyond bigint", ["2026-01-01T00:00:00.000Z", "9223372036854775808"]],
  ["an id with a sign", ["2026-01-01T00:00:00.000Z", "-1"]],
  ["a NUL byte", ["2026-01-01T00:00:00.000Z", "1\u0000"]],
])("a time cursor with %s is refused", (_, place) => {
  expect(refusalOf(() => decodeCursor(encodeCursor(place), timeCursor))).toBe(400);
});

test("a cursor of another kind of list is refused", () => {
  const cursor = encodeCursor(["12.5", "3"]);
  expect(decodeCursor(cursor, decimalCursor)).toEqual(["12.5", "3"]);
  expect(refusalOf(() => decodeCursor(cursor, timeCursor))).toBe(400);
});

test("only a list with more rows has a next page", () => {
  const place = (row: number) => [String(row)];
  expect(pageOf([1, 2, 3], 2, place)).toEqual({ data: [1, 2], nextCursor: encodeCursor(["2"]) });
  expect(pageOf([1, 2], 2, place).nextCursor).toBeNull();
  expect(pageOf([], 2, place)).toEqual({ data: [], nextCursor: null });
});
