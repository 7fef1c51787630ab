import { referenceFunction } from "inngest";
import type { Scenario } from "../scenario.ts";
import { caughtAs } from "./caught.ts";
import { data, keysOf } from "./event-data.ts";

export const invokeAndWait: Scenario[] = [
  {
    name: "invoke-success",
    shows:
      "step.invoke starts a run of the other function with the given data and gives back its return value.",
    functions: (c) => {
      const child = c.client.createFunction(
        { id: "child", triggers: [{ event: c.ev("never") }] },
        async ({ event, step }) => {
          const twice = await step.run("twice", () => {
            c.log("twice", { name: event.name });
            return data(event).x * 2;
          });
          return { twice, when: new Date("2020-01-01T00:00:00.000Z") };
        },
      );
      return [
        child,
        c.client.createFunction(
          { id: "parent", triggers: [{ event: c.ev("start") }] },
          async ({ step }) => {
            const result = await step.invoke("call", { function: child, data: { x: 21 } });
            await step.run("report", () => c.log("result", { result }));
            return result;
          },
        ),
      ];
    },
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { parent: 1, child: 1 },
    maxMs: 20_000,
    settleMs: 300,
  },
  {
    name: "invoke-failure",
    shows:
      "When the invoked function fails, the invoke step fails (no retry of the invoke itself) and can be caught.",
    functions: (c) => {
      const child = c.client.createFunction(
        { id: "child", retries: 1, triggers: [{ event: c.ev("never") }] },
        async ({ attempt }) => {
          c.log("child", { attempt });
          throw new RangeError("child broke");
        },
      );
      return [
        child,
        c.client.createFunction(
          { id: "parent", retries: 2, triggers: [{ event: c.ev("start") }] },
          async ({ step, attempt }) => {
            let caught: Record<string, unknown> = {};
            try {
              await step.invoke("call", { function: child, data: {} });
            } catch (error) {
              caught = caughtAs(error);
            }
            await step.run("report", () => c.log("caught", { attempt, caught }));
            return "survived";
          },
        ),
      ];
    },
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { parent: 1, child: 1 },
    maxMs: 30_000,
    settleMs: 1_500,
  },
  {
    name: "invoke-timeout",
    shows: "An invoke with a timeout fails the step when the time is up; the invoked run goes on.",
    functions: (c) => {
      const child = c.client.createFunction(
        { id: "child", triggers: [{ event: c.ev("never") }] },
        async ({ step }) => {
          await step.sleep("long", "5s");
          await step.run("late", () => c.log("child end", {}, "child"));
        },
      );
      return [
        child,
        c.client.createFunction(
          { id: "parent", triggers: [{ event: c.ev("start") }] },
          async ({ step }) => {
            let caught: Record<string, unknown> = {};
            await step.run("begin", () => c.log("begin"));
            try {
              await step.invoke("call", { function: child, data: {}, timeout: "2s" });
            } catch (error) {
              caught = caughtAs(error);
            }
            await step.run("report", () => c.log("caught", { caught }));
          },
        ),
      ];
    },
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { parent: 1, child: 1 },
    maxMs: 30_000,
    settleMs: 500,
    timings: [
      {
        name: "invoke timeout of 2 s",
        from: ["begin", 0],
        to: ["caught", 0],
        min: 1_700,
        max: 4_800,
      },
    ],
  },
  {
    name: "invoke-unknown",
    shows: "Invoking a function nobody registered fails.",
    functions: (c) => [
      c.client.createFunction(
        { id: "parent", retries: 1, triggers: [{ event: c.ev("start") }] },
        async ({ step, attempt }) => {
          let caught: Record<string, unknown> = {};
          try {
            await step.invoke("call", {
              function: referenceFunction({ appId: "nobody", functionId: "nothing" }),
              data: {},
            });
          } catch (error) {
            caught = caughtAs(error);
          }
          await step.run("report", () => c.log("caught", { attempt, caught }));
          return "survived";
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { parent: 1 },
    maxMs: 20_000,
    settleMs: 1_500,
  },
  {
    name: "wait-for-event-match",
    shows:
      "waitForEvent resumes with the first later event whose `if` holds, passing over others; the whole event is the result.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ step }) => {
          await step.run("begin", () => c.log("begin"));
          const paid = await step.waitForEvent("paid", {
            event: c.ev("paid"),
            timeout: "1m",
            if: "event.data.order == async.data.order && async.data.amount > 10",
          });
          await step.run("report", () =>
            c.log("resumed", { name: paid?.name, data: paid?.data, keys: keysOf(paid ?? {}) }),
          );
          return paid?.data;
        },
      ),
    ],
    drive: async (c) => {
      await c.send({ name: c.ev("paid"), data: { order: 1, amount: 50, which: "too early" } });
      await c.send({ name: c.ev("start"), data: { order: 1 } });
      await c.until(() => c.count("begin") > 0, 10_000);
      await c.wait(1_500);
      await c.send({ name: c.ev("paid"), data: { order: 2, amount: 50, which: "other order" } });
      await c.send({ name: c.ev("paid"), data: { order: 1, amount: 5, which: "too little" } });
      await c.wait(500);
      await c.send({ name: c.ev("paid"), data: { order: 1, amount: 20, which: "right" } });
    },
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 500,
  },
  {
    name: "wait-for-event-timeout",
    shows: "waitForEvent gives null when the time is up.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ step }) => {
          await step.run("begin", () => c.log("begin"));
          const none = await step.waitForEvent("none", { event: c.ev("paid"), timeout: "2s" });
          await step.run("report", () => c.log("resumed", { none }));
          return none;
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 300,
    timings: [
      { name: "wait of 2 s", from: ["begin", 0], to: ["resumed", 0], min: 1_900, max: 5_000 },
    ],
  },
];
