import type { Inngest, InngestFunction } from "inngest";
import { expect, test } from "vitest";
import { SERVE_URL, testApp } from "./test-app.ts";

type Options = Partial<InngestFunction.Options>;
type Started = { n: number; at: number; many: number };

/** A function that writes down when it was started with what, and works for as long as the event says. */
async function startsOf(options: Options) {
  const started: Started[] = [];
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", ...options, triggers: [{ event: "start" }] },
      async ({ event, events, step }) => {
        started.push({ n: event.data.n, at: app.clock.now() - began, many: events.length });
        if (event.data.sleep) await step.sleep("nap", event.data.sleep);
      },
    ),
  ]);
  const began = app.clock.now();
  const send = (n: number, data: object = {}) =>
    app.engine.send({ name: "start", data: { n, ...data } });
  return { app, started, send };
}

const numbers = (started: Started[]) => [...new Set(started.map(({ n }) => n))];

test("throttle spaces out the starts, by key, and loses none", async () => {
  const { app, started, send } = await startsOf({
    throttle: { limit: 1, period: "10s", key: "event.data.k" },
  });
  for (let n = 0; n < 5; n++) await send(n, { k: "a" });
  await send(5, { k: "b" });
  await app.settle(60_000);
  const times = (ns: number[]) =>
    started.filter(({ n }) => ns.includes(n)).map(({ at }) => at / 1000);
  expect(times([0, 1, 2, 3, 4])).toEqual([0, 10, 20, 30, 40]);
  expect(times([5])).toEqual([0]);
});

test("throttle lets as many start together as burst says, and keeps its pace after a standstill", async () => {
  const { app, started, send } = await startsOf({
    throttle: { limit: 6, period: "1m", burst: 3 },
  });
  for (let n = 0; n < 6; n++) await send(n);
  await app.settle(25_000);
  expect(started.map(({ at }) => at / 1000)).toEqual([0, 0, 0, 10, 20]);
  started.length = 0;
  for (let n = 6; n < 12; n++) await send(n);
  app.clock.advance(3_600_000);
  await app.engine.drain();
  expect(started).toHaveLength(3);
  await app.settle(60_000);
  expect(started).toHaveLength(7);
});

test("a throttled first call that fails is tried again without waiting for another turn", async () => {
  const attempts: number[] = [];
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", throttle: { limit: 1, period: "1h" }, triggers: [{ event: "start" }] },
      async ({ attempt }) => {
        attempts.push(attempt);
        if (attempt === 0) throw new Error("once");
      },
    ),
  ]);
  await app.engine.send({ name: "start" });
  await app.settle(60_000);
  expect(attempts).toEqual([0, 1]);
});

/** Runs whose steps overlap in real time; counts how many of each group did at most. */
async function overlapping(options: Options[], events: { k: string; c: string }[]) {
  const executing = new Map<string, number>();
  const most = new Map<string, number>();
  const app = await testApp((client) =>
    options.map((option, index) =>
      client.createFunction(
        { id: `f${index}`, ...option, triggers: [{ event: `start${index}` }] },
        async ({ event, step }) => {
          await step.run("work", async () => {
            const groups = ["all", `k ${event.data.k}`, `c ${event.data.c}`];
            for (const group of groups) {
              const now = (executing.get(group) ?? 0) + 1;
              executing.set(group, now);
              most.set(group, Math.max(most.get(group) ?? 0, now));
            }
            await new Promise((resolve) => setTimeout(resolve, 8));
            for (const group of groups) executing.set(group, (executing.get(group) ?? 0) - 1);
          });
        },
      ),
    ),
  );
  for (const index of options.keys()) {
    await app.engine.send(events.map((data) => ({ name: `start${index}`, data })));
  }
  return { app, most };
}

const done = async (app: Awaited<ReturnType<typeof testApp>>) =>
  (await app.runs()).filter(({ status }) => status === "completed").length;

test("two concurrency rules hold together: so many per key, and so many in all", async () => {
  const events = Array.from({ length: 24 }, (_, n) => ({ k: `${n % 4}`, c: "x" }));
  const { app, most } = await overlapping(
    [{ concurrency: [{ limit: 2, key: "event.data.k" }, { limit: 5 }] }],
    events,
  );
  await app.engine.drain();
  expect(await done(app)).toBe(24);
  expect(most.get("all")).toBe(5);
  for (const k of [0, 1, 2, 3]) expect(most.get(`k ${k}`)).toBeLessThanOrEqual(2);
});

test("a concurrency rule of the whole environment is shared by the functions that state it, over processes too", async () => {
  const rule = { limit: 2, key: "event.data.c", scope: "env" } as const;
  const events = Array.from({ length: 10 }, (_, n) => ({ k: `${n}`, c: n % 2 ? "x" : "y" }));
  const { app, most } = await overlapping([{ concurrency: rule }, { concurrency: rule }], events);
  const other = app.another();
  await other.register(SERVE_URL);
  await Promise.all([app.engine.drain(), other.drain()]);
  await app.engine.drain();
  expect(await done(app)).toBe(20);
  expect(most.get("c x")).toBe(2);
  expect(most.get("c y")).toBe(2);
});

test("a function whose limit is used up holds up no other", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const others: number[] = [];
  const functions = (client: Inngest) => [
    client.createFunction(
      { id: "slow", concurrency: 1, triggers: [{ event: "slow" }] },
      async ({ event }) => {
        if (event.data.n === 0) await held;
      },
    ),
    client.createFunction({ id: "quick", triggers: [{ event: "quick" }] }, async ({ event }) => {
      others.push(event.data.n);
    }),
  ];
  const app = await testApp(functions, { maxCalls: 5 });
  const many = (name: string, count: number) =>
    app.engine.send(Array.from({ length: count }, (_, n) => ({ name, data: { n } })));
  await many("slow", 60);
  await many("quick", 5);
  const drained = app.engine.drain();
  await expect.poll(() => others.length).toBe(5);
  await expect.poll(() => app.engine.stats()).toMatchObject({ blocked: 59, executing: 1 });
  release();
  await drained;
  expect(await done(app)).toBe(65);
});

test("a limit that is raised counts for runs that were queued before", async () => {
  let executing = 0;
  let most = 0;
  let limit = 1;
  const define = (client: Inngest) => [
    client.createFunction(
      { id: "main", concurrency: limit, triggers: [{ event: "start" }] },
      async ({ step }) => {
        await step.run("work", async () => {
          most = Math.max(most, ++executing);
          await new Promise((resolve) => setTimeout(resolve, 8));
          executing--;
        });
      },
    ),
  ];
  const app = await testApp(define);
  await app.engine.send(Array.from({ length: 12 }, () => ({ name: "start", data: {} })));
  limit = 4;
  await app.pool.query("UPDATE engine.function SET slot1_limit = 4");
  await app.engine.drain();
  expect(most).toBe(4);
});

test("priority lets a later run overtake those that are queued, a negative one lets others pass", async () => {
  const { app, started, send } = await startsOf({
    concurrency: 1,
    priority: { run: "event.data.p" },
  });
  for (const [n, p] of [0, 0, 300, 600, -600].entries()) {
    await send(n, { p });
    app.clock.advance(10);
  }
  await app.engine.drain();
  expect(numbers(started)).toEqual([3, 2, 0, 1, 4]);
});

test("rateLimit skips what comes too soon, by key; an event without the key's field is not limited", async () => {
  const { app, started, send } = await startsOf({
    rateLimit: { limit: 1, period: "1m", key: "event.data.k" },
  });
  for (const [n, k] of ["a", "a", "b", undefined, undefined].entries()) await send(n, { k });
  await app.engine.drain();
  app.clock.advance(60_000);
  await send(5, { k: "a" });
  await app.engine.drain();
  expect(numbers(started)).toEqual([0, 2, 3, 4, 5]);
});

test("events of one request that are over the rate are skipped alike", async () => {
  const { app, started } = await startsOf({ rateLimit: { limit: 20, period: "1m" } });
  await app.engine.send(Array.from({ length: 10 }, (_, n) => ({ name: "start", data: { n } })));
  await app.engine.drain();
  expect(numbers(started)).toEqual([0, 1, 2]);
});

test("debounce runs once with the last event when none has come for the period, or at its timeout", async () => {
  const { app, started, send } = await startsOf({
    debounce: { period: "10s", key: "event.data.k", timeout: "25s" },
  });
  await send(0, { k: "b" });
  for (let n = 1; n <= 6; n++) {
    await send(n, { k: "a" });
    await app.settle(8_000);
  }
  await app.settle(60_000);
  expect(started).toEqual([
    { n: 0, at: 10_000, many: 1 },
    { n: 4, at: 25_000, many: 1 },
    { n: 6, at: 50_000, many: 1 },
  ]);
});

test("debounce without a timeout is put off by every event, and the run is that of the last one", async () => {
  const { app, started, send } = await startsOf({
    debounce: { period: "10s" },
    cancelOn: [{ event: "stop", match: "data.k" }],
    singleton: { mode: "skip" },
  });
  for (let n = 0; n < 10; n++) {
    await send(n, { k: n, sleep: "1m" });
    await app.settle(9_000);
  }
  await app.engine.send({ name: "stop", data: { k: 9 } });
  await app.settle(10_000);
  expect(started).toEqual([{ n: 9, at: 91_000, many: 1 }]);
  await send(10, { k: 10 });
  await app.settle(10_000);
  await app.engine.send({ name: "stop", data: { k: 0 } });
  await app.engine.send({ name: "stop", data: { k: 9 } });
  await app.engine.drain();
  expect((await app.runs()).map(({ status }) => status)).toEqual(["cancelled"]);
  expect(numbers(started)).toEqual([9]);
});

test("batchEvents starts a run when it is full or its time is over, with every event, by key", async () => {
  const { app, started } = await startsOf({
    batchEvents: { maxSize: 3, timeout: "20s", key: "event.data.k" },
  });
  await app.engine.send(
    ["a", "b", "a", "a", "a", "b"].map((k, n) => ({ name: "start", data: { n, k } })),
  );
  await app.settle(60_000);
  expect(started.sort((a, b) => a.n - b.n)).toEqual([
    { n: 0, at: 0, many: 3 },
    { n: 1, at: 20_000, many: 2 },
    { n: 4, at: 20_000, many: 1 },
  ]);
});

test("singleton skips while a run of the key is active, also while it sleeps", async () => {
  const { app, started, send } = await startsOf({
    singleton: { key: "event.data.k", mode: "skip" },
  });
  await send(0, { k: "a", sleep: "1m" });
  await app.engine.drain();
  await send(1, { k: "a" });
  await send(2, { k: "b" });
  await app.settle(61_000);
  await send(3, { k: "a" });
  await app.engine.drain();
  expect(numbers(started)).toEqual([0, 2, 3]);
});

test("singleton in mode cancel ends the active run for the new one", async () => {
  const { app, started, send } = await startsOf({ singleton: { mode: "cancel" } });
  await send(0, { sleep: "1m" });
  await app.engine.drain();
  await send(1, { sleep: "1m" });
  await send(2);
  await app.settle(120_000);
  const statuses = (await app.runs()).map(({ status }) => status);
  expect(statuses.sort()).toEqual(["cancelled", "cancelled", "completed"]);
  expect(numbers(started)).toEqual([0, 2]);
});

test("idempotency lets one run per value through in 24 hours", async () => {
  const { app, started, send } = await startsOf({ idempotency: "event.data.k" });
  await send(0, { k: "a" });
  await send(1, { k: "a" });
  await send(2, { k: "b" });
  app.clock.advance(24 * 3_600_000 - 1);
  await send(3, { k: "a" });
  app.clock.advance(1);
  await send(4, { k: "a" });
  await app.engine.drain();
  expect(numbers(started).sort()).toEqual([0, 2, 4]);
});

test("timeouts.start counts from when the events of a run are complete", async () => {
  const { app, started, send } = await startsOf({
    timeouts: { start: "5s" },
    debounce: { period: "10s" },
  });
  await send(0);
  await app.settle(60_000);
  expect(numbers(started)).toEqual([0]);
});
