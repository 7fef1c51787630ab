import { expect, test } from "vitest";
import { testApp } from "./test-app.ts";

/** A function on "start" that waits for "paid" of its own order, and notes what came. */
async function waiter(checkpointing = true) {
  const got: unknown[] = [];
  const app = await testApp(
    (client) => [
      client.createFunction(
        { id: "main", triggers: [{ event: "start" }] },
        async ({ event, step }) => {
          await step.run("begin", () => 1);
          const paid = await step.waitForEvent("paid", {
            event: "paid",
            timeout: "1h",
            if: "event.data.order == async.data.order && async.data.total >= 5",
          });
          await step.run("note", () => got.push([event.data.order, paid?.data ?? null]));
          return paid;
        },
      ),
    ],
    { checkpointing },
  );
  const send = async (name: string, data: Record<string, unknown>, id?: string) => {
    await app.engine.send({ name, data, ...(id ? { id } : {}) });
    await app.engine.drain();
  };
  return { app, got, send };
}

test("a wait goes on with the first later event that meets its expression, and with that event alone", async () => {
  const { app, got, send } = await waiter();
  await send("paid", { order: 1, total: 9 });
  await send("start", { order: 1 });
  app.clock.advance(1);
  await send("start", { order: 2 });
  await send("paid", { order: 1, total: 4 });
  await send("paid", { order: "1", total: 9 });
  await send("paid", { total: 9 });
  expect(got).toEqual([]);
  await send("paid", { order: 1, total: 5, note: "first" }, "payment-1");
  await send("paid", { order: 1, total: 6, note: "second" });
  expect(got).toEqual([[1, { order: 1, total: 5, note: "first" }]]);
  expect(await app.runs()).toMatchObject([
    { status: "completed", output: { name: "paid", id: "payment-1", data: { note: "first" } } },
    { status: "running" },
  ]);
});

test("a wait that nothing meets gives null when its time is up, and not before", async () => {
  const { app, got, send } = await waiter();
  await send("start", { order: 1 });
  app.clock.advance(3_599_000);
  await app.engine.drain();
  expect(got).toEqual([]);
  app.clock.advance(1000);
  await app.engine.drain();
  expect(got).toEqual([[1, null]]);
  await send("paid", { order: 1, total: 9 });
  expect(await app.runs()).toMatchObject([{ status: "completed", output: null }]);
});

test("one event wakes every run that waits for it, and each of several waits of a run", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
      const wait = (id: string) => step.waitForEvent(id, { event: "go", timeout: "1h" });
      const both = await Promise.all([wait("one"), wait("two")]);
      return both.map((event) => event?.data.n);
    }),
  ]);
  await app.engine.send([{ name: "start" }, { name: "start" }]);
  await app.engine.drain();
  await app.engine.send({ name: "go", data: { n: 7 } });
  await app.engine.drain();
  expect(await app.runs()).toMatchObject([
    { status: "completed", output: [7, 7] },
    { status: "completed", output: [7, 7] },
  ]);
});

test("a wait with match asks for the same value in both events", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
      const event = await step.waitForEvent("w", {
        event: "paid",
        timeout: "1h",
        match: "data.order.id",
      });
      return event?.data.n;
    }),
  ]);
  await app.engine.send({ name: "start", data: { order: { id: "x" } } });
  await app.engine.drain();
  await app.engine.send([
    { name: "paid", data: { n: 1, order: { id: "y" } } },
    { name: "paid", data: { n: 2, order: "x" } },
    { name: "paid", data: { n: 3, order: { id: "x" } } },
    { name: "paid", data: { n: 4, order: { id: "x" } } },
  ]);
  await app.engine.drain();
  expect(await app.runs()).toMatchObject([{ status: "completed", output: 3 }]);
});

test("a wait with match finds a value that looks like an escape of JSON", async () => {
  const { app, got, send } = await waiter();
  const order = String.raw`C:\u0000 \\ud800`;
  await send("start", { order });
  await send("paid", { order, total: 5 });
  expect(got).toEqual([[order, { order, total: 5 }]]);
  expect(await app.runs()).toMatchObject([{ status: "completed" }]);
});

test("a wait with an expression that cannot be read fails the run and names the step", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
      await step.waitForEvent("odd", { event: "paid", timeout: "1h", if: "async.data.x ===" });
    }),
  ]);
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  expect(await app.runs()).toMatchObject([
    { status: "failed", error: { message: expect.stringContaining('Step "odd" cannot wait') } },
  ]);
});

test("in a race with a wait the code goes on as soon as the event is there", async () => {
  const log: string[] = [];
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", triggers: [{ event: "start" }] },
      async ({ step, group }) => {
        const first = await group.parallel({ mode: "race" }, () =>
          Promise.race([
            step.waitForEvent("w", { event: "go", timeout: "1h" }).then(() => "event"),
            step.sleep("nap", "30m").then(() => "time"),
          ]),
        );
        await step.run("after", () => log.push(first));
        return first;
      },
    ),
  ]);
  await app.engine.send([{ name: "start" }]);
  await app.engine.drain();
  await app.engine.send({ name: "go" });
  await app.engine.drain();
  expect(log).toEqual(["event"]);
  expect(await app.runs()).toMatchObject([{ status: "running" }]);
  await app.settle(3_600_000);
  expect(log).toEqual(["event"]);
  expect(await app.runs()).toMatchObject([{ status: "completed", output: "event" }]);
});
