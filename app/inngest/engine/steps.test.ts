import { expect, test } from "vitest";
import { testApp } from "./test-app.ts";

test("steps run one after the other, once each, and every call carries the results so far", async () => {
  const ran: string[] = [];
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", triggers: [{ event: "start" }] },
      async ({ event, step }) => {
        const a = await step.run("a", () => {
          ran.push("a");
          return event.data.n + 1;
        });
        const b = await step.run("b", () => {
          ran.push("b");
          return { twice: a * 2 };
        });
        return { a, b };
      },
    ),
  ]);
  await app.engine.send({ name: "start", data: { n: 1 } });
  await app.engine.drain();

  expect(ran).toEqual(["a", "b"]);
  expect(await app.runs()).toMatchObject([
    { function_id: "app-main", status: "completed", output: { a: 2, b: { twice: 4 } } },
  ]);
  expect(
    app.calls.map(({ stepId, status, body }) => ({
      stepId,
      status,
      version: body.version,
      memos: Object.values(body.steps),
      stack: body.ctx.stack.stack.length,
    })),
  ).toEqual([
    { stepId: "step", status: 206, version: -1, memos: [], stack: 0 },
    { stepId: "step", status: 206, version: 2, memos: [{ data: 2 }], stack: 1 },
    {
      stepId: "step",
      status: 200,
      version: 2,
      memos: [{ data: 2 }, { data: { twice: 4 } }],
      stack: 2,
    },
  ]);
});

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

test("one step id used several times gives separate steps", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
      const squares: number[] = [];
      for (let i = 0; i < 4; i++) squares.push(await step.run("again", () => i * i));
      return squares;
    }),
  ]);
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  expect(await app.runs()).toMatchObject([{ status: "completed", output: [0, 1, 4, 9] }]);
});

test("steps started together are planned first, run side by side, and joined when all are done", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
      const chain = async (id: string) => {
        const one = await step.run(`${id}1`, () => id);
        return step.run(`${id}2`, () => one + one);
      };
      const [a, b] = await Promise.all([chain("a"), chain("b"), step.sleep("nap", "5s")]);
      return step.run("join", () => a + b);
    }),
  ]);
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  expect(await app.runs()).toMatchObject([{ status: "running" }]);
  await app.settle(6000);

  expect(await app.runs()).toMatchObject([{ status: "completed", output: "aabb" }]);
  const targeted = app.calls.filter(({ stepId }) => stepId !== "step");
  expect(targeted).toHaveLength(4);
  expect(targeted.every(({ body }) => body.ctx.disable_immediate_execution)).toBe(true);
  expect(new Set(targeted.map(({ stepId }) => stepId)).size).toBe(4);
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
