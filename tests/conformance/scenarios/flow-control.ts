import type { Scenario } from "../scenario.ts";
import { data } from "./event-data.ts";

export const flowControl: Scenario[] = [
  {
    name: "concurrency-key",
    shows:
      "concurrency 1 with a key: the steps of one key never overlap, another key has its own place. The order of the queued runs is not fixed.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          concurrency: { limit: 1, key: "event.data.k" },
          triggers: [{ event: c.ev("start") }],
        },
        async ({ event, step }) => {
          const { k, n } = data(event);
          await step.run("work", async () => {
            c.log("begin", {}, k);
            await c.work(700);
            c.log("end", {}, k);
          });
          return n;
        },
      ),
    ],
    drive: async (c) => {
      for (const [k, n] of [
        ["a", 1],
        ["a", 2],
        ["a", 3],
        ["b", 4],
      ] as const) {
        await c.send({ name: c.ev("start"), data: { k, n } });
        await c.wait(60);
      }
    },
    done: { main: 4 },
    maxMs: 30_000,
    settleMs: 500,
  },
  {
    name: "concurrency-sleep",
    shows:
      "concurrency counts steps being executed, not runs: a sleeping run leaves its place to others.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", concurrency: 1, triggers: [{ event: c.ev("start") }] },
        async ({ event, step }) => {
          const { n } = data(event);
          await step.run("first", () => c.log("first", { n }));
          await step.sleep("nap", "3s");
          await step.run("second", () => c.log("second", {}));
          return n;
        },
      ),
    ],
    drive: async (c) => {
      await c.send({ name: c.ev("start"), data: { n: 1 } });
      await c.until(() => c.count("first") === 1, 10_000);
      await c.send({ name: c.ev("start"), data: { n: 2 } });
    },
    done: { main: 2 },
    maxMs: 30_000,
    settleMs: 300,
  },
  {
    name: "throttle",
    shows:
      "throttle spaces out the starts of runs; none is lost. The order of the queued runs is not fixed.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", throttle: { limit: 1, period: "3s" }, triggers: [{ event: c.ev("start") }] },
        async ({ event }) => {
          c.log("run", {});
          return data(event).n;
        },
      ),
    ],
    drive: async (c) => {
      for (const n of [1, 2, 3]) {
        await c.send({ name: c.ev("start"), data: { n } });
        await c.wait(60);
      }
    },
    done: { main: 3 },
    maxMs: 40_000,
    settleMs: 300,
    timings: [
      { name: "first to second", from: ["run", 0], to: ["run", 1], min: 2_000, max: 7_000 },
      { name: "second to third", from: ["run", 1], to: ["run", 2], min: 2_000, max: 7_000 },
    ],
  },
  {
    name: "priority",
    shows: "priority.run lets a later event overtake queued runs of lower priority.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          concurrency: 1,
          priority: { run: "event.data.urgent ? 300 : 0" },
          triggers: [{ event: c.ev("start") }],
        },
        async ({ event, step }) => {
          const { n } = data(event);
          await step.run("work", async () => {
            c.log("begin", { n });
            await c.work(n === 1 ? 2_500 : 200);
          });
          return n;
        },
      ),
    ],
    drive: async (c) => {
      await c.send({ name: c.ev("start"), data: { n: 1, urgent: true } });
      await c.until(() => c.count("begin") === 1, 10_000);
      await c.send({ name: c.ev("start"), data: { n: 2, urgent: false } });
      await c.wait(300);
      await c.send({ name: c.ev("start"), data: { n: 3, urgent: true } });
    },
    done: { main: 3 },
    maxMs: 30_000,
    settleMs: 300,
  },
];
