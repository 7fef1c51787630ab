import { expect, test } from "vitest";
import { SERVE_URL, testApp } from "./test-app.ts";

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test("a chain of steps is one call, and each step is durable before the next begins", async () => {
  const saved: number[] = [];
  const app = await testApp(
    (client) => [
      client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
        for (const id of ["a", "b", "c"]) {
          await step.run(id, async () => {
            const { rows } = await app.pool.query(
              "SELECT 1 FROM engine.step WHERE memo IS NOT NULL",
            );
            saved.push(rows.length);
            return { id };
          });
        }
        return "end";
      }),
    ],
    { checkpointing: true },
  );
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  expect(saved).toEqual([0, 1, 2]);
  expect(app.calls).toHaveLength(1);
  expect(await app.runs()).toMatchObject([{ status: "completed", output: "end" }]);
});

test("steps that the app saves several at a time count the same", async () => {
  const app = await testApp(
    (client) => [
      client.createFunction(
        {
          id: "main",
          triggers: [{ event: "start" }],
          checkpointing: { bufferedSteps: 3, maxRuntime: "1h" },
        },
        async ({ step }) => {
          for (let n = 0; n < 7; n++) await step.run(`s${n}`, () => n);
          return "end";
        },
      ),
    ],
    { checkpointing: true },
  );
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  expect(await app.runs()).toMatchObject([{ status: "completed", output: "end" }]);
  const { rows } = await app.pool.query("SELECT name, memo FROM engine.step ORDER BY position");
  expect(rows).toEqual(
    Array.from({ length: 7 }, (_, n) => ({ name: `s${n}`, memo: `{"data":${n}}` })),
  );
});

test("a run that is cancelled while a step is executed does no further step, and that result is dropped", async () => {
  const ran: string[] = [];
  const cancelled: boolean[] = [];
  const app = await testApp(
    (client) => [
      client.createFunction(
        { id: "main", triggers: [{ event: "start" }] },
        async ({ step, runId }) => {
          await step.run("a", () => ran.push("a"));
          await step.run("b", async () => {
            ran.push("b");
            cancelled.push(await app.engine.cancel(runId), await app.engine.cancel(runId));
          });
          await step.run("c", () => ran.push("c"));
        },
      ),
    ],
    { checkpointing: true },
  );
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  expect(ran).toEqual(["a", "b"]);
  expect(cancelled).toEqual([true, false]);
  expect(await app.runs()).toMatchObject([{ status: "cancelled", output: null, error: null }]);
  const { rows } = await app.pool.query("SELECT name FROM engine.step");
  expect(rows).toEqual([{ name: "a" }]);
  expect(await app.engine.stats()).toMatchObject({ due: 0, scheduled: 0, executing: 0 });
});

test("an output that is too large ends the run before the next step begins", async () => {
  const ran: string[] = [];
  const app = await testApp(
    (client) => [
      client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
        await step.run("large", () => {
          ran.push("large");
          return "x".repeat(4 * 1024 * 1024);
        });
        await step.run("next", () => ran.push("next"));
      }),
    ],
    { checkpointing: true },
  );
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  expect(ran).toEqual(["large"]);
  expect(await app.runs()).toMatchObject([
    { status: "failed", error: { name: "output_too_large" } },
  ]);
});

test("when a worker is lost in the middle of a call, saved steps are not repeated and what that call still saves is refused", async () => {
  const ran: string[] = [];
  const begun = deferred();
  const held = deferred();
  const app = await testApp(
    (client) => [
      client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step }) => {
        await step.run("a", () => ran.push("a"));
        const b = await step.run("b", async () => {
          ran.push("b");
          if (ran.length > 2) return "second";
          begun.resolve();
          await held.promise;
          return "first";
        });
        await step.run("c", () => ran.push(`c after ${b}`));
        return b;
      }),
    ],
    { checkpointing: true },
  );
  await app.engine.send({ name: "start" });
  const lost = app.engine.drain();
  await begun.promise;
  app.clock.advance(60_000);

  const { fetch } = app.engine;
  const other = app.another();
  await other.register(SERVE_URL);
  app.engine.fetch = other.fetch;
  await other.drain();
  app.engine.fetch = fetch;
  held.resolve();
  await lost;

  expect(ran).toEqual(["a", "b", "b", "c after second"]);
  expect(await app.runs()).toMatchObject([{ status: "completed", output: "second" }]);
  const { rows } = await app.pool.query(
    "SELECT name, number, status FROM engine.attempt ORDER BY id",
  );
  expect(rows).toEqual([
    { name: "a", number: 0, status: "completed" },
    { name: "", number: 0, status: "interrupted" },
    { name: "b", number: 0, status: "completed" },
    { name: "c", number: 0, status: "completed" },
    { name: "", number: 0, status: "completed" },
  ]);
});
