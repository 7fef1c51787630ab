import { expect, test } from "vitest";
import { testApp } from "./test-app.ts";

/** A run of a function that is done at once, not executed yet. */
async function queued() {
  const app = await testApp(
    (client) => [
      client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async () => "done"),
    ],
    { retryIntervalMs: 1000 },
  );
  await app.engine.send({ name: "start" });
  const errors = async () => {
    const { rows } = await app.pool.query("SELECT error FROM engine.attempt ORDER BY id");
    return rows.map(({ error }) => error && JSON.parse(error).name);
  };
  return { app, errors };
}

test("a run whose function is not registered is tried again, and goes on once it is", async () => {
  const { app, errors } = await queued();
  const bare = app.another({ retryIntervalMs: 1000 });
  await bare.drain();
  expect(await errors()).toEqual(["FunctionNotFoundError"]);
  app.clock.advance(1000);
  await app.engine.drain();
  expect(await app.runs()).toMatchObject([{ status: "completed", output: "done" }]);
});

test("a run whose function stays away fails after five attempts and says what to do", async () => {
  const { app, errors } = await queued();
  const bare = app.another({ retryIntervalMs: 1000 });
  for (let n = 0; n < 6; n++) {
    await bare.drain();
    app.clock.advance(1000);
  }
  expect(await errors()).toHaveLength(5);
  expect(await app.runs()).toMatchObject([
    {
      status: "failed",
      error: {
        message:
          'No registered app has the function "app-main". Start the app that has it, and register it.',
      },
    },
  ]);
});

test("a call whose process ended twenty times is a failed attempt and is not made again", async () => {
  const { app, errors } = await queued();
  await app.pool.query("UPDATE engine.job SET claims = 20");
  await app.engine.drain();
  expect(app.calls).toHaveLength(0);
  expect(await errors()).toEqual(["WorkerLostError"]);
  app.clock.advance(1000);
  await app.engine.drain();
  expect(await app.runs()).toMatchObject([{ status: "completed" }]);
});

test("a run with more state than 32 MB fails in place of a call", async () => {
  const { app } = await queued();
  await app.pool.query("UPDATE engine.run SET state_bytes = 33554433");
  await app.engine.drain();
  expect(app.calls).toHaveLength(0);
  expect(await app.runs()).toMatchObject([
    { status: "failed", error: { name: "InngestErrStateOverflowed" } },
  ]);
});
