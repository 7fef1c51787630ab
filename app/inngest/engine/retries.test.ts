import { RetryAfterError } from "inngest";
import { expect, test } from "vitest";
import { SERVE_URL, testApp } from "./test-app.ts";

/** Minutes and seconds between the attempts that were recorded. */
function gaps(times: number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

test("a step that fails is tried again after Inngest's backoff, five times by default", async () => {
  const tries: number[] = [];
  const attempts: unknown[] = [];
  const app = await testApp(
    (client) => [
      client.createFunction(
        { id: "main", triggers: [{ event: "start" }] },
        async ({ step, attempt, maxAttempts }) => {
          await step.run("never", () => {
            tries.push(app.clock.now());
            attempts.push([attempt, maxAttempts]);
            throw new TypeError("no");
          });
        },
      ),
    ],
    { random: () => 0.5 },
  );
  await app.engine.send({ name: "start" });
  await app.settle(3_600_000);

  expect(attempts).toEqual([0, 1, 2, 3, 4].map((attempt) => [attempt, 5]));
  expect(gaps(tries)).toEqual([15_000, 30_000, 60_000, 120_000].map((ms) => ms + 15_000));
  expect(await app.runs()).toMatchObject([
    { status: "failed", error: { name: "TypeError", message: "no" } },
  ]);
});

test("after a failed step succeeds the next step begins at attempt 0 again", async () => {
  const seen: unknown[] = [];
  const app = await testApp(
    (client) => [
      client.createFunction(
        { id: "main", retries: 3, triggers: [{ event: "start" }] },
        async ({ step, attempt }) => {
          await step.run("shaky", () => {
            if (attempt < 2) throw new Error(`not yet ${attempt}`);
          });
          await step.run("next", () => seen.push(attempt));
          return "done";
        },
      ),
    ],
    { retryIntervalMs: 1000 },
  );
  await app.engine.send({ name: "start" });
  await app.settle(10_000);
  expect(seen).toEqual([0]);
  expect(await app.runs()).toMatchObject([{ status: "completed", output: "done" }]);
  const { rows } = await app.pool.query(
    "SELECT name, number, status FROM engine.attempt ORDER BY id",
  );
  expect(rows).toEqual([
    { name: "shaky", number: 0, status: "failed" },
    { name: "shaky", number: 1, status: "failed" },
    { name: "shaky", number: 2, status: "completed" },
    { name: "next", number: 0, status: "completed" },
    { name: "", number: 0, status: "completed" },
  ]);
});

test("RetryAfterError sets the delay, between one second and a day", async () => {
  const tries: number[] = [];
  const waits = ["90s", "10d"];
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", triggers: [{ event: "start" }] },
      async ({ step, attempt }) => {
        await step.run("polite", () => {
          tries.push(app.clock.now());
          const wait = waits[attempt];
          if (wait) throw new RetryAfterError("later", wait);
        });
      },
    ),
  ]);
  await app.engine.send({ name: "start" });
  await app.settle(3 * 86_400_000);
  expect(gaps(tries)).toEqual([90_000, 86_400_000]);
});

test("a reply that is not the SDK's is an error and is retried", async () => {
  let answers = 0;
  const app = await testApp(
    (client) => [
      client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async () => "done"),
    ],
    { retryIntervalMs: 1000 },
  );
  const engine = app.another({
    retryIntervalMs: 1000,
    transport: async (request) => {
      if (request.method === "PUT" || answers++ > 1) return app.transport(request);
      if (answers === 1) throw new Error("connection refused");
      return new Response("<html>not found</html>", { status: 200 });
    },
  });
  await engine.register(SERVE_URL);
  await engine.send({ name: "start" });
  await engine.drain();
  app.clock.advance(1000);
  await engine.drain();
  app.clock.advance(1000);
  await engine.drain();
  expect(await app.runs()).toMatchObject([{ status: "completed", output: "done" }]);
  const { rows } = await app.pool.query("SELECT error FROM engine.attempt ORDER BY id");
  expect(rows.map(({ error }) => error && JSON.parse(error).message)).toEqual([
    "connection refused",
    "The reply (status 200) does not come from the Inngest SDK",
    null,
  ]);
});
