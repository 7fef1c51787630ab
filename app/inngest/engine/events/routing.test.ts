import fc from "fast-check";
import { expect, test } from "vitest";
import { compileExpression } from "../registration/expressions.ts";
import { readFunctions } from "../registration/registration.ts";
import { indexTriggers } from "../registration/triggers.ts";
import type { EngineEvent, FunctionDefinition } from "../types.ts";
import { type PauseRow, type RoutableEvent, route } from "./routing.ts";

const NOW = Date.parse("2100-01-01T00:00:00Z");

function define(triggers: Record<string, object[]>, options: object = {}): FunctionDefinition[] {
  const configs = Object.entries(triggers).map(([id, list]) => {
    return { id, triggers: list, steps: { step: {} }, ...options };
  });
  return [...readFunctions("http://app.local", configs).values()];
}

let sent = 0;
function incoming(
  name: string,
  data: Record<string, unknown> = {},
  eventId?: string,
): RoutableEvent {
  const id = `e${sent++}`;
  const event: EngineEvent = { name, data, user: {}, id: eventId ?? id, ts: NOW };
  return { id, key: eventId ?? null, event };
}

function pause(id: string, more: Partial<PauseRow> & { data?: Record<string, unknown> } = {}) {
  const { data = {}, ...rest } = more;
  const own = [{ name: "start", data, user: {}, id: `own ${id}`, ts: NOW }];
  const row: PauseRow = {
    id,
    runId: `run ${id}`,
    stepId: `step ${id}`,
    eventName: "later",
    expression: null,
    events: JSON.stringify(own),
    ...rest,
  };
  return row;
}

const routeTo = (
  events: RoutableEvent[],
  functions: FunctionDefinition[],
  pauses: PauseRow[] = [],
) =>
  route(events, {
    functionsFor: indexTriggers(functions),
    pauses: async () => pauses,
    now: NOW,
  });

const ids = (list: { functionId: string }[]) => list.map(({ functionId }) => functionId);

test("an event starts each function once whose name, wildcard or condition takes it", async () => {
  const functions = define({
    slash: [{ event: "n/*" }],
    dot: [{ event: "n/user.*" }],
    both: [{ event: "n/user.made" }, { event: "n/user.*" }, { event: "n/other" }],
    rich: [{ event: "n/user.made", expression: "event.data.total > 100" }],
    other: [{ event: "m/*" }, { cron: "* * * * *" }],
  });
  const of = async (name: string, data = {}) =>
    ids((await routeTo([incoming(name, data)], functions)).runs);
  expect(await of("n/user.made", { total: 100.5 })).toEqual(["slash", "dot", "both", "rich"]);
  expect(await of("n/user.made", { total: "150" })).toEqual(["slash", "dot", "both"]);
  expect(await of("n/user.made.late")).toEqual(["slash", "dot", "both"]);
  expect(await of("n/a/b")).toEqual(["slash"]);
  expect(await of("n/username")).toEqual(["slash"]);
  expect(await of("n")).toEqual([]);
  expect(await of("user.made")).toEqual([]);
});

test("runs carry the ids of their events; what starts nothing is listed too", async () => {
  const functions = define({ main: [{ event: "start" }] });
  const stored = incoming("start");
  const unheard = incoming("unheard");
  const routed = await routeTo([stored, unheard], functions);
  expect(routed.events).toEqual([
    { id: stored.id, name: "start", event: JSON.stringify(stored.event) },
    { id: unheard.id, name: "unheard", event: JSON.stringify(unheard.event) },
  ]);
  expect(routed.runs.map(({ eventIds }) => eventIds)).toEqual([[stored.id]]);
  expect(routed.runs[0]).toMatchObject({
    eventName: "start",
    events: JSON.stringify([stored.event]),
  });
});

test("of events with the sender's same id only the first starts a run of a function", async () => {
  const functions = define({ one: [{ event: "start" }], two: [{ event: "start" }] });
  const events = [1, 2].map((n) => incoming("start", { n }, "same"));
  const { runs } = await routeTo([...events, incoming("start", { n: 3 })], functions);
  expect(runs.map(({ functionId, events }) => [functionId, JSON.parse(events)[0].data.n])).toEqual([
    ["one", 1],
    ["two", 1],
    ["one", 3],
    ["two", 3],
  ]);
});

test("a debounced function gets every event, though the sender's ids are the same", async () => {
  const functions = define({ main: [{ event: "start" }] }, { debounce: { period: "3s" } });
  const events = [1, 2].map((n) => incoming("start", { n }, "same"));
  expect((await routeTo(events, functions)).runs).toHaveLength(2);
});

test("a waiting step goes on with the first event that meets its condition, and with that alone", async () => {
  const events = [
    incoming("later", { order: 1, amount: 5 }),
    incoming("later", { order: 2, amount: 50 }),
    incoming("later", { order: 1, amount: 20 }),
    incoming("later", { order: 1, amount: 30 }),
  ];
  const expression = "event.data.order == async.data.order && async.data.amount > 10";
  const { resumes, cancels, runs } = await routeTo(
    events,
    [],
    [
      pause("1", { expression, data: { order: 1 } }),
      pause("2", { expression, data: { order: 2 } }),
      pause("3", { expression, data: {} }),
      pause("4"),
      pause("5", { eventName: "never" }),
    ],
  );
  expect(resumes).toEqual([
    { pauseId: "4", runId: "run 4", stepId: "step 4", memo: JSON.stringify(events[0]?.event) },
    { pauseId: "2", runId: "run 2", stepId: "step 2", memo: JSON.stringify(events[1]?.event) },
    { pauseId: "1", runId: "run 1", stepId: "step 1", memo: JSON.stringify(events[2]?.event) },
  ]);
  expect(cancels).toEqual([]);
  expect(runs).toEqual([]);
});

test("two steps of a run that wait for the same event both go on", async () => {
  const pauses = [pause("1", { runId: "r" }), pause("2", { runId: "r" })];
  const { resumes } = await routeTo([incoming("later")], [], pauses);
  expect(resumes.map(({ pauseId }) => pauseId)).toEqual(["1", "2"]);
});

test("a pause that is found twice is ended once", async () => {
  const pauses = [pause("1"), pause("2"), pause("1"), pause("2")];
  const { resumes } = await routeTo([incoming("later"), incoming("later")], [], pauses);
  expect(resumes.map(({ pauseId }) => pauseId)).toEqual(["1", "2"]);
});

test("a cancelled run is cancelled once and not woken, whatever the order of its pauses", async () => {
  const pauses = [
    pause("1", { runId: "r" }),
    pause("2", { runId: "r", stepId: null }),
    pause("3", { runId: "r", stepId: null }),
    pause("4", { runId: "other" }),
  ];
  const { resumes, cancels } = await routeTo([incoming("later"), incoming("later")], [], pauses);
  expect(cancels).toEqual([{ pauseId: "2", runId: "r" }]);
  expect(resumes.map(({ pauseId }) => pauseId)).toEqual(["4"]);
});

test("an event that is sent again neither wakes nor cancels the run it has started", async () => {
  const again = incoming("start", {}, "own 1");
  const pauses = [pause("1", { eventName: "start", stepId: null })];
  expect((await routeTo([again], [], pauses)).cancels).toEqual([]);
  const other = incoming("start", {}, "other");
  expect((await routeTo([other], [], pauses)).cancels).toHaveLength(1);
});

test("pauses are asked for once per request, with all its events", async () => {
  const asked: EngineEvent[][] = [];
  const events = [incoming("a"), incoming("b")];
  const pauses = async (of: EngineEvent[]) => {
    asked.push(of);
    return [];
  };
  await route(events, { functionsFor: () => [], pauses, now: NOW });
  await route([], { functionsFor: () => [], pauses, now: NOW });
  expect(asked).toEqual([events.map(({ event }) => event)]);
});

test("waiting steps are found as if every pause were tried with every event", async () => {
  const value = fc.constantFrom<unknown>("x", "y", 1, 2, true, null);
  const data = fc.dictionary(fc.constantFrom("a", "b"), value);
  const expression = fc.constantFrom(
    null,
    "event.data.a == async.data.a",
    "event.data.a == async.data.b && async.data.a == 1",
    "event.data.b == async.data.a || async.data.b == 'x'",
  );
  const waiting = fc.array(fc.record({ expression, data }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(waiting, fc.array(data, { maxLength: 6 }), async (waits, sentData) => {
      const pauses = waits.map((wait, n) => pause(String(n), wait));
      const events = sentData.map((some) => incoming("later", some));
      const expected: string[] = [];
      const left = new Set(pauses);
      for (const { event } of events) {
        for (const row of left) {
          const own = JSON.parse(row.events)[0] as EngineEvent;
          const scope = { event: own, async: event };
          if (row.expression !== null && !compileExpression(row.expression).test(scope)) continue;
          left.delete(row);
          expected.push(`${row.id} ${event.id}`);
        }
      }
      const { resumes } = await routeTo(events, [], pauses);
      expect(resumes.map(({ pauseId, memo }) => `${pauseId} ${JSON.parse(memo).id}`)).toEqual(
        expected,
      );
    }),
  );
});
