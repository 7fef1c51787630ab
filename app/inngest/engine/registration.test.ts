import type { Inngest, InngestFunction } from "inngest";
import { expect, test } from "vitest";
import { testApp } from "./test-app.ts";

type Options = Parameters<Inngest["createFunction"]>[0];

test.each<[string, Partial<Options>, string]>([
  ["idempotency", { idempotency: "event.data.id" }, 'option "idempotency" is not supported'],
  ["debounce", { debounce: { period: "5s" } }, 'option "debounce" is not supported'],
  ["throttle", { throttle: { limit: 1, period: "1m" } }, 'option "throttle" is not supported'],
  ["rateLimit", { rateLimit: { limit: 1, period: "1m" } }, 'option "rateLimit" is not supported'],
  [
    "batchEvents",
    { batchEvents: { maxSize: 3, timeout: "5s" } },
    'option "batchEvents" is not supported',
  ],
  ["singleton", { singleton: { mode: "skip" } }, 'option "singleton" is not supported'],
  ["priority", { priority: { run: "100" } }, 'option "priority" is not supported'],
  ["cancelOn", { cancelOn: [{ event: "stop" }] }, 'option "cancelOn" is not supported'],
  [
    "a concurrency key",
    { concurrency: { limit: 1, key: "event.data.k" } },
    'option "concurrency.key" is not supported',
  ],
  [
    "a concurrency scope",
    { concurrency: { limit: 1, scope: "env", key: "1" } },
    'option "concurrency.scope" is not supported',
  ],
  [
    "concurrency 0",
    { concurrency: { limit: 0 } },
    'option "concurrency" must be a whole number of at least 1',
  ],
  [
    "an if expression",
    { triggers: [{ event: "start", if: "event.data.n > 1" }] },
    'option "if" of trigger "start"',
  ],
  ["a misplaced wildcard", { triggers: [{ event: "a*b" }] }, 'trigger "a*b"'],
  [
    "a cron with seconds",
    { triggers: [{ cron: "0 * * * * *" }] },
    'cron "0 * * * * *" has not exactly five fields',
  ],
  [
    "a cron nickname",
    { triggers: [{ cron: "@daily" }] },
    'cron "@daily" has not exactly five fields',
  ],
  ["a cron that cannot be", { triggers: [{ cron: "61 * * * *" }] }, "app-main: "],
  ["a cron in no zone", { triggers: [{ cron: "TZ=Nowhere/City 0 9 * * *" }] }, "app-main: "],
])("a function with %s stops the registration by name", async (_, options, problem) => {
  const create = (client: Inngest): InngestFunction.Any[] => [
    client.createFunction(
      { id: "main", triggers: [{ event: "start" }], ...options } as Options,
      async () => {},
    ),
  ];
  await expect(testApp(create)).rejects.toThrow(problem);
  await expect(testApp(create)).rejects.toThrow("set INNGEST_DEV to use an Inngest server");
});

test("every problem of every function is listed at once", async () => {
  const failure = await testApp((client) => [
    client.createFunction(
      { id: "one", triggers: [], debounce: { period: "1s" }, idempotency: "1" },
      async () => {},
    ),
    client.createFunction({ id: "two", triggers: [], singleton: { mode: "skip" } }, async () => {}),
  ]).catch((error: Error) => error.message);
  expect(failure).toContain('app-one: option "debounce"');
  expect(failure).toContain('app-one: option "idempotency"');
  expect(failure).toContain('app-two: option "singleton"');
});

test("an app that does not answer as an Inngest app is not registered", async () => {
  const app = await testApp(() => []);
  const engine = app.another({ transport: async () => new Response("<html></html>") });
  await expect(engine.register()).rejects.toThrow("did not answer as an Inngest app (status 200)");
});

test("a failed registration leaves the earlier one in place", async () => {
  let broken = false;
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async () => "ran"),
  ]);
  const engine = app.another({
    transport: async (request) =>
      broken && request.method === "PUT"
        ? new Response("", { status: 500 })
        : app.transport(request),
  });
  await engine.register();
  broken = true;
  await expect(engine.register()).rejects.toThrow("status 500");
  await engine.send({ name: "start" });
  await engine.drain();
  expect(await app.runs()).toMatchObject([{ status: "completed", output: "ran" }]);
});

test("jobs of a function that is no longer in the code fail instead of waiting for ever", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async () => {}),
  ]);
  await app.engine.send({ name: "start" });
  await app.pool.query("UPDATE engine.run SET function_id = 'app-old'");
  await app.pool.query("UPDATE engine.job SET function_id = 'app-old', queue = 'app-old'");
  await app.engine.register();
  await app.settle(3_600_000);
  const [run] = await app.runs();
  expect(run?.status).toBe("failed");
  expect(run?.error?.message).toContain('"app-old" was not found');
});
