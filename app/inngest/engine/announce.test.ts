import { expect, test } from "vitest";
import { announce, listenedNames } from "./announce.ts";
import { newRun } from "./events/new-run.ts";
import type { RoutableEvent } from "./events/routing.ts";
import { claimedJob, definition, NOW, parsed, stepId } from "./test-job.ts";
import type { ClaimedJob, EndOfRun, Routed } from "./types.ts";

const completed: EndOfRun = { status: "completed", output: '{"n":1}', error: null, parent: null };
const failed: EndOfRun = {
  status: "failed",
  output: null,
  error: '{"name":"RangeError","message":"broken"}',
  parent: null,
};
const cancelled: EndOfRun = { status: "cancelled", output: null, error: null, parent: null };
const parent = { runId: "01PARENT", stepId: stepId("call") };

/** Announces an end to functions that listen to these names. */
async function announced(end: EndOfRun, listening: string[] = [], more: Partial<ClaimedJob> = {}) {
  const incoming: RoutableEvent[] = [];
  const route = async (events: RoutableEvent[]): Promise<Routed> => {
    incoming.push(...events);
    return {
      events: events.map(({ id, event }) => ({
        id,
        name: event.name,
        event: JSON.stringify(event),
      })),
      runs: events
        .filter(({ event }) => listening.includes(event.name))
        .map(({ id, event, key }) =>
          newRun(definition("app-listener"), [event], { now: NOW, eventIds: [id], key }),
        ),
      resumes: [],
      cancels: [],
    };
  };
  const job = claimedJob({ kind: "announce", stepId: "announce", end, ...more });
  return { incoming, change: await announce(job, NOW, route) };
}

test("the end of a run is announced with its function, events and result", async () => {
  const { incoming, change } = await announced(completed);
  const trigger = { name: "start", data: { order: 7 }, user: {}, id: "e1", ts: 1 };
  expect(incoming).toMatchObject([
    {
      key: null,
      event: {
        name: "inngest/function.finished",
        ts: NOW,
        data: {
          function_id: "app-main",
          run_id: "01RUN",
          event: trigger,
          events: [trigger],
          result: { n: 1 },
          _inngest: { status: "Completed" },
        },
      },
    },
  ]);
  expect(incoming[0]?.event.id).toMatch(/^[0-9A-Z]{26}$/);
  expect(incoming[0]?.event.data).not.toHaveProperty("error");
  expect(incoming[0]?.event.data).not.toHaveProperty("correlation_id");
  expect(change).toMatchObject({ events: [], runs: [], resumes: [], end: null });
});

test("a failed run has its error, and starts at most one run per function by the run's own id", async () => {
  const { incoming } = await announced(failed);
  expect(incoming.map(({ key, event }) => [event.name, key])).toEqual([
    ["inngest/function.finished", null],
    ["inngest/function.failed", "01RUN"],
  ]);
  expect(incoming[1]?.event).toMatchObject({
    id: "01RUN",
    data: {
      error: { name: "RangeError", message: "broken" },
      result: { name: "RangeError", message: "broken" },
      _inngest: { status: "Failed" },
    },
  });
});

test("a cancelled run is announced as cancelled, not as failed", async () => {
  const { incoming } = await announced(cancelled);
  expect(incoming.map(({ event }) => event.name)).toEqual([
    "inngest/function.finished",
    "inngest/function.cancelled",
  ]);
  expect(incoming[1]?.event.data).not.toHaveProperty("result");
});

test("only those events are listed that start a run", async () => {
  const { change } = await announced(failed, ["inngest/function.failed"]);
  expect(change.runs).toMatchObject([{ functionId: "app-listener", key: "01RUN" }]);
  expect(change.events.map(({ name }) => name)).toEqual(["inngest/function.failed"]);
});

test.each([
  ["output", completed, { data: { n: 1 } }],
  ["empty output", { ...completed, output: null }, { data: null }],
  ["error", failed, { error: { name: "RangeError", message: "broken" } }],
  [
    "cancellation",
    cancelled,
    { error: { name: "InvokedRunCancelledError", message: "The invoked run was cancelled" } },
  ],
])("the step that invoked the run goes on with its %s", async (_what, end, memo) => {
  const { incoming, change } = await announced({ ...end, parent });
  expect(change.resumes.map(({ memo, ...rest }) => ({ ...rest, memo: parsed(memo) }))).toEqual([
    { pauseId: null, ...parent, memo },
  ]);
  expect(incoming[0]?.event.data.correlation_id).toBe(`01PARENT.${stepId("call")}`);
});

test("a run that an end started announces nothing, but the step that invoked it goes on", async () => {
  const events = JSON.stringify([
    { name: "inngest/function.failed", data: {}, user: {}, id: "1", ts: 1 },
  ]);
  const { incoming, change } = await announced({ ...failed, parent }, [], { events });
  expect(incoming).toEqual([]);
  expect(change.resumes).toHaveLength(1);
});

test("the names of ends are listened to by name and by wildcard", () => {
  const on = (...names: string[]) =>
    definition("f", { triggers: names.map((event) => ({ event, condition: null })) });
  expect(listenedNames([on("start"), on("inngest/scheduled.timer")])).toEqual([]);
  expect(
    listenedNames([on("start", "inngest/function.failed"), on("inngest/function.failed")]),
  ).toEqual(["inngest/function.failed"]);
  expect(listenedNames([on("inngest/*")])).toHaveLength(3);
  expect(listenedNames([on("inngest/function.*")])).toHaveLength(3);
});
