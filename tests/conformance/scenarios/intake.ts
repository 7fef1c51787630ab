import type { Scenario } from "../scenario.ts";
import { data, numbers } from "./event-data.ts";

export const intake: Scenario[] = [
  {
    name: "rate-limit",
    shows: "rateLimit drops events above the limit per key; they never run.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          rateLimit: { limit: 1, period: "4s", key: "event.data.k" },
          triggers: [{ event: c.ev("start") }],
        },
        async ({ event }) => {
          const { k, n } = data(event);
          c.log("run", { n }, k);
          return n;
        },
      ),
    ],
    drive: async (c) => {
      await c.send({ name: c.ev("start"), data: { k: "a", n: 1 } });
      await c.wait(300);
      await c.send({ name: c.ev("start"), data: { k: "a", n: 2 } });
      await c.wait(300);
      await c.send({ name: c.ev("start"), data: { k: "b", n: 3 } });
      await c.wait(5_000);
      await c.send({ name: c.ev("start"), data: { k: "a", n: 4 } });
    },
    done: { main: 3 },
    maxMs: 15_000,
    settleMs: 2_000,
  },
  {
    name: "rate-limit-burst",
    shows:
      "rateLimit with a limit above 1: how many of ten events sent one after another are let through.",
    functions: (c) =>
      [3, 20].map((limit) =>
        c.client.createFunction(
          {
            id: `limit${limit}`,
            rateLimit: { limit, period: "1m" },
            triggers: [{ event: c.ev("start") }],
          },
          async () => {
            c.log("run", {}, `limit ${limit}`);
          },
        ),
      ),
    drive: async (c) => {
      for (let n = 1; n <= 10; n++) {
        await c.send({ name: c.ev("start"), data: {} });
        await c.wait(50);
      }
    },
    until: (c) => c.count("run") > 0,
    maxMs: 15_000,
    settleMs: 2_500,
  },
  {
    name: "debounce",
    shows:
      "debounce waits until events have stopped for the period, then runs once with the last event.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          debounce: { period: "3s", key: "event.data.k" },
          triggers: [{ event: c.ev("start") }],
        },
        async ({ event, events }) => {
          const { k, n } = data(event);
          c.log(`run ${k}`, { n, events: events.length }, k);
          return n;
        },
      ),
    ],
    drive: async (c) => {
      await c.send({ name: c.ev("start"), data: { k: "a", n: 1 } });
      await c.wait(1_000);
      await c.send({ name: c.ev("start"), data: { k: "a", n: 2 } });
      await c.wait(1_000);
      await c.send({ name: c.ev("start"), data: { k: "b", n: 3 } });
      c.log("last a", {}, "sent");
      await c.send({ name: c.ev("start"), data: { k: "a", n: 4 } });
    },
    done: { main: 2 },
    maxMs: 20_000,
    settleMs: 3_000,
    timings: [
      {
        name: "after the last event",
        from: ["last a", 0],
        to: ["run a", 0],
        min: 2_500,
        max: 7_000,
      },
    ],
  },
  {
    name: "batch-max-size",
    shows:
      "batchEvents starts a run as soon as maxSize events are there; the run gets them all, in no fixed order.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          batchEvents: { maxSize: 3, timeout: "20s" },
          triggers: [{ event: c.ev("start") }],
        },
        async ({ event, events, step }) => {
          await step.run("take", () =>
            c.log("take", { firstIsEvent: event.id === events[0].id, all: numbers(events) }),
          );
          return events.length;
        },
      ),
    ],
    drive: async (c) => {
      c.log("sent", {}, "sent");
      for (const n of [1, 2, 3]) {
        await c.send({ name: c.ev("start"), data: { n } });
        await c.wait(100);
      }
    },
    done: { main: 1 },
    maxMs: 25_000,
    settleMs: 1_000,
    timings: [
      { name: "at once when full", from: ["sent", 0], to: ["take", 0], min: 0, max: 5_000 },
    ],
  },
  {
    name: "batch-timeout",
    shows:
      "batchEvents starts a run with what is there when the timeout since the first event is over; a key makes separate batches.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          batchEvents: { maxSize: 10, timeout: "3s", key: "event.data.k" },
          triggers: [{ event: c.ev("start") }],
        },
        async ({ event, events }) => {
          const { k } = data(event);
          c.log(`take ${k}`, { all: numbers(events) }, k);
          return events.length;
        },
      ),
    ],
    drive: async (c) => {
      c.log("sent", {}, "sent");
      await c.send({ name: c.ev("start"), data: { k: "a", n: 1 } });
      await c.wait(100);
      await c.send({ name: c.ev("start"), data: { k: "b", n: 2 } });
      await c.wait(100);
      await c.send({ name: c.ev("start"), data: { k: "a", n: 3 } });
    },
    done: { main: 2 },
    maxMs: 20_000,
    settleMs: 1_000,
    timings: [
      { name: "timeout of 3 s", from: ["sent", 0], to: ["take a", 0], min: 2_500, max: 7_000 },
    ],
  },
];
