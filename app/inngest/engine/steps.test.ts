import { expect, test } from "vitest";
import { testApp } from "./test-app.ts";

test("what a step returns is what JSON makes of it, also where it looks like the protocol's own wrappers", async () => {
  const seen: unknown[] = [];
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
      seen.length = 0;
      seen.push(await step.run("date", () => new Date("2020-01-02T03:04:05.000Z")));
      seen.push(await step.run("nothing", () => undefined));
      seen.push(await step.run("wrapped", () => ({ data: { data: 1 } })));
      seen.push(await step.run("failed-looking", () => ({ error: { name: "E", message: "m" } })));
      seen.push(await step.run("characters", () => "it's \0 a \\ back\ud800slash"));
      return undefined;
    }),
  ]);
  await app.engine.send({ name: "start" });
  await app.engine.drain();

  expect(await app.runs()).toMatchObject([{ status: "completed", output: null }]);
  expect(seen).toEqual([
    "2020-01-02T03:04:05.000Z",
    null,
    { data: { data: 1 } },
    { error: { name: "E", message: "m" } },
    "it's \0 a \\ back\ud800slash",
  ]);
});

test("a sleep holds the run until its time and costs no call while it lasts", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
      await step.sleep("nap", "1h");
      await step.sleepUntil("past", new Date("2020-01-01T00:00:00Z"));
      return "awake";
    }),
  ]);
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  app.clock.advance(3_599_000);
  await app.engine.drain();
  expect(app.calls).toHaveLength(1);
  expect(await app.engine.stats()).toEqual({ due: 0, scheduled: 1, blocked: 0, executing: 0 });

  app.clock.advance(1000);
  await app.engine.drain();
  expect(await app.runs()).toMatchObject([{ status: "completed", output: "awake" }]);
  expect(await app.engine.stats()).toEqual({ due: 0, scheduled: 0, blocked: 0, executing: 0 });
});

test("a run of more than a thousand steps fails", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
      await Promise.all(Array.from({ length: 1001 }, (_, i) => step.run(`s${i}`, () => i)));
    }),
  ]);
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  expect(await app.runs()).toMatchObject([
    { status: "failed", error: { name: "InngestErrFunctionOverflowed" } },
  ]);
});

test("a long run gives its place to a run that waits for the same function", async () => {
  const order: string[] = [];
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", triggers: [{ event: "start" }], concurrency: 1 },
      async ({ event, step }) => {
        for (let n = 0; n < event.data.steps; n++) {
          await step.run(`s${n}`, () => {
            order.push(`${event.data.name}${n}`);
            app.clock.advance(600);
          });
        }
      },
    ),
  ]);
  await app.engine.send([
    { name: "start", data: { name: "long", steps: 6 } },
    { name: "start", data: { name: "short", steps: 1 } },
  ]);
  await app.engine.drain();
  expect(order).toHaveLength(7);
  expect(order.indexOf("short0")).toBeLessThan(4);
});
