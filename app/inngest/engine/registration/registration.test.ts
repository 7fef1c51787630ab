import { Inngest, type InngestFunction } from "inngest";
import { serve } from "inngest/edge";
import { expect, test } from "vitest";
import { SERVE_URL, testApp } from "../test-app.ts";
import type { FunctionDefinition } from "../types.ts";
import { fetchRegistration, readFunctions } from "./registration.ts";

const URL = "http://app.local/api/inngest";
type Options = Parameters<Inngest["createFunction"]>[0];
const start = [{ event: "start" }];

/** The definitions of functions as the SDK registers them. */
async function register(functions: (client: Inngest) => InngestFunction.Any[]) {
  const client = new Inngest({ id: "app", isDev: true });
  const transport = serve({ client, functions: functions(client) });
  const { appId, functions: configs } = await fetchRegistration({ transport }, URL);
  return { appId, functions: readFunctions(URL, configs) };
}

/** The definition of one function with these options. */
async function registerOne(options: Partial<Options>): Promise<FunctionDefinition> {
  const { functions } = await register((client) => [
    client.createFunction({ id: "main", triggers: start, ...options } as Options, async () => {}),
  ]);
  const definition = functions.get("app-main");
  if (!definition) throw new Error("app-main is not registered");
  return definition;
}

test("a function without options has Inngest's defaults", async () => {
  expect(await registerOne({})).toEqual({
    id: "app-main",
    name: "main",
    appUrl: URL,
    triggers: [{ event: "start", condition: null }],
    maxAttempts: 5,
    concurrency: [],
    throttle: null,
    rateLimit: null,
    debounce: null,
    batch: null,
    priority: null,
    singleton: null,
    startTimeoutMs: null,
    finishTimeoutMs: null,
    cancelOn: [],
  });
});

const key = expect.objectContaining({ text: "event.data.k" });

test.each<[string, Partial<Options>, Partial<FunctionDefinition>]>([
  [
    "concurrency as a number",
    { concurrency: 7 },
    { concurrency: [{ limit: 7, scope: "fn", key: null }] },
  ],
  [
    "a concurrency rule",
    { concurrency: { limit: 2, key: "event.data.k" } },
    { concurrency: [{ limit: 2, scope: "fn", key }] },
  ],
  [
    "two concurrency rules",
    { concurrency: [{ limit: 2 }, { limit: 3, scope: "account", key: "event.data.k" }] },
    {
      concurrency: [
        { limit: 2, scope: "fn", key: null },
        { limit: 3, scope: "account", key },
      ],
    },
  ],
  ["concurrency 0, which is no limit", { concurrency: { limit: 0 } }, { concurrency: [] }],
  [
    "throttle",
    { throttle: { limit: 2, period: "1m" } },
    { throttle: { intervalMs: 30_000, burst: 0, key: null } },
  ],
  [
    "throttle with a burst",
    { throttle: { limit: 1, period: "1h30m", burst: 3, key: "event.data.k" } },
    { throttle: { intervalMs: 5_400_000, burst: 2, key } },
  ],
  [
    "rateLimit, with a tenth of the limit at once",
    { rateLimit: { limit: 20, period: "60s", key: "event.data.k" } },
    { rateLimit: { intervalMs: 3000, burst: 2, key } },
  ],
  [
    "idempotency in place of rateLimit",
    { idempotency: "event.data.k", rateLimit: { limit: 5, period: "1m" } },
    { rateLimit: { intervalMs: 86_400_000, burst: 0, key } },
  ],
  [
    "debounce",
    { debounce: { period: "7d", timeout: "8d", key: "event.data.k" } },
    { debounce: { periodMs: 604_800_000, timeoutMs: 691_200_000, key } },
  ],
  [
    "batchEvents",
    { batchEvents: { maxSize: 100, timeout: "60s", key: "event.data.k", if: "event.data.k" } },
    { batch: { maxSize: 100, timeoutMs: 60_000, key, condition: key } },
  ],
  ["priority", { priority: { run: "event.data.k" } }, { priority: key }],
  [
    "singleton",
    { singleton: { mode: "cancel", key: "event.data.k" } },
    { singleton: { mode: "cancel", key } },
  ],
  [
    "timeouts",
    { timeouts: { start: "10s", finish: "1h" } },
    { startTimeoutMs: 10_000, finishTimeoutMs: 3_600_000 },
  ],
  [
    "cancelOn",
    {
      cancelOn: [
        { event: "stop", match: "data.k" },
        { event: "halt", if: "async.data.all == true", timeout: "1h" },
        { event: "end", timeout: new Date("2100-01-01") },
      ],
    },
    {
      cancelOn: [
        {
          event: "stop",
          condition: expect.objectContaining({ text: "event.data.k == async.data.k" }),
          timeoutMs: null,
        },
        {
          event: "halt",
          condition: expect.objectContaining({ text: "async.data.all == true" }),
          timeoutMs: 3_600_000,
        },
        { event: "end", condition: null, timeoutMs: null, until: Date.parse("2100-01-01") },
      ],
    },
  ],
  ["retries", { retries: 20 }, { maxAttempts: 21 }],
  ["no triggers, to be invoked only", { triggers: [] }, { triggers: [] }],
  [
    "several triggers",
    { triggers: [{ event: "a/*" }, { event: "b", if: "event.data.k" }, { cron: "0 9 * * 1" }] },
    {
      triggers: [
        { event: "a/*", condition: null },
        { event: "b", condition: key },
        { cron: "0 9 * * 1", next: expect.any(Function) },
      ],
    },
  ],
])("%s is read as the SDK writes it", async (_, options, definition) => {
  expect(await registerOne(options)).toMatchObject(definition);
});

test("a function for failures is read as one of its own, with the condition the SDK gives it", async () => {
  const { appId, functions } = await register((client) => [
    client.createFunction({ id: "main", triggers: start, onFailure: () => {} }, async () => {}),
  ]);
  expect(appId).toBe("app");
  expect([...functions.keys()]).toEqual(["app-main", "app-main-failure"]);
  expect(functions.get("app-main-failure")).toMatchObject({
    name: "main (failure)",
    maxAttempts: 2,
    triggers: [
      {
        event: "inngest/function.failed",
        condition: { text: "event.data.function_id == 'app-main'" },
      },
    ],
  });
});

test("options that other SDKs register as null count as absent", () => {
  const config = {
    id: "a",
    name: null,
    triggers: [{ event: "e", expression: null }],
    steps: { step: { retries: null } },
    concurrency: null,
    throttle: null,
    cancel: null,
    idempotency: null,
  };
  expect(readFunctions(URL, [config]).get("a")).toMatchObject({
    name: "a",
    maxAttempts: 5,
    concurrency: [],
    cancelOn: [],
  });
});

test.each([
  ["a web page", new Response("<html></html>"), "did not answer as an Inngest app (status 200)"],
  ["an error", new Response("down", { status: 502 }), "(status 502): down"],
  ["no JSON", new Response("?", { headers: { "x-inngest-sdk": "js" } }), "did not answer in JSON"],
  [
    "no functions",
    new Response('{"app_id":"app"}', { headers: { "x-inngest-sdk": "js" } }),
    "is not readable",
  ],
])("an app that answers with %s is not registered", async (_, response, reason) => {
  const answer = fetchRegistration({ transport: async () => response }, URL);
  await expect(answer).rejects.toThrow(reason);
});

test("what is no list of functions is not a registration", () => {
  expect(() => readFunctions(URL, { functions: [] })).toThrow("gave no list of Inngest functions");
});

test("a failed registration leaves the earlier one in place", async () => {
  let broken = false;
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: start }, async () => "ran"),
  ]);
  const engine = app.another({
    transport: async (request) =>
      broken && request.method === "PUT"
        ? new Response("", { status: 500 })
        : app.transport(request),
  });
  await engine.register(SERVE_URL);
  broken = true;
  await expect(engine.register(SERVE_URL)).rejects.toThrow("status 500");
  await engine.send({ name: "start" });
  await engine.drain();
  expect(await app.runs()).toMatchObject([{ status: "completed", output: "ran" }]);
});

test("runs of a function that is no longer in the code fail instead of waiting for ever", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: start }, async () => {}),
  ]);
  await app.engine.send({ name: "start" });
  await app.pool.query("UPDATE engine.run SET function_id = 'app-old'");
  await app.pool.query("UPDATE engine.job SET function_id = 'app-old'");
  await app.engine.register(SERVE_URL);
  await app.settle(3_600_000);
  const [run] = await app.runs();
  expect(run?.status).toBe("failed");
  expect(run?.error?.message).toContain('"app-old"');
});
