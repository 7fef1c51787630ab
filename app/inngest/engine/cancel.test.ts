import { expect, test } from "vitest";
import { testDatabase } from "../../../tests/database.ts";
import { startListening } from "../../../tests/live/listening.ts";
import { SERVE_URL, testApp } from "./test-app.ts";

/** A run that does a step, sleeps for a minute and does another; and a listener on what was cancelled. */
async function sleeper() {
  const log: string[] = [];
  const app = await testApp((client) => [
    client.createFunction(
      {
        id: "main",
        triggers: [{ event: "start" }],
        cancelOn: [
          { event: "stop", match: "data.order" },
          { event: "stop/soon", timeout: "30s" },
          { event: "stop/if", if: "async.data.price > event.data.price" },
        ],
        onFailure: async () => {
          log.push("onFailure");
        },
      },
      async ({ event, step }) => {
        await step.run("begin", () => log.push(`begin ${event.data.order}`));
        await step.sleep("nap", "1m");
        await step.run("end", () => log.push(`end ${event.data.order}`));
      },
    ),
    client.createFunction(
      { id: "listener", triggers: [{ event: "inngest/function.cancelled" }] },
      async ({ event }) => {
        log.push(`cancelled ${event.data.event.data.order}`);
      },
    ),
  ]);
  const send = (name: string, data: object) => app.engine.send({ name, data: { ...data } });
  const statuses = async () => (await app.runs("app-main")).map(({ status }) => status).sort();
  return { app, log, send, statuses };
}

test("an event that meets cancelOn ends the runs it means, tells the listeners, and no other run", async () => {
  const { app, log, send, statuses } = await sleeper();
  await send("stop", { order: 1 });
  await send("start", { order: 1, price: 5 });
  await send("start", { order: "2", price: 5 });
  await send("start", { order: 3, price: 9 });
  await app.engine.drain();
  await send("stop", { order: 2 });
  await send("stop", { order: 1 });
  await send("stop/if", { price: 8 });
  await app.engine.drain();
  expect(await statuses()).toEqual(["cancelled", "cancelled", "running"]);
  await app.settle(120_000);
  expect(await statuses()).toEqual(["cancelled", "cancelled", "completed"]);
  expect(log.sort()).toEqual([
    "begin 1",
    "begin 2",
    "begin 3",
    "cancelled 1",
    "cancelled 2",
    "end 3",
  ]);
  const { rows } = await app.pool.query("SELECT id FROM engine.pause");
  expect(rows).toEqual([]);
});

test("a cancelOn with a timeout reacts no longer than that", async () => {
  const { app, send, statuses } = await sleeper();
  await send("start", { order: 1 });
  await app.engine.drain();
  app.clock.advance(31_000);
  await send("stop/soon", {});
  await app.settle(120_000);
  expect(await statuses()).toEqual(["completed"]);
});

test("a run that has not begun is cancelled without a call", async () => {
  const { app, log, statuses } = await sleeper();
  const ts = app.clock.now() + 60_000;
  await app.engine.send({ name: "start", data: { order: 1 }, ts });
  await app.engine.drain();
  const [run] = await app.runs();
  expect(await app.engine.cancel(String(run?.id))).toBe(true);
  await app.settle(120_000);
  expect(log).toEqual(["cancelled 1"]);
  expect(await app.engine.cancel("01JUNKNOWN")).toBe(false);
  expect(await statuses()).toEqual(["cancelled"]);
});

test("a run keeps why it was cancelled", async () => {
  const app = await testApp((client) => {
    const sleeping = (id: string, options: object) =>
      client.createFunction({ id, ...options, triggers: [{ event: "start" }] }, ({ step }) =>
        step.sleep("nap", "1h"),
      );
    return [
      sleeping("asked", {}),
      sleeping("event", { cancelOn: [{ event: "shop/stop" }] }),
      sleeping("late", { timeouts: { finish: "30s" } }),
      sleeping("single", { singleton: { mode: "cancel" } }),
      sleeping("well", {}),
    ];
  });
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  const [asked] = await app.runs("app-asked");
  await app.engine.cancel(String(asked?.id));
  await app.engine.send([{ name: "shop/stop" }, { name: "start" }]);
  await app.settle(60_000);
  const { rows } = await app.pool.query<{ function_id: string; cancel_cause: string }>(
    "SELECT function_id, cancel_cause FROM engine.run WHERE status = 'cancelled' ORDER BY function_id, id",
  );
  expect(rows.map(({ function_id, cancel_cause }) => [function_id, cancel_cause])).toEqual([
    ["app-asked", "asked"],
    ["app-event", "event shop/stop"],
    ["app-late", "timeout:finish"],
    ["app-late", "timeout:finish"],
    ["app-single", "singleton"],
  ]);
});

test("who listens to the database hears of a run that its timeout cancels", async () => {
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", timeouts: { finish: "10s" }, triggers: [{ event: "start" }] },
      async ({ step }) => {
        await step.sleep("nap", "1h");
      },
    ),
  ]);
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  const heard: string[] = [];
  const { listen } = await testDatabase();
  const end = await startListening(listen, (payload) => heard.push(payload));
  const next = app.another({ notify: { channel: "opinion_scope", payload: "ended" } });
  await next.register(SERVE_URL);
  app.clock.advance(10_000);
  await next.drain();
  expect(await app.runs()).toMatchObject([{ status: "cancelled" }]);
  await expect.poll(() => heard).toContain("ended");
  await end();
});

test("Rerun starts a new run with the same events, whatever its rate limit and its event's id say", async () => {
  const seen: unknown[] = [];
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", rateLimit: { limit: 1, period: "1h" }, triggers: [{ event: "start" }] },
      async ({ event, runId }) => {
        seen.push({ data: event.data, id: event.id, runId });
        return seen.length;
      },
    ),
  ]);
  await app.engine.send({ name: "start", id: "own", data: { n: 1 } });
  await app.engine.drain();
  const [first] = await app.runs();
  const again = await app.engine.rerun(String(first?.id));
  await app.engine.drain();
  expect(seen).toEqual([
    { data: { n: 1 }, id: "own", runId: first?.id },
    { data: { n: 1 }, id: "own", runId: again },
  ]);
  const { rows } = await app.pool.query(
    "SELECT original_run_id, (SELECT count(*)::int FROM engine.run_event WHERE run_id = r.id) AS events FROM engine.run r WHERE id = $1",
    [again],
  );
  expect(rows).toEqual([{ original_run_id: first?.id, events: 1 }]);
  expect(await app.engine.rerun("01JUNKNOWN")).toBe(null);
});

test("rerun of a singleton function says that it is busy, not that it is unknown", async () => {
  const app = await testApp((client) => [
    client.createFunction(
      { id: "f", singleton: { mode: "skip" }, triggers: { event: "a" } },
      async ({ step }) => {
        await step.sleep("s", "1h");
      },
    ),
  ]);
  await app.engine.send({ name: "a" });
  await app.settle(1000);
  const [run] = await app.runs();
  const response = await app.engine.fetch(`http://engine.local/v1/runs/${run?.id}/rerun`, {
    method: "POST",
  });
  expect(response.status).toBe(409);
  expect(((await response.json()) as { error: string }).error).not.toContain("not registered");
});
