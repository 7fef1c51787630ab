import type { InngestFunction } from "inngest";
import type { Scenario, ScenarioContext } from "../scenario.ts";
import { data, ending } from "./event-data.ts";

/** Logs the end of cancelled runs of one function. */
const cancelListener = (c: ScenarioContext, fn: string): InngestFunction.Any =>
  c.client.createFunction(
    {
      id: "cancel-listener",
      triggers: [
        {
          event: "inngest/function.cancelled",
          if: `event.data.function_id == '${c.fullId(fn)}'`,
        },
      ],
    },
    async ({ event }) => {
      c.log("cancelled", { event: ending(event).event.data }, "cancelled");
    },
  );

export const endings: Scenario[] = [
  {
    name: "cancel-on",
    shows:
      "An event that meets cancelOn ends the matching run: its later steps do not run, others are untouched, onFailure does not run.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          triggers: [{ event: c.ev("start") }],
          cancelOn: [{ event: c.ev("stop"), match: "data.order" }],
          onFailure: async () => c.log("onFailure"),
        },
        async ({ event, step }) => {
          const { order } = data(event);
          await step.run("begin", () => c.log("begin", { order }, `order${order}`));
          await step.sleep("nap", "4s");
          await step.run("end", () => c.log("end", { order }, `order${order}`));
          return order;
        },
      ),
    ],
    drive: async (c) => {
      await c.send([
        { name: c.ev("start"), data: { order: 1 } },
        { name: c.ev("start"), data: { order: 2 } },
      ]);
      await c.until(() => c.count("begin") === 2, 10_000);
      await c.wait(1_000);
      await c.send({ name: c.ev("stop"), data: { order: 1 } });
    },
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 3_500,
  },
  {
    name: "timeouts-finish",
    shows: "timeouts.finish cancels a run that is not done in time; onFailure does not run.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          timeouts: { finish: "2s" },
          triggers: [{ event: c.ev("start") }],
          onFailure: async () => c.log("onFailure"),
        },
        async ({ step }) => {
          await step.run("begin", () => c.log("begin"));
          await step.sleep("nap", "5s");
          await step.run("end", () => c.log("end"));
        },
      ),
      cancelListener(c, "main"),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    until: (c) => c.count("cancelled") > 0,
    maxMs: 12_000,
    settleMs: 5_000,
    timings: [
      {
        name: "finish timeout of 2 s",
        from: ["begin", 0],
        to: ["cancelled", 0],
        min: 1_300,
        max: 5_000,
      },
    ],
  },
  {
    name: "timeouts-start",
    shows: "timeouts.start cancels a run that had to queue too long and was never called.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          timeouts: { start: "2s" },
          concurrency: 1,
          triggers: [{ event: c.ev("start") }],
        },
        async ({ event, step }) => {
          const { n } = data(event);
          await step.run("only", async () => {
            c.log("begin", { n });
            await c.work(4_000);
            c.log("end", { n });
          });
          return n;
        },
      ),
      cancelListener(c, "main"),
    ],
    drive: async (c) => {
      await c.send({ name: c.ev("start"), data: { n: 1 } });
      await c.until(() => c.count("begin") > 0, 10_000);
      await c.send({ name: c.ev("start"), data: { n: 2 } });
    },
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 4_000,
  },
  {
    name: "singleton-skip",
    shows:
      "singleton in mode skip: while a run of the key is active, further events start nothing.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          singleton: { key: "event.data.k", mode: "skip" },
          triggers: [{ event: c.ev("start") }],
        },
        async ({ event, step }) => {
          const { k, n } = data(event);
          await step.run("begin", () => c.log("begin", { n }, k));
          await step.sleep("nap", "2s");
          await step.run("end", () => c.log("end", { n }, k));
          return n;
        },
      ),
    ],
    drive: async (c) => {
      await c.send({ name: c.ev("start"), data: { k: "a", n: 1 } });
      await c.until(() => c.count("begin") === 1, 10_000);
      await c.send({ name: c.ev("start"), data: { k: "a", n: 2 } });
      await c.send({ name: c.ev("start"), data: { k: "b", n: 3 } });
      await c.until(() => c.ended("main") === 2, 15_000);
      await c.wait(500);
      await c.send({ name: c.ev("start"), data: { k: "a", n: 4 } });
    },
    done: { main: 3 },
    maxMs: 20_000,
    settleMs: 1_000,
  },
  {
    name: "singleton-cancel",
    shows:
      "singleton in mode cancel: a new event ends the active run of its key and starts its own.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          singleton: { key: "event.data.k", mode: "cancel" },
          triggers: [{ event: c.ev("start") }],
        },
        async ({ event, step }) => {
          const { n } = data(event);
          await step.run("begin", () => c.log("begin", { n }));
          await step.sleep("nap", "2s");
          await step.run("end", () => c.log("end", { n }));
          return n;
        },
      ),
    ],
    drive: async (c) => {
      await c.send({ name: c.ev("start"), data: { k: "a", n: 1 } });
      await c.until(() => c.count("begin") === 1, 10_000);
      await c.wait(500);
      await c.send({ name: c.ev("start"), data: { k: "a", n: 2 } });
    },
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 2_500,
  },
  {
    name: "lifecycle-events",
    shows:
      "Every end of a run emits inngest/function.finished; a failed run also function.failed, a cancelled one also function.cancelled.",
    functions: (c) => [
      c.client.createFunction({ id: "ok", triggers: [{ event: c.ev("ok") }] }, async () => "well"),
      c.client.createFunction(
        { id: "bad", retries: 0, triggers: [{ event: c.ev("bad") }] },
        async () => {
          throw new RangeError("broken");
        },
      ),
      c.client.createFunction(
        { id: "gone", triggers: [{ event: c.ev("gone") }], cancelOn: [{ event: c.ev("stop") }] },
        async ({ step }) => {
          await step.run("begin", () => c.log("begin", {}, "gone"));
          await step.sleep("long", "30s");
        },
      ),
      c.client.createFunction(
        {
          id: "listener",
          triggers: [
            ...["ok", "bad", "gone"].map((fn) => ({
              event: "inngest/function.finished",
              if: `event.data.function_id == '${c.fullId(fn)}'`,
            })),
            ...["ok", "bad", "gone"].map((fn) => ({
              event: "inngest/function.failed",
              if: `event.data.function_id == '${c.fullId(fn)}'`,
            })),
            ...["ok", "bad", "gone"].map((fn) => ({
              event: "inngest/function.cancelled",
              if: `event.data.function_id == '${c.fullId(fn)}'`,
            })),
          ],
        },
        async ({ event }) => {
          const payload = ending(event);
          const fn = String(payload.function_id).split("-").at(-1) ?? "";
          c.log(
            event.name.replace("inngest/function.", ""),
            {
              fn,
              keys: Object.keys(payload)
                .filter((key) => key !== "_inngest" && key !== "result")
                .sort(),
              hasRunId: typeof payload.run_id === "string",
              event: { name: payload.event.name, data: payload.event.data },
              events: payload.events?.length,
              error: payload.error
                ? { name: payload.error.name, message: payload.error.message }
                : undefined,
              result: payload.error ? undefined : payload.result,
            },
            `${fn} ${event.name}`,
          );
          return "heard";
        },
      ),
    ],
    drive: async (c) => {
      await c.send({ name: c.ev("ok"), data: { x: 1 } });
      await c.send({ name: c.ev("bad"), data: { x: 2 } });
      await c.send({ name: c.ev("gone"), data: { x: 3 } });
      await c.until(() => c.count("begin") === 1, 10_000);
      await c.wait(1_000);
      await c.send({ name: c.ev("stop"), data: {} });
    },
    done: { ok: 1, bad: 1, listener: 5 },
    maxMs: 20_000,
    settleMs: 2_500,
  },
];
