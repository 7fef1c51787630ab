import type { Scenario } from "../scenario.ts";
import { data } from "./event-data.ts";

export const steps: Scenario[] = [
  {
    name: "sequential-steps",
    shows:
      "Steps run one after the other, once each; every call carries the results so far; a last call finishes the function.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ event, step }) => {
          const a = await step.run("a", () => {
            c.log("a");
            return data(event).n + 1;
          });
          const b = await step.run({ id: "b", name: "The second" }, async () => {
            c.log("b", { a });
            return { twice: a * 2 };
          });
          await step.run("c", () => c.log("c", { b }));
          return { a, b };
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: { n: 1 } }),
    done: { main: 1 },
    maxMs: 15_000,
    settleMs: 300,
    calls: "ordered",
  },
  {
    name: "no-steps",
    shows: "A function without steps is called once and its return value is the output.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ event, attempt, runId }) => {
          c.log("body", { attempt, hasRunId: typeof runId === "string" });
          return { got: data(event) };
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: { deep: { list: [1, "two", null, true] } } }),
    done: { main: 1 },
    maxMs: 15_000,
    settleMs: 300,
    calls: "ordered",
  },
  {
    name: "step-output-json",
    shows:
      "A step's output is what JSON makes of it: Date becomes a string, undefined a null, properties that are undefined go away; results that look like the protocol's own wrappers stay as they are.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ step }) => {
          const mixed = await step.run("mixed", () => ({
            date: new Date("2020-01-02T03:04:05.000Z"),
            missing: undefined,
            list: [undefined, 1, null],
            notANumber: Number.NaN,
            map: new Map([["k", 1]]),
          }));
          const nothing = await step.run("nothing", () => undefined);
          const date = await step.run("date", () => new Date("2021-01-01T00:00:00.000Z"));
          const zero = await step.run("zero", () => 0);
          const empty = await step.run("empty", () => "");
          const no = await step.run("no", () => false);
          const wrapped = await step.run("wrapped", () => ({ data: { data: 1 } }));
          const looksFailed = await step.run("looks-failed", () => ({
            error: { name: "E", message: "not an error" },
          }));
          await step.run("report", () =>
            c.log("seen", { mixed, nothing, date, zero, empty, no, wrapped, looksFailed }),
          );
          return "done";
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 300,
  },
  {
    name: "return-value",
    shows:
      "The output of a run is its return value as JSON; a function that returns nothing gives null.",
    functions: (c) => [
      c.client.createFunction({ id: "object", triggers: [{ event: c.ev("start") }] }, async () => ({
        date: new Date("2020-01-02T03:04:05.000Z"),
        missing: undefined,
        list: [1, undefined],
      })),
      c.client.createFunction(
        { id: "nothing", triggers: [{ event: c.ev("start") }] },
        async () => undefined,
      ),
      c.client.createFunction(
        { id: "text", triggers: [{ event: c.ev("start") }] },
        async () => "plain",
      ),
      c.client.createFunction({ id: "zero", triggers: [{ event: c.ev("start") }] }, async () => 0),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { object: 1, nothing: 1, text: 1, zero: 1 },
    maxMs: 15_000,
    settleMs: 300,
  },
  {
    name: "loop-same-id",
    shows: "One step id used several times gives separate steps, told apart by the order of use.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ step }) => {
          const out: number[] = [];
          for (let i = 0; i < 4; i++) {
            out.push(
              await step.run("again", () => {
                c.log("again", { i });
                return i * i;
              }),
            );
          }
          return out;
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 15_000,
    settleMs: 300,
    calls: "ordered",
  },
  {
    name: "sleep",
    shows: "step.sleep holds the run for the given time and is memoised as null.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ step }) => {
          await step.run("before", () => c.log("before"));
          const nap = await step.sleep("nap", "2s");
          await step.run("after", () => c.log("after", { nap: nap ?? null }));
          return "awake";
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 300,
    calls: "ordered",
    timings: [
      { name: "sleep of 2 s", from: ["before", 0], to: ["after", 0], min: 1_900, max: 4_000 },
    ],
  },
  {
    name: "sleep-until",
    shows: "step.sleepUntil waits for a future date and goes straight on for a past one.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ event, step }) => {
          await step.run("begin", () => c.log("begin"));
          await step.sleepUntil("past", new Date(data(event).past));
          await step.run("middle", () => c.log("middle"));
          await step.sleepUntil("future", new Date(data(event).future));
          await step.run("end", () => c.log("end"));
        },
      ),
    ],
    drive: (c) => {
      c.log("sent");
      return c.send({
        name: c.ev("start"),
        data: { past: c.now() - 60_000, future: c.now() + 4_000 },
      });
    },
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 300,
    timings: [
      { name: "until a past date", from: ["begin", 0], to: ["middle", 0], min: 0, max: 2_500 },
      {
        name: "until 4 s after sending",
        from: ["sent", 0],
        to: ["end", 0],
        min: 2_900,
        max: 7_000,
      },
    ],
  },
];
