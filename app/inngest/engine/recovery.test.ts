import type { Inngest } from "inngest";
import { expect, test } from "vitest";
import { gate, SERVE_URL, testApp } from "./test-app.ts";
import type { EngineOptions } from "./types.ts";

const LEASE_MS = 30_000;

/** A pool of a process that can be killed: from then on nothing it sends arrives. */
function killable(pool: EngineOptions["pool"]) {
  let dead = false;
  const query = (text: string, values: unknown[]) =>
    dead ? Promise.reject(new Error("killed")) : pool.query(text, values);
  return {
    pool: { query } as EngineOptions["pool"],
    kill: () => {
      dead = true;
    },
  };
}

/** One step that counts its executions, and the first of them can be held up. */
function heldFunction(hold: { reached: () => void; until: Promise<void> }, ran: number[]) {
  return (client: Inngest) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) =>
      step.run("work", async () => {
        const turn = ran.push(ran.length);
        if (turn === 1) {
          hold.reached();
          await hold.until;
        }
        return turn;
      }),
    ),
  ];
}

async function heldApp(options: Partial<EngineOptions> = {}) {
  const reached = gate();
  const release = gate();
  const ran: number[] = [];
  const app = await testApp(heldFunction({ reached: reached.open, until: release.opened }, ran), {
    leaseMs: LEASE_MS,
    ...options,
  });
  return { app, ran, reached: reached.opened, release: release.open };
}

test.each([
  ["in the middle of a step", false],
  ["between the reply and its commit", true],
])(
  "a run whose process is killed %s is finished by another after the lease",
  async (_, replied) => {
    const { app, ran, reached, release } = await heldApp();
    const process = killable(app.pool);
    const doomed = app.another({ pool: process.pool });
    await doomed.register(SERVE_URL);
    await app.engine.send({ name: "start" });
    const crashed = doomed.drain().catch(() => undefined);
    await reached;
    process.kill();
    if (replied) {
      release();
      await crashed;
    }

    await app.engine.drain();
    expect(ran).toHaveLength(1);
    app.clock.advance(LEASE_MS);
    await app.engine.drain();
    expect(await app.runs()).toMatchObject([{ status: "completed", output: 2 }]);
    release();
    await crashed;
    expect(ran).toHaveLength(2);
    expect(await app.engine.stats()).toEqual({ due: 0, scheduled: 0, blocked: 0, executing: 0 });
  },
);

test("the late result of a lost lease is dropped", async () => {
  const { app, ran, reached, release } = await heldApp();
  const slow = app.another();
  await slow.register(SERVE_URL);
  await slow.send({ name: "start" });
  const late = slow.drain();
  await reached;
  app.clock.advance(LEASE_MS);
  await app.engine.drain();
  release();
  await late;
  expect(ran).toHaveLength(2);
  expect(await app.runs()).toMatchObject([{ status: "completed", output: 2 }]);
  const { rows } = await app.pool.query("SELECT memo FROM engine.step");
  expect(rows).toEqual([{ memo: '{"data":2}' }]);
});

test("a lease that its process renews is not taken, however long the step lasts", async () => {
  const { app, ran, reached, release } = await heldApp({ leaseMs: 600 });
  const holder = app.another({ clock: { now: () => Date.now() }, leaseMs: 600 });
  const other = app.another({ clock: { now: () => Date.now() }, leaseMs: 600 });
  await holder.register(SERVE_URL);
  await other.register(SERVE_URL);
  holder.start();
  await holder.send({ name: "start" });
  await reached;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await other.drain();
  release();
  await holder.stop();
  await other.drain();
  expect(ran).toHaveLength(1);
  expect(await app.runs()).toMatchObject([{ status: "completed", output: 1 }]);
});

test("the only process on a database takes over what a killed one had claimed, at once", async () => {
  const { app, ran, reached, release } = await heldApp();
  const process = killable(app.pool);
  const doomed = app.another({ pool: process.pool });
  await doomed.register(SERVE_URL);
  await doomed.send({ name: "start" });
  const crashed = doomed.drain().catch(() => undefined);
  await reached;
  process.kill();

  const ended = gate();
  const successor = app.another({
    exclusive: true,
    transport: async (request) => {
      const response = await app.transport(request);
      if (response.status === 200 && request.method === "POST") ended.open();
      return response;
    },
  });
  await successor.register(SERVE_URL);
  successor.start();
  await ended.opened;
  await successor.stop();
  release();
  await crashed;
  expect(ran).toHaveLength(2);
  expect(await app.runs()).toMatchObject([{ status: "completed", output: 2 }]);
});

test("stop lets a running step finish and store its result", async () => {
  const { app, ran, reached, release } = await heldApp();
  app.engine.start();
  await app.engine.send({ name: "start" });
  await reached;
  const stopped = app.engine.stop({ graceMs: 5000 });
  release();
  await stopped;
  expect(ran).toHaveLength(1);
  expect(await app.engine.stats()).toEqual({ due: 1, scheduled: 0, blocked: 0, executing: 0 });
  await expect(app.engine.send({ name: "start" })).rejects.toThrow("has stopped");

  const next = app.another();
  await next.register(SERVE_URL);
  await next.drain();
  expect(ran).toHaveLength(1);
  expect(await app.runs()).toMatchObject([{ status: "completed", output: 1 }]);
});

test("stop gives back a step that is not done in time, and another process runs it at once", async () => {
  const { app, ran, reached, release } = await heldApp();
  app.engine.start();
  await app.engine.send({ name: "start" });
  await reached;
  await app.engine.stop({ graceMs: 50 });
  expect(await app.engine.stats()).toEqual({ due: 1, scheduled: 0, blocked: 0, executing: 0 });
  const next = app.another();
  await next.register(SERVE_URL);
  await next.drain();
  release();
  expect(ran).toHaveLength(2);
  expect(await app.runs()).toMatchObject([{ status: "completed", output: 2 }]);
});

test("two processes on one database share the work, execute nothing twice and keep a function's limit", async () => {
  const ran: string[] = [];
  let executing = 0;
  let most = 0;
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", concurrency: 3, triggers: [{ event: "start" }] },
      async ({ event, step }) => {
        for (const part of ["a", "b"]) {
          await step.run(part, async () => {
            most = Math.max(most, ++executing);
            await new Promise((resolve) => setTimeout(resolve, 5));
            executing--;
            ran.push(`${event.data.n}${part}`);
          });
        }
      },
    ),
  ]);
  const other = app.another();
  await other.register(SERVE_URL);
  await app.engine.send(Array.from({ length: 12 }, (_, n) => ({ name: "start", data: { n } })));
  await Promise.all([app.engine.drain(), other.drain()]);
  await app.engine.drain();
  expect(ran).toHaveLength(24);
  expect(new Set(ran).size).toBe(24);
  expect(most).toBe(3);
  expect((await app.runs()).every(({ status }) => status === "completed")).toBe(true);
});

test("jobs that have come to nothing five times are executed one at a time, so that one that ends its process stands alone", async () => {
  let executing = 0;
  let most = 0;
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async () => {
      most = Math.max(most, ++executing);
      await new Promise((resolve) => setTimeout(resolve, 5));
      executing--;
    }),
  ]);
  await app.engine.send(Array.from({ length: 8 }, () => ({ name: "start" })));
  await app.pool.query("UPDATE engine.job SET claims = 5");
  await app.engine.drain();
  expect(most).toBe(1);
  expect((await app.runs()).every(({ status }) => status === "completed")).toBe(true);
});

test("a finished run, its steps and attempts, old events and keys are removed in batches; the event of an open run stays", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
      await step.run("a", () => 1);
    }),
    client.createFunction({ id: "open", triggers: [{ event: "open" }] }, async ({ step }) => {
      await step.sleep("long", "30d");
    }),
  ]);
  const start = (id: string) => ({ name: "start", id });
  await app.engine.send([start("1"), start("2"), start("3"), { name: "open" }]);
  await app.engine.drain();
  app.clock.advance(25 * 3_600_000);
  const before = new Date(app.clock.now() - 3_600_000);
  expect(await app.engine.prune(before, 2)).toEqual({
    run: 2,
    step: 2,
    attempt: 4,
    event: 2,
    event_key: 2,
  });
  expect(await app.engine.prune(before, 100)).toEqual({
    run: 1,
    step: 1,
    attempt: 2,
    event: 1,
    event_key: 1,
  });
  const { rows } = await app.pool.query("SELECT name FROM engine.event");
  expect(rows).toEqual([{ name: "open" }]);
  expect(await app.runs()).toMatchObject([{ function_id: "app-open", status: "running" }]);
});

test("parallel steps that two processes execute are joined exactly once", async () => {
  let joined = 0;
  const app = await testApp(
    (client) => [
      client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
        const parts = await Promise.all(
          [1, 2, 3, 4, 5].map((n) =>
            step.run(`part-${n}`, async () => {
              await new Promise((resolve) => setTimeout(resolve, 2));
              return n;
            }),
          ),
        );
        return step.run("join", () => {
          joined++;
          return parts.reduce((sum, n) => sum + n, 0);
        });
      }),
    ],
    { maxCalls: 5 },
  );
  const other = app.another();
  await other.register(SERVE_URL);
  await app.engine.send(Array.from({ length: 8 }, () => ({ name: "start" })));
  await Promise.all([app.engine.drain(), other.drain()]);
  await app.engine.drain();
  const runs = await app.runs();
  expect(runs.map(({ status, output }) => [status, output])).toEqual(
    Array.from({ length: 8 }, () => ["completed", 15]),
  );
  expect(joined).toBe(8);
  const { rows } = await app.pool.query(
    "SELECT run_id FROM engine.step GROUP BY run_id HAVING array_agg(position ORDER BY position) <> ARRAY[0, 1, 2, 3, 4, 5]",
  );
  expect(rows).toEqual([]);
});
