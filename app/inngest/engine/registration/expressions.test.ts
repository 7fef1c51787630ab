import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInputError } from "../http/invalid-input.ts";
import type { EngineEvent } from "../types.ts";
import { compileExpression, matchOf, matchValue } from "./expressions.ts";

function event(data: Record<string, unknown>, name = "start"): EngineEvent {
  return { name, data, user: {}, id: "1", ts: 1_700_000_000_000 };
}

const data = {
  total: 150,
  half: 100.5,
  kind: "abc",
  flag: true,
  none: null,
  list: [1, 2, "a"],
  map: { a: 1 },
  day: "2024-01-01T00:00:00Z",
};

test.each([
  ["event.data.total > 100 && event.data.kind in ['abc', 'b']"],
  ["event.data.half > 100"],
  ["event.data.total == 150"],
  ["event.data.total == 150.0"],
  ["event.data.total in [150, 'x']"],
  ["event.data.kind.startsWith('ab') && event.data.kind.matches('^a.c$')"],
  ["event.data.missing.startsWith('b') || event.data.flag == true"],
  ["event.data.flag == true || event.data.missing.startsWith('b')"],
  ["!(event.data.missing == 1 && event.data.flag == false)"],
  ["has(event.data.map.a) && !has(event.data.missing)"],
  ["event.data.none == null"],
  ["event.data.list.exists(item, item == 'a')"],
  ["size(event.data.list) == 3"],
  ["timestamp(event.data.day) < timestamp('2025-01-01T00:00:00Z')"],
  ["event.ts > 5"],
])("%s matches", (text) => {
  expect(compileExpression(text).test({ event: event(data) })).toBe(true);
});

test.each([
  ["a missing field", "event.data.missing == 'x'"],
  ["a missing field that is to differ", "event.data.missing != 'x'"],
  ["a field of a missing one", "event.data.missing.deep > 1"],
  ["a number given as text", "event.data.day > 100"],
  ["a text that looks like the number", "event.data.total == '150'"],
  ["a value that is not a boolean", "event.data.total"],
  ["a list that is too short", "event.data.list[9] == 1"],
  ["a field of the prototype", "event.data.toString == event.data.toString"],
  ["the later event where there is none", "async.data.total == event.data.total"],
  ["a pattern that is none", "event.data.kind.matches('(')"],
])("%s does not match and does not throw: %s", (_, text) => {
  expect(compileExpression(text).test({ event: event(data) })).toBe(false);
});

test.each<[string, unknown]>([
  ["event.data.total", 150],
  ["event.data.kind + '-' + event.name", "abc-start"],
  ["event.data.flag ? 300 : 0", 300],
  ["event.data.missing ? 300 : 0", undefined],
  ["event.data.missing", undefined],
  ["event.data.list", [1, 2, "a"]],
  ["{'a': 1, 'b': [event.data.total, 2u]}", { a: 1, b: [150, 2] }],
  ["timestamp(event.data.day)", "2024-01-01T00:00:00.000Z"],
  ["duration('1h')", "3600s"],
  ["'constant'", "constant"],
])("the value of %s is %j", (text, value) => {
  expect(compileExpression(text).value({ event: event(data) })).toEqual(value);
});

test.each([
  ["event.data ==", "Unexpected token"],
  ["", "Unexpected token"],
  ["evnt.data.a == 1", "Unknown variable: evnt"],
  ["event.data.a.unknown()", "unknown()"],
  ["1 + 'a'", "no such overload"],
])("the expression %j is refused with its name and the reason", (text, reason) => {
  expect(() => compileExpression(text)).toThrow(InvalidInputError);
  expect(() => compileExpression(text)).toThrow(`expression "${text}" cannot be read: `);
  expect(() => compileExpression(text)).toThrow(reason);
});

test("a field may have any name, those that objects inherit included", () => {
  const own = event({ constructor: "c", deep: [{ constructor: { toString: 1 } }], other: 2 });
  const matches = (text: string) => compileExpression(text).test({ event: own, async: own });
  expect(matches("event.data.constructor == async.data['constructor']")).toBe(true);
  expect(matches("event.data.deep[0].constructor.toString == 1")).toBe(true);
  expect(matches("has(event.data.constructor) && event.data.other == 2")).toBe(true);
  expect(compileExpression("event.data").value({ event: own })).toEqual(own.data);
});

test("more expressions than the cache holds still compile to the same", () => {
  const first = compileExpression("event.data.n == 0");
  for (let n = 0; n < 1500; n++) compileExpression(`event.data.n == ${n}`);
  expect(first.test({ event: event({ n: 0 }) })).toBe(true);
  expect(compileExpression("event.data.n == 0").test({ event: event({ n: 0 }) })).toBe(true);
});

test.each<[string, { path: string; value: string } | null]>([
  ["event.data.kind == async.data.kind", { path: "data.kind", value: '"abc"' }],
  ["async.data.other == event.data.total", { path: "data.other", value: "150" }],
  ["async.data['other'] == event.data.flag", { path: "data.other", value: "true" }],
  [
    "async.data.amount > 10 && (event.data.kind == async.data.a && true)",
    { path: "data.a", value: '"abc"' },
  ],
  ["event.data.map.a == async.data.a && async.name == 'x'", { path: "data.a", value: "1" }],
  ["event.data.kind == async.data.kind || async.data.all == true", null],
  ["!(event.data.kind == async.data.kind)", null],
  ["event.data.half == async.data.half", null],
  ["event.data.none == async.data.none", null],
  ["event.data.missing == async.data.kind", null],
  ["event.data.kind == async.data['a.b']", null],
  ["event.data.kind == async.data.list[0]", null],
  ["async.data.kind == 'abc'", null],
  ["event.data.kind == event.data.kind", null],
])("what can be looked up of %s is %j", (text, match) => {
  expect(matchOf(text, event(data))).toEqual(match);
});

test("a value that is too long or cannot be stored is not looked up", () => {
  const text = "event.data.a == async.data.a";
  expect(matchOf(text, event({ a: "x".repeat(201) }))).toBeNull();
  expect(matchOf(text, event({ a: "\0" }))).toBeNull();
  expect(matchOf(text, event({ a: "\ud800" }))).toBeNull();
});

const field = fc.constantFrom("a", "b", "c");
const leaf = fc.oneof(
  fc.constantFrom("x", "1", "", "\0"),
  fc.constantFrom(0, 1, -0, 1.5, 2 ** 53, 2 ** 53 + 2),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom([1], { a: 1 }),
);
const someData = fc.dictionary(field, leaf);
const condition = fc.oneof(
  fc.tuple(field, field).map(([a, b]) => `event.data.${a} == async.data.${b}`),
  fc.tuple(field, field).map(([a, b]) => `async.data.${a} == event.data["${b}"]`),
  field.map((a) => `async.data.${a} == 1`),
  field.map((a) => `event.data.${a} != async.data.${a}`),
);
const text = fc
  .array(fc.tuple(condition, fc.constantFrom(" && ", " || ")), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.map(([part, join], i) => (i === 0 ? part : join + part)).join(""));

test("looking a pause up before its expression decides misses no event", () => {
  fc.assert(
    fc.property(text, someData, someData, (expression, own, later) => {
      const scope = { event: event(own), async: event(later, "later") };
      const match = matchOf(expression, scope.event);
      const found =
        match === null || matchValue(scope.async, match.path.split(".")) === match.value;
      if (compileExpression(expression).test(scope)) expect(found).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
