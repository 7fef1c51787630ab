import { expect, test } from "vitest";
import { readFunctions } from "../registration/registration.ts";
import type { EngineEvent, FunctionDefinition } from "../types.ts";
import { newRun, type RunOrigin } from "./new-run.ts";

const NOW = Date.parse("2100-01-01T00:00:00Z");
const HOUR = 3_600_000;
const origin: RunOrigin = { now: NOW, eventIds: ["e1"], key: null };

function define(options: object, id = "app-main"): FunctionDefinition {
  const config = { id, triggers: [{ event: "start" }], steps: { step: {} }, ...options };
  const definition = readFunctions("http://app.local", [config]).get(id);
  if (!definition) throw new Error(`${id} is not registered`);
  return definition;
}

function event(data: Record<string, unknown>, more: Partial<EngineEvent> = {}): EngineEvent {
  return { name: "start", data, user: {}, id: "x", ts: NOW, ...more };
}

const key = "event.data.k";
/** The run that an event with this data starts of a function with these options. */
function run(options: object, data: Record<string, unknown> = { k: "v" }, more = {}) {
  return newRun(define(options), [event(data)], { ...origin, ...more });
}

test("a run has its events as the function receives them, and waits for a time that lies ahead", () => {
  const events = [event({ n: 1 }, { ts: NOW + 4000.5 }), event({ n: 2 })];
  const made = newRun(define({}), events, { ...origin, key: "sent" });
  expect(made).toEqual({
    id: expect.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
    functionId: "app-main",
    eventIds: ["e1"],
    eventName: "start",
    events: JSON.stringify(events),
    key: "sent",
    dueAt: NOW + 4001,
    priorityMs: 0,
    slots: [],
    rate: null,
    throttleKey: null,
    gather: null,
    singleton: null,
    startTimeoutMs: null,
    finishTimeoutMs: null,
    cancelOn: [],
    parent: null,
    originalRunId: null,
  });
  expect(newRun(define({}), [event({}, { ts: NOW - 1 })], origin).dueAt).toBe(NOW);
});

test("each concurrency rule gives a slot of its own, shared where its scope is not the function", () => {
  const concurrency = [
    { limit: 1, key },
    { limit: 2, scope: "env", key: "'openai'" },
  ];
  expect(run({ concurrency }).slots).toEqual(['fn app-main 0 "v"', `env 'openai' "openai"`]);
  expect(run({ concurrency: 3 }).slots).toEqual(["fn app-main 0 null"]);
  expect(run({ concurrency }, {}).slots[0]).toBe("fn app-main 0 null");
});

test("a long value is replaced by its hash, so that keys stay short and differ", () => {
  const slot = (k: string) => run({ concurrency: { limit: 1, key } }, { k }).slots[0];
  expect(slot("a".repeat(198))).toHaveLength("fn app-main 0 ".length + 200);
  expect(slot("a".repeat(199))).toMatch(/^fn app-main 0 [0-9a-f]{40}$/);
  expect(slot("a".repeat(199))).not.toBe(slot("b".repeat(199)));
});

test("a text and a number that look alike are different keys", () => {
  expect(run({ singleton: { mode: "skip", key } }, { k: "1" }).singleton?.key).not.toBe(
    run({ singleton: { mode: "skip", key } }, { k: 1 }).singleton?.key,
  );
});

test("keys of different functions never meet, but for limits they share", () => {
  const options = {
    concurrency: { limit: 1, key },
    throttle: { limit: 1, period: "1m", key },
    rateLimit: { limit: 1, period: "1m", key },
    singleton: { mode: "skip", key },
  };
  const [one, two] = ["app-one", "app-two"].map((id) =>
    newRun(define(options, id), [event({ k: "v" })], origin),
  );
  expect(one?.slots[0]).not.toBe(two?.slots[0]);
  expect(one?.throttleKey).not.toBe(two?.throttleKey);
  expect(one?.rate?.key).not.toBe(two?.rate?.key);
  expect(one?.singleton?.key).not.toBe(two?.singleton?.key);
});

test("rateLimit, idempotency, throttle, debounce and singleton carry the value of their key", () => {
  expect(run({ rateLimit: { limit: 2, period: "1m", key } }).rate).toEqual({
    key: 'rate app-main "v"',
    intervalMs: 30_000,
    burst: 0,
  });
  expect(run({ idempotency: key }).rate).toEqual({
    key: 'rate app-main "v"',
    intervalMs: 24 * HOUR,
    burst: 0,
  });
  expect(run({ throttle: { limit: 1, period: "1m", key } }).throttleKey).toBe(
    'throttle app-main "v"',
  );
  expect(run({ debounce: { period: "3s", timeout: "9s", key } }).gather).toEqual({
    kind: "debounce",
    key: '"v"',
    periodMs: 3000,
    timeoutMs: 9000,
  });
  expect(run({ singleton: { mode: "cancel", key } }).singleton).toEqual({
    key: 'app-main "v"',
    mode: "cancel",
  });
});

test("an event without the field of the key is not dropped, and waits in line where it can", () => {
  const options = {
    idempotency: key,
    throttle: { limit: 1, period: "1m", key },
    debounce: { period: "3s", key },
    singleton: { mode: "skip", key },
  };
  expect(run(options, {})).toMatchObject({
    rate: null,
    gather: null,
    singleton: null,
    throttleKey: "throttle app-main null",
  });
  expect(run({ batchEvents: { maxSize: 2, timeout: "5s", key } }, {}).gather).toMatchObject({
    key: "null",
  });
});

test("a batch takes the events that meet its condition; others run at once, on their own", () => {
  const batchEvents = { maxSize: 3, timeout: "5s", if: "event.data.free == true" };
  expect(run({ batchEvents }, { free: true }).gather).toEqual({
    kind: "batch",
    key: "null",
    maxSize: 3,
    timeoutMs: 5000,
  });
  expect(run({ batchEvents }, { free: "yes" }).gather).toBeNull();
  expect(run({ batchEvents }, {}).gather).toBeNull();
});

test("the concurrency key of a function counts for nothing in a batch", () => {
  const options = { batchEvents: { maxSize: 3, timeout: "5s" }, concurrency: { limit: 1, key } };
  expect(run(options).slots).toEqual(["fn app-main 0 null"]);
});

test("the sender's event id means nothing to a run that is gathered", () => {
  expect(run({ debounce: { period: "3s" } }, {}, { key: "sent" }).key).toBeNull();
  expect(run({}, {}, { key: "sent" }).key).toBe("sent");
});

test.each([
  ["event.data.urgent ? 120 : 0", { urgent: true }, 120_000],
  ["event.data.urgent ? 120 : 0", {}, 0],
  ["event.data.n", { n: 0.5 }, 500],
  ["event.data.n", { n: 1e9 }, 600_000],
  ["event.data.n", { n: -1e9 }, -600_000],
  ["event.data.n", { n: "100" }, 0],
  ["100", {}, 100_000],
])("priority %s of %j is %i ms", (text, data, priorityMs) => {
  expect(run({ priority: { run: text } }, data).priorityMs).toBe(priorityMs);
});

test("a run can be cancelled by later events, for a year or as long as is said", () => {
  const cancel = [
    { event: "stop", if: "event.data.k == async.data.k" },
    { event: "halt", timeout: "1h" },
    { event: "end", timeout: "2100-01-02T00:00:00.000Z" },
  ];
  expect(run({ cancel }).cancelOn).toEqual([
    {
      eventName: "stop",
      expression: "event.data.k == async.data.k",
      match: { path: "data.k", value: '"v"' },
      expiresAt: NOW + 365 * 24 * HOUR,
    },
    { eventName: "halt", expression: null, match: null, expiresAt: NOW + HOUR },
    { eventName: "end", expression: null, match: null, expiresAt: NOW + 24 * HOUR },
  ]);
});

const limits = {
  rateLimit: { limit: 1, period: "1m" },
  debounce: { period: "3s" },
  throttle: { limit: 1, period: "1m" },
  singleton: { mode: "skip" },
  concurrency: 1,
};

test("an invoked run is not gathered, but keeps to all limits", () => {
  const parent = { runId: "R", stepId: "S" };
  expect(run(limits, {}, { parent })).toMatchObject({
    parent,
    gather: null,
    rate: { key: "rate app-main null" },
    throttleKey: "throttle app-main null",
    singleton: { mode: "skip" },
    slots: ["fn app-main 0 null"],
  });
});

test("a rerun starts now: neither its key nor a rate limit nor gathering holds it back", () => {
  const later = event({}, { ts: NOW + HOUR });
  const made = newRun(define(limits), [later], { ...origin, key: "sent", originalRunId: "R" });
  expect(made).toMatchObject({
    originalRunId: "R",
    dueAt: NOW,
    key: null,
    rate: null,
    gather: null,
    throttleKey: "throttle app-main null",
    slots: ["fn app-main 0 null"],
  });
});

test("a cron tick is not gathered and keeps its key", () => {
  const tick = event({}, { name: "inngest/scheduled.timer" });
  const made = newRun(define(limits), [tick], { ...origin, key: "2100-01-01T00:00:00Z" });
  expect(made).toMatchObject({ gather: null, key: "2100-01-01T00:00:00Z" });
});
