import { cron, eventType, type FailureEventArgs } from "inngest";
import { z } from "zod";
import type { Scenario } from "../scenario.ts";
import { data, keysOf } from "./event-data.ts";

export const triggers: Scenario[] = [
  {
    name: "idempotency",
    shows:
      "An idempotency expression lets one run per value through; later events with the value start nothing.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", idempotency: "event.data.order", triggers: [{ event: c.ev("start") }] },
        async ({ event }) => {
          const { order, n } = data(event);
          c.log("run", { order, n }, `${order}`);
          return n;
        },
      ),
    ],
    drive: async (c) => {
      await c.send({ name: c.ev("start"), data: { order: "x", n: 1 } });
      await c.wait(500);
      await c.send({ name: c.ev("start"), data: { order: "x", n: 2 } });
      await c.send({ name: c.ev("start"), data: { order: "y", n: 3 } });
    },
    done: { main: 2 },
    maxMs: 15_000,
    settleMs: 2_000,
  },
  {
    name: "event-id-dedupe",
    shows:
      "Two events with the same id start one run per function; the event API still takes both.",
    functions: (c) => [
      c.client.createFunction(
        { id: "first", triggers: [{ event: c.ev("start") }] },
        async ({ event }) => {
          c.log("first", { n: data(event).n, id: event.id });
        },
      ),
      c.client.createFunction(
        { id: "second", triggers: [{ event: c.ev("start") }] },
        async ({ event }) => {
          c.log("second", { n: data(event).n, id: event.id }, "second");
        },
      ),
    ],
    drive: async (c) => {
      const one = await c.send({ name: c.ev("start"), id: "same", data: { n: 1 } });
      await c.wait(500);
      const two = await c.send({ name: c.ev("start"), id: "same", data: { n: 2 } });
      c.log("answers", { one: one.length, two: two.length, equal: one[0] === two[0] }, "answers");
    },
    done: { first: 1, second: 1 },
    maxMs: 15_000,
    settleMs: 2_000,
  },
  {
    name: "trigger-if",
    shows: "A trigger's `if` expression decides on the event; a missing field does not match.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          triggers: [
            { event: c.ev("start"), if: "event.data.total > 100 && event.data.kind in ['a', 'b']" },
          ],
        },
        async ({ event }) => {
          const { n } = data(event);
          c.log("run", { n }, `n${n}`);
          return n;
        },
      ),
      c.client.createFunction(
        {
          id: "text",
          triggers: [
            {
              event: c.ev("start"),
              if: "event.data.kind.startsWith('b') || event.data.flag == true",
            },
          ],
        },
        async ({ event }) => {
          const { n } = data(event);
          c.log("text", { n }, `text${n}`);
          return n;
        },
      ),
    ],
    drive: (c) =>
      c.send([
        { name: c.ev("start"), data: { n: 1, total: 150, kind: "a" } },
        { name: c.ev("start"), data: { n: 2, total: 50, kind: "a" } },
        { name: c.ev("start"), data: { n: 3, total: 150, kind: "c" } },
        { name: c.ev("start"), data: { n: 4 } },
        { name: c.ev("start"), data: { n: 5, total: 100.5, kind: "b" } },
        { name: c.ev("start"), data: { n: 6, flag: true } },
        { name: c.ev("start"), data: { n: 7, total: "150", kind: "a" } },
      ]),
    until: (c) => c.count("run") >= 2 && c.count("text") >= 1,
    maxMs: 15_000,
    settleMs: 2_000,
  },
  {
    name: "wildcard-trigger",
    shows:
      "A trigger that ends in `/*` takes every event name below the prefix; `.*` works on dots.",
    functions: (c) => [
      c.client.createFunction(
        { id: "slash", triggers: [{ event: c.ev("*") }] },
        async ({ event }) => {
          c.log("slash", { name: event.name }, `slash ${data(event).n}`);
        },
      ),
      c.client.createFunction(
        { id: "dot", triggers: [{ event: c.ev("user.*") }] },
        async ({ event }) => {
          c.log("dot", { name: event.name }, `dot ${data(event).n}`);
        },
      ),
      c.client.createFunction(
        { id: "exact", triggers: [{ event: c.ev("user.made") }] },
        async ({ event }) => {
          c.log("exact", { name: event.name }, `exact ${data(event).n}`);
        },
      ),
    ],
    drive: (c) =>
      c.send([
        { name: c.ev("plain"), data: { n: 1 } },
        { name: c.ev("user.made"), data: { n: 2 } },
        { name: c.ev("user.made.late"), data: { n: 3 } },
        { name: c.ev("a/b"), data: { n: 4 } },
        { name: c.ev("username"), data: { n: 5 } },
      ]),
    until: (c) => c.count("exact") >= 1 && c.count("slash") >= 1,
    maxMs: 15_000,
    settleMs: 2_500,
  },
  {
    name: "two-triggers",
    shows:
      "A function with two triggers runs for events of either; an event that meets both starts one run.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          triggers: [
            { event: c.ev("one") },
            { event: c.ev("two") },
            { event: c.ev("two"), if: "event.data.n == 2" },
          ],
        },
        async ({ event }) => {
          const { n } = data(event);
          c.log("run", { n, name: event.name }, `n${n}`);
          return n;
        },
      ),
    ],
    drive: (c) =>
      c.send([
        { name: c.ev("one"), data: { n: 1 } },
        { name: c.ev("two"), data: { n: 2 } },
        { name: c.ev("three"), data: { n: 3 } },
      ]),
    done: { main: 2 },
    maxMs: 15_000,
    settleMs: 1_500,
  },
  {
    name: "event-validation",
    shows:
      "An event that breaks the trigger's schema fails the run at the first call, without running the handler and without retry.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          retries: 3,
          triggers: [
            eventType(c.ev("start"), { schema: z.object({ n: z.number(), label: z.string() }) }),
          ],
          onFailure: async ({ event, error }: FailureEventArgs) => {
            c.log("onFailure", { original: event.data.event.data, error: error.name }, "failure");
          },
        },
        async ({ event }) => {
          c.log("run", { n: event.data.n });
          return event.data.n;
        },
      ),
    ],
    drive: async (c) => {
      await c.send({ name: c.ev("start"), data: { n: 1, label: "good" } });
      await c.send({ name: c.ev("start"), data: { n: "one", label: "bad" } });
    },
    done: { main: 2, "main-failure": 1 },
    maxMs: 15_000,
    settleMs: 2_500,
  },
  {
    name: "future-ts",
    shows: "An event whose ts lies ahead starts its run at that time.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ event }) => {
          const { n } = data(event);
          c.log(`run ${n}`, {}, `n${n}`);
          return n;
        },
      ),
    ],
    drive: async (c) => {
      c.log("sent", {}, "sent");
      await c.send([
        { name: c.ev("start"), data: { n: 1 }, ts: c.now() + 4_000 },
        { name: c.ev("start"), data: { n: 2 }, ts: c.now() - 60_000 },
      ]);
    },
    done: { main: 2 },
    maxMs: 20_000,
    settleMs: 500,
    timings: [
      { name: "4 s ahead", from: ["sent", 0], to: ["run 1", 0], min: 3_400, max: 7_000 },
      { name: "in the past", from: ["sent", 0], to: ["run 2", 0], min: 0, max: 2_500 },
    ],
  },
  {
    name: "cron",
    shows: "A cron trigger starts a run at the full minute with an inngest/scheduled.timer event.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [cron("* * * * *")] },
        async ({ event, step }) => {
          const timer = event as unknown as {
            id: string;
            name: string;
            ts: number;
            data: Record<string, unknown>;
          };
          const scheduled = Date.parse(String(timer.data.scheduledAt));
          await step.run("tick", () =>
            c.log("tick", {
              name: timer.name,
              keys: keysOf(timer),
              dataKeys: Object.keys(timer.data).sort(),
              cron: timer.data.cron,
              idIsScheduledAt: timer.id === timer.data.scheduledAt,
              fullMinute: scheduled % 60_000 === 0,
              onTime: Math.abs(c.now() - scheduled) < 5_000,
            }),
          );
        },
      ),
    ],
    drive: async () => undefined,
    done: { main: 1 },
    maxMs: 75_000,
    settleMs: 1_000,
  },
];
