import type { Scenario } from "../scenario.ts";
import { data } from "./event-data.ts";

export const sending: Scenario[] = [
  {
    name: "send-event",
    shows:
      "step.sendEvent gives back one id per event, is memoised, and the events trigger functions.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ step }) => {
          const one = await step.sendEvent("one", { name: c.ev("note"), data: { n: 1 } });
          const many = await step.sendEvent("many", [
            { name: c.ev("note"), data: { n: 2 } },
            { name: c.ev("note"), data: { n: 3 }, id: "own-id" },
          ]);
          await step.run("report", () =>
            c.log("sent", { one: one.ids.length, many: many.ids.length }),
          );
          return "sent";
        },
      ),
      c.client.createFunction(
        { id: "target", triggers: [{ event: c.ev("note") }] },
        async ({ event }) => {
          const { n } = data(event);
          c.log(
            "received",
            { n, idKept: event.id === "own-id", hasTs: typeof event.ts === "number" },
            `n${n}`,
          );
          return n;
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1, target: 3 },
    maxMs: 20_000,
    settleMs: 500,
  },
  {
    name: "fan-out",
    shows: "One run sends five events; each starts a run of the child function.",
    functions: (c) => [
      c.client.createFunction(
        { id: "parent", triggers: [{ event: c.ev("start") }] },
        async ({ step }) => {
          await step.sendEvent(
            "spread",
            Array.from({ length: 5 }, (_, n) => ({ name: c.ev("item"), data: { n } })),
          );
          return "spread";
        },
      ),
      c.client.createFunction(
        { id: "child", triggers: [{ event: c.ev("item") }] },
        async ({ event, step }) => {
          const { n } = data(event);
          return step.run("square", () => {
            c.log("square", { n }, `n${n}`);
            return n * n;
          });
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { parent: 1, child: 5 },
    maxMs: 20_000,
    settleMs: 500,
  },
  {
    name: "fan-out-200",
    shows: "200 events sent in one step start 200 runs, none lost, none twice.",
    functions: (c) => [
      c.client.createFunction(
        { id: "parent", triggers: [{ event: c.ev("start") }] },
        async ({ step }) => {
          const { ids } = await step.sendEvent(
            "spread",
            Array.from({ length: 200 }, (_, n) => ({ name: c.ev("item"), data: { n } })),
          );
          return new Set(ids).size;
        },
      ),
      c.client.createFunction(
        { id: "child", triggers: [{ event: c.ev("item") }] },
        async ({ event, step }) => {
          const { n } = data(event);
          await step.run("mark", () => c.log("mark", { n }, `n${n}`));
          return n;
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { parent: 1, child: 200 },
    maxMs: 90_000,
    settleMs: 1_500,
  },
];
