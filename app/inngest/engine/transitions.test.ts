import { referenceFunction } from "inngest";
import { expect, test } from "vitest";
import { gate, SERVE_URL, testApp } from "./test-app.ts";

// What happens while something else of the same run or function is under way.

/** Waits until the database has such a row. */
const untilThereIs = (app: Awaited<ReturnType<typeof testApp>>, condition: string) =>
  expect
    .poll(async () => (await app.pool.query(`SELECT FROM engine.job WHERE ${condition}`)).rowCount)
    .toBeGreaterThan(0);

test.each([
  ["a sleep's end", false],
  ["a race's winner", true],
])(
  "a step that a discovery finds after %s, while its sibling ends, is executed once",
  async (_, race) => {
    const ran: string[] = [];
    const slow = gate();
    const app = await testApp((client) => [
      client.createFunction(
        { id: "main", triggers: [{ event: "start" }] },
        async ({ step, group }) => {
          const work = () =>
            step.run("slow", async () => {
              await slow.opened;
              ran.push("slow");
            });
          if (race) {
            await group.parallel({ mode: "race" }, () =>
              Promise.race([step.run("fast", () => 1), work()]),
            );
          } else await Promise.race([step.sleep("nap", "1s"), work()]);
          await step.run("after", () => ran.push("after"));
          await step.run("end", () => ran.push("end"));
        },
      ),
    ]);
    const held = gate();
    let discoveries = 0;
    const engine = app.another({
      transport: async (request) => {
        const response = await app.transport(request);
        const discovers = new URL(request.url).searchParams.get("stepId") === "step";
        if (discovers && ++discoveries === 2) await held.opened;
        return response;
      },
    });
    await engine.register(SERVE_URL);
    await engine.send({ name: "start" });
    const first = engine.drain();
    if (!race) {
      await untilThereIs(app, "kind = 'sleep'");
      app.clock.advance(1000);
    }
    const second = engine.drain();
    await expect.poll(() => discoveries).toBe(2);
    slow.open();
    await untilThereIs(app, "again");
    held.open();
    await Promise.all([first, second]);
    await engine.drain();
    expect(await app.runs()).toMatchObject([{ status: "completed" }]);
    expect(ran).toEqual(["slow", "after", "end"]);
  },
);

test("a targeted call that says nothing of its step is a failed attempt, and the run does not stand still", async () => {
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", retries: 0, triggers: [{ event: "start" }] },
      async ({ step }) => {
        await Promise.all([step.run("a", () => 1), step.run("b", () => 2)]);
      },
    ),
  ]);
  const engine = app.another({
    transport: async (request) => {
      const response = await app.transport(request);
      const stepId = new URL(request.url).searchParams.get("stepId");
      return stepId && stepId !== "step"
        ? new Response("[]", { status: 206, headers: response.headers })
        : response;
    },
  });
  await engine.register(SERVE_URL);
  await engine.send({ name: "start" });
  await engine.drain();
  expect(await app.runs()).toMatchObject([{ status: "failed" }]);
});

test("a function that invokes itself as a singleton is cancelled by its own invocation, with all it planned", async () => {
  const ran: string[] = [];
  const app = await testApp((client) => {
    const main = client.createFunction(
      { id: "main", singleton: { mode: "cancel" }, triggers: [{ event: "start" }] },
      async ({ step, event }): Promise<void> => {
        if (event.name !== "start") {
          await step.run("child", () => ran.push("child"));
          return;
        }
        await Promise.all([
          step.run("a", () => ran.push("a")),
          step.invoke("self", { function: referenceFunction({ functionId: "main" }), data: {} }),
          step.run("b", () => ran.push("b")),
        ]);
      },
    );
    return [main];
  });
  await app.engine.send({ name: "start" });
  await app.settle(120_000);
  const statuses = (await app.runs()).map(({ status }) => status);
  expect(statuses.sort()).toEqual(["cancelled", "completed"]);
  expect(ran).toEqual(["child"]);
  expect(await app.engine.stats()).toEqual({ due: 0, scheduled: 0, blocked: 0, executing: 0 });
});

test("the call of a cancelled run holds its concurrency slot until it has come back", async () => {
  let executing = 0;
  let most = 0;
  const reached = gate();
  const release = gate();
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", concurrency: 1, triggers: [{ event: "start" }] },
      async ({ step, event }) => {
        await step.run("work", async () => {
          most = Math.max(most, ++executing);
          if (event.data.first) {
            reached.open();
            await release.opened;
          }
          executing--;
        });
      },
    ),
  ]);
  await app.engine.send({ name: "start", data: { first: true } });
  const draining = app.engine.drain();
  await reached.opened;
  const [run] = await app.runs();
  await app.engine.cancel(String(run?.id));
  await app.engine.send({ name: "start", data: {} });
  await untilThereIs(app, "state = 'blocked'");
  release.open();
  await draining;
  await app.engine.drain();
  expect(most).toBe(1);
  expect((await app.runs()).map(({ status }) => status).sort()).toEqual(["cancelled", "completed"]);
});

test("a rate limit counts an event when it comes, not again when its debounce is over", async () => {
  let ran = 0;
  const app = await testApp((client) => [
    client.createFunction(
      {
        id: "main",
        rateLimit: { limit: 1, period: "1m" },
        debounce: { period: "3s" },
        triggers: [{ event: "start" }],
      },
      async () => {
        ran++;
      },
    ),
  ]);
  await app.engine.send({ name: "start" });
  await app.settle(120_000);
  expect(ran).toBe(1);
});

/** Runs of a throttled function; when each began, in seconds. */
async function throttled(options: object) {
  const began: number[] = [];
  const app = await testApp((client) => [
    client.createFunction({ id: "main", ...options, triggers: [{ event: "start" }] }, async () => {
      began.push((app.clock.now() - start) / 1000);
    }),
  ]);
  const start = app.clock.now();
  const send = (count: number) =>
    app.engine.send(Array.from({ length: count }, () => ({ name: "start" })));
  return { app, began, send };
}

test("a throttle whose interval is no whole number of milliseconds loses no turn", async () => {
  const { app, began, send } = await throttled({ throttle: { limit: 7, period: "1m" } });
  await send(8);
  await app.settle(61_000);
  expect(began).toHaveLength(8);
});

test("a throttled run that is cancelled gives its turn to another", async () => {
  const { app, began, send } = await throttled({ throttle: { limit: 1, period: "1h" } });
  await send(6);
  await app.engine.drain();
  const queued = (await app.runs()).filter(({ status }) => status === "queued");
  for (const { id } of queued.slice(0, 4)) await app.engine.cancel(id);
  await app.settle(5_400_000);
  expect(began).toHaveLength(2);
});

test("a throttle that is loosened holds up nobody any longer", async () => {
  const { app, began, send } = await throttled({ throttle: { limit: 1, period: "1h" } });
  await send(2);
  await app.engine.drain();
  const limits = [{ id: "app-main", throttle_interval_ms: 1000, throttle_burst: 0 }];
  await app.pool.query("SELECT engine.register('x', 'app', '[]', $1::jsonb, $2)", [
    JSON.stringify(limits),
    app.clock.now(),
  ]);
  await app.engine.drain();
  await app.settle(10_000);
  expect(began).toHaveLength(2);
});

test("concurrency and throttle together: each start keeps its distance", async () => {
  const { app, began, send } = await throttled({
    concurrency: 1,
    throttle: { limit: 1, period: "10s" },
  });
  await send(5);
  await app.settle(300_000);
  expect(began).toEqual([0, 10, 20, 30, 40]);
});
