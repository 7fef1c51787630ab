import fc from "fast-check";
import { expect, test } from "vitest";
import { decide, type KnownCondition, RECENT_MS, type Standing } from "./incident.ts";

const MINUTE = 60_000;
const BEGIN = Date.parse("2026-03-01T00:00:00Z");

const standing = (key: string, scope = "opinion"): Standing => ({
  key,
  scope,
  severity: "error",
  title: key,
  text: key,
  link: null,
});

/** What a database would keep of one scope, by the decisions alone. */
function simulation() {
  let conditions: KnownCondition[] = [];
  let open = false;
  const begun: number[] = [];
  const notices: { at: number; kind: "failure" | "recovery" }[] = [];
  return {
    notices,
    isOpen: () => open,
    happens(key: string, at: number) {
      const now = new Date(at);
      if (!open) {
        open = true;
        conditions = [];
        begun.push(at);
        notices.push({ at, kind: "failure" });
      }
      const others = conditions.filter((condition) => condition.key !== key);
      conditions = [...others, { key, raisedAt: now, clearedAt: now, momentary: true }];
    },
    look(keys: string[], at: number) {
      const now = new Date(at);
      const recent = begun.filter((time) => at - time < RECENT_MS).length;
      const decision = decide(
        { open, conditions, recent },
        keys.map((key) => standing(key)),
        now,
      );
      if (decision.opens) {
        expect(open).toBe(false);
        open = true;
        conditions = [];
        begun.push(at);
        notices.push({ at, kind: "failure" });
      }
      for (const { key } of decision.joins) {
        conditions = conditions.filter((condition) => condition.key !== key);
        conditions.push({ key, raisedAt: now, clearedAt: null, momentary: false });
      }
      const returns = new Set(decision.returns.map(({ key }) => key));
      const clears = new Set(decision.clears);
      conditions = conditions.map((condition) => ({
        ...condition,
        clearedAt: returns.has(condition.key)
          ? null
          : clears.has(condition.key)
            ? now
            : condition.clearedAt,
      }));
      if (decision.ends) {
        expect(open).toBe(true);
        expect(keys).toEqual([]);
        open = false;
        if (decision.ends === "recovered") notices.push({ at, kind: "recovery" });
      }
      return decision;
    },
  };
}

const minutes = fc.array(
  fc.record({
    keys: fc.subarray(["job-failing:markets", "data-old:whales", "host-paused:opinion"]),
    happens: fc.option(fc.constantFrom("dead-letters:a", "dead-letters:b"), { nil: null }),
    jitterMs: fc.integer({ min: -5_000, max: 5_000 }),
  }),
  { minLength: 1, maxLength: 200 },
);

test("an incident is told once, and its end once at most, whatever comes and goes", () => {
  fc.assert(
    fc.property(minutes, (looks) => {
      const scope = simulation();
      for (const [n, { keys, happens, jitterMs }] of looks.entries()) {
        const at = BEGIN + n * MINUTE + jitterMs;
        if (happens) scope.happens(happens, at - 1);
        scope.look(keys, at);
      }
      const kinds = scope.notices.map(({ kind }) => kind);
      expect(kinds[0] ?? "failure").toBe("failure");
      expect(kinds.join(" ")).not.toContain("recovery recovery");
      for (const [n, kind] of kinds.entries()) {
        if (kind === "recovery") expect(kinds[n - 1]).toBe("failure");
      }
    }),
  );
});

test("a look at the same state changes nothing", () => {
  fc.assert(
    fc.property(minutes, (looks) => {
      const scope = simulation();
      for (const [n, { keys }] of looks.entries()) {
        const at = BEGIN + n * MINUTE;
        scope.look(keys, at);
        const told = scope.notices.length;
        const again = scope.look(keys, at);
        expect([again.opens, again.joins, again.returns, again.clears, again.ends]).toEqual([
          false,
          [],
          [],
          [],
          null,
        ]);
        expect(scope.notices).toHaveLength(told);
      }
    }),
  );
});

test("flapping at any pace is told a few times a day", () => {
  const pace = fc.record({
    up: fc.integer({ min: 1, max: 30 }),
    down: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(pace, { minLength: 1, maxLength: 6 }), (paces) => {
      const scope = simulation();
      let minute = 0;
      for (let n = 0; minute < 48 * 60; n++) {
        const { up, down } = paces[n % paces.length] ?? { up: 1, down: 1 };
        for (let k = 0; k < up; k++) scope.look(["job-failing:markets"], BEGIN + minute++ * MINUTE);
        for (let k = 0; k < down; k++) scope.look([], BEGIN + minute++ * MINUTE);
      }
      for (const { at } of scope.notices) {
        const day = scope.notices.filter(
          (notice) => notice.at >= at && notice.at < at + 24 * 60 * MINUTE,
        );
        expect(day.length).toBeLessThanOrEqual(32);
      }
    }),
    { numRuns: 60 },
  );
});

test("an outage is one incident, over at the second look after the one that found it gone", () => {
  const scope = simulation();
  const at = (minute: number) => BEGIN + minute * MINUTE;
  scope.look([], at(0));
  scope.look(["host-paused:opinion"], at(1));
  scope.look(["host-paused:opinion", "job-failing:whales"], at(2));
  scope.happens("dead-letters:a", at(2.5));
  scope.look(["job-failing:whales"], at(3));
  scope.look([], at(4));
  expect(scope.notices).toEqual([{ at: at(1), kind: "failure" }]);
  scope.look([], at(5));
  expect(scope.isOpen()).toBe(true);
  scope.look([], at(6));
  expect(scope.notices.at(-1)).toEqual({ at: at(6), kind: "recovery" });
});

test("what happened once closes quietly after ten minutes, later when more of it comes", () => {
  const scope = simulation();
  const at = (minute: number) => BEGIN + minute * MINUTE;
  scope.happens("dead-letters:a", at(0));
  scope.look([], at(9));
  scope.happens("dead-letters:b", at(9));
  scope.look([], at(18));
  expect(scope.isOpen()).toBe(true);
  scope.look([], at(19));
  expect(scope.isOpen()).toBe(false);
  expect(scope.notices).toEqual([{ at: at(0), kind: "failure" }]);
});
