import { expect, test } from "vitest";
import { decide } from "./decide.ts";
import { answer, circumstances, claimedJob, NOW, op, ops, parsed, stepId } from "./test-job.ts";

const DAY = 86_400_000;

test("steps found together are planned, and the next calls may only plan", () => {
  const change = decide(
    claimedJob(),
    ops(op("StepPlanned", "a"), op("StepPlanned", "b")),
    circumstances,
  );
  expect(change.planned).toMatchObject([
    { stepId: stepId("a"), name: "a", kind: "call", race: false, details: null },
    { stepId: stepId("b"), name: "b", kind: "call", race: false },
  ]);
  expect(change).toMatchObject({ planOnly: true, advance: false, done: [] });
});

test("a single planned step leaves plan-only calls on only while others are open", () => {
  expect(decide(claimedJob(), ops(op("StepPlanned", "a")), circumstances).planOnly).toBe(false);
  expect(
    decide(claimedJob({ pending: 1 }), ops(op("StepPlanned", "a")), circumstances).planOnly,
  ).toBeNull();
  expect(decide(claimedJob(), ops(op("StepRun", "a")), circumstances).planOnly).toBeNull();
});

test("raced steps are planned as such, and all are with version 1 of the requests", () => {
  const raced = op("StepPlanned", "a", { opts: { parallelMode: "race" } });
  const body = [raced, op("Sleep", "b", { name: "1h" })];
  expect(decide(claimedJob(), ops(...body), circumstances).planned.map(({ race }) => race)).toEqual(
    [true, false],
  );
  const first = answer(206, body, { version: 1 });
  expect(decide(claimedJob(), first, circumstances).planned.map(({ race }) => race)).toEqual([
    true,
    true,
  ]);
});

test.each([
  ["1h30m", NOW + 5_400_000],
  ["366d", NOW + 366 * DAY],
  ["2099-01-01T00:00:00.000Z", Date.parse("2099-01-01T00:00:00Z")],
  ["", NOW],
])("a sleep of %o ends at its time", (name, until) => {
  expect(
    decide(claimedJob(), ops(op("Sleep", "nap", { name, displayName: "nap" })), circumstances)
      .planned,
  ).toEqual([
    {
      stepId: stepId("nap"),
      op: "Sleep",
      name: "nap",
      details: JSON.stringify({ until: new Date(until).toISOString() }),
      race: false,
      kind: "sleep",
      until,
    },
  ]);
});

test.each([
  ["Sleep", { name: "soon" }, 'Step "x" waits for "soon", which is neither'],
  ["Sleep", { name: "367d" }, "at most 366 days"],
  ["WaitForEvent", { name: "paid", opts: { timeout: "400d" } }, "at most 366 days"],
  ["WaitForEvent", { name: "paid", opts: {} }, 'waits for "undefined"'],
  [
    "InvokeFunction",
    { opts: { function_id: "app-child", payload: {}, timeout: "2 moons" } },
    "2 moons",
  ],
])("%s with a time that makes no sense fails the run and says so", (kind, more, message) => {
  const change = decide(
    claimedJob(),
    ops(op(kind, "x", { ...more, displayName: "x" })),
    circumstances,
  );
  expect(change.end?.status).toBe("failed");
  expect(parsed(change.end?.error).message).toContain(message);
  expect(change.planned).toEqual([]);
});

test("a wait pauses the run until the event that meets its expression, or its timeout", () => {
  const condition = "event.data.order == async.data.order && async.data.total > 5";
  const wait = op("WaitForEvent", "w", {
    name: "paid",
    displayName: "w",
    opts: { timeout: "2d", if: condition },
  });
  const until = NOW + 2 * DAY;
  expect(decide(claimedJob(), ops(wait), circumstances).planned).toEqual([
    {
      stepId: stepId("w"),
      op: "WaitForEvent",
      name: "w",
      details: JSON.stringify({
        event: "paid",
        if: condition,
        until: new Date(until).toISOString(),
      }),
      race: false,
      kind: "wait",
      until,
      pause: {
        eventName: "paid",
        expression: condition,
        match: { path: "data.order", value: "7" },
        expiresAt: until,
      },
    },
  ]);
  const any = op("WaitForEvent", "any", { name: "paid", opts: { timeout: "1h" } });
  expect(decide(claimedJob(), ops(any), circumstances).planned).toMatchObject([
    { pause: { eventName: "paid", expression: null, match: null } },
  ]);
});

test("a wait with an expression that cannot be read fails the run and names the step", () => {
  const wait = op("WaitForEvent", "w", {
    name: "paid",
    displayName: "w",
    opts: { timeout: "2d", if: "async.data. ==" },
  });
  const { end } = decide(claimedJob(), ops(wait), circumstances);
  expect(end?.status).toBe("failed");
  expect(parsed(end?.error).name).toBe("InvalidExpressionError");
  expect(parsed(end?.error).message).toContain('Step "w" cannot wait');
});

test("an invoked function gets a run of its own that knows the step", () => {
  const invoke = op("InvokeFunction", "i", {
    opts: { function_id: "app-child", payload: { data: { x: 1 }, v: "2" }, timeout: "1m" },
  });
  const [planned] = decide(claimedJob(), ops(invoke), circumstances).planned;
  if (planned?.kind !== "invoke") throw new Error("not an invocation");
  expect(planned).toMatchObject({ until: NOW + 60_000, race: false });
  expect(parsed(planned.timeoutMemo)).toEqual({
    error: {
      name: "InngestInvokeTimeoutError",
      message: "Timed out waiting for invoked function to complete",
    },
  });
  expect(planned.run).toMatchObject({
    functionId: "app-child",
    parent: { runId: "01RUN", stepId: stepId("i") },
    eventIds: [],
    key: null,
    dueAt: NOW,
  });
  expect(parsed(planned.run.events)).toMatchObject([
    {
      name: "inngest/function.invoked",
      data: { x: 1, _inngest: { fn_id: "app-child", correlation_id: `01RUN.${stepId("i")}` } },
      ts: NOW,
      v: "2",
    },
  ]);
  expect(parsed(planned.details)).toEqual({
    functionId: "app-child",
    runId: planned.run.id,
    until: new Date(NOW + 60_000).toISOString(),
  });
  const patient = op("InvokeFunction", "i", { opts: { function_id: "app-child", payload: {} } });
  expect(decide(claimedJob(), ops(patient), circumstances).planned).toMatchObject([
    { until: null },
  ]);
});

test("invoking a function that nobody registered fails the step at once, not the run", () => {
  const invoke = op("InvokeFunction", "i", { opts: { function_id: "app-nobody", payload: {} } });
  const change = decide(claimedJob(), ops(invoke), circumstances);
  expect(change).toMatchObject({ planned: [], advance: true, end: null });
  expect(change.done.map(({ memo }) => parsed(memo))).toEqual([
    { error: { name: "Error", message: "could not find function with ID: app-nobody" } },
  ]);
});

test.each([
  ["WaitForSignal", "step.waitForSignal"],
  ["Gateway", "step.fetch"],
  ["AIGateway", "step.ai.infer"],
  ["DeferAdd", "defer"],
  ["Hologram", "Hologram"],
])("%s is refused by the name of its tool", (kind, tool) => {
  const { end } = decide(claimedJob(), ops(op(kind, "thing")), circumstances);
  expect(end?.status).toBe("failed");
  expect(parsed(end?.error)).toMatchObject({ name: "UnsupportedStepError" });
  expect(parsed(end?.error).message).toContain(`Step "thing" uses ${tool},`);
});
