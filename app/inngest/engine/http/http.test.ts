import { expect, test } from "vitest";
import { ulid } from "../events/ulid.ts";
import { InvalidInputError } from "./invalid-input.ts";
import { NOW, testHttp } from "./test-http.ts";

test("events are posted with their seed, and get the ids of the answer", async () => {
  const sent: unknown[] = [];
  const { fetch } = await testHttp({
    send: async (body, seed) => {
      sent.push([body, seed]);
      return { ids: ["01"] };
    },
  });
  const response = await fetch("http://engine.local/e/any-key", {
    method: "POST",
    headers: { "x-inngest-event-id-seed": "1,seed" },
    body: '{"name":"a"}',
  });
  expect([response.status, await response.json()]).toEqual([200, { ids: ["01"], status: 200 }]);
  expect(sent).toEqual([[{ name: "a" }, "1,seed"]]);
});

test("what cannot be accepted says why: 400 for the sender's fault, 503 for the engine's", async () => {
  const { call, fetch } = await testHttp({
    send: async (body) => {
      if (body === 1) throw new InvalidInputError("event 0 needs a name");
      throw new Error("the database is gone");
    },
  });
  expect(await call("POST /e/key", 1)).toEqual({
    status: 400,
    body: { status: 400, error: "event 0 needs a name" },
  });
  expect(await call("POST /e/key", 2)).toEqual({
    status: 503,
    body: { status: 503, error: "the database is gone" },
  });
  const broken = await fetch("http://engine.local/e/key", { method: "POST", body: "{" });
  expect([broken.status, (await broken.json()).error]).toEqual([400, "the body is not JSON"]);
});

test("a body of more than 64 MiB is refused before it is all read", async () => {
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(8 * 1024 * 1024));
    },
  });
  const request = new Request("http://engine.local/e/key", {
    method: "POST",
    body,
    duplex: "half",
  } as RequestInit);
  const { fetch } = await testHttp();
  expect((await fetch(request)).status).toBe(413);
  expect(pulled).toBeLessThan(20);
});

test("a run is cancelled by either request; what cannot be cancelled says why", async () => {
  const { call, rows } = await testHttp({ cancel: async (runId) => runId === running });
  const running = await rows.run(NOW);
  const done = await rows.run(NOW, { status: "completed" });
  const gone = await rows.run(NOW, { status: "cancelled" });
  const cancelled = { run_id: running, status: "Cancelled" };
  expect((await call(`POST /v1/runs/${running}/cancel`)).body.data).toEqual(cancelled);
  expect((await call(`DELETE /v1/runs/${running}`)).body.data).toEqual(cancelled);
  expect((await call(`DELETE /v1/runs/${gone}`)).status).toBe(200);
  const refused = await call(`DELETE /v1/runs/${done}`);
  expect([refused.status, refused.body.error]).toEqual([
    409,
    `run ${done} cannot be cancelled: it is Completed`,
  ]);
  expect((await call(`DELETE /v1/runs/${ulid(NOW)}`)).status).toBe(404);
});

test("running again gives the id of the new run", async () => {
  const { call, rows } = await testHttp({
    rerun: async (runId) => (runId === known ? "new" : null),
  });
  const known = await rows.run(NOW);
  const unregistered = await rows.run(NOW);
  expect(await call(`POST /v1/runs/${known}/rerun`)).toMatchObject({
    status: 201,
    body: { data: { run_id: "new", original_run_id: known } },
  });
  const refused = await call(`POST /v1/runs/${unregistered}/rerun`);
  expect(refused.status).toBe(409);
  expect(refused.body.error).toMatch(/function .* is not registered/);
  expect((await call(`POST /v1/runs/${ulid(NOW)}/rerun`)).status).toBe(404);
});

test("apps register and are removed; a function that cannot be run is a 400 that the SDK passes on", async () => {
  const registered: unknown[] = [];
  const { call } = await testHttp({
    registerFunctions: async (app) => {
      if (app.appId === "bad")
        throw new InvalidInputError('bad-f: cron "@daily" is not understood');
      registered.push(app);
    },
    removeApp: async (url) => url === "http://localhost:3000/api/inngest",
  });
  const url = "http://localhost:3000/api/inngest";
  const app = { url, appName: "shop", functions: [{}] };
  expect(await call("POST /fn/register", { ...app, deployType: "ping", v: "0.1" })).toEqual({
    status: 200,
    body: { ok: true, modified: true },
  });
  expect(registered).toEqual([{ url, appId: "shop", functions: [{}] }]);
  expect(await call("POST /fn/register", { ...app, appName: "bad" })).toEqual({
    status: 400,
    body: { status: 400, error: 'bad-f: cron "@daily" is not understood' },
  });
  const malformed = await call("POST /fn/register", { url: "localhost" });
  expect(malformed.status).toBe(400);
  expect(malformed.body.error).toMatch(/url: .*appName: .*functions: /);
  expect((await call(`DELETE /fn/remove?url=${encodeURIComponent(app.url)}`)).status).toBe(200);
  expect((await call("DELETE /fn/remove?url=http://other")).status).toBe(404);
  expect((await call("DELETE /fn/remove")).status).toBe(400);
});

test("a checkpoint's status is passed on", async () => {
  const runId = ulid(NOW);
  const posted: unknown[] = [];
  const { call } = await testHttp({
    checkpoint: async (id, body) => {
      posted.push([id, body]);
      return posted.length === 1 ? { status: 200 } : { status: 409, error: "the run has ended" };
    },
  });
  expect((await call(`POST /v1/checkpoint/${runId}/async`, { steps: [] })).status).toBe(200);
  expect(await call(`POST /v1/checkpoint/${runId}/async`, {})).toEqual({
    status: 409,
    body: { status: 409, error: "the run has ended" },
  });
  expect(posted[0]).toEqual([runId, { steps: [] }]);
});

test("what is published in realtime is accepted; what the engine cannot do is refused by name", async () => {
  const { call } = await testHttp();
  expect((await call("POST /v1/realtime/publish?channel=c&topic=t", {})).status).toBe(200);
  for (const [request, name] of [
    ["POST /v1/signals", "step.sendSignal"],
    ["POST /v1/realtime/token", "realtime"],
    ["POST /v1/checkpoint", "durable endpoints"],
    [`GET /v0/runs/${ulid(NOW)}/actions`, "in every call"],
  ] as const) {
    const { status, body } = await call(request);
    expect([status, body.error]).toEqual([501, expect.stringContaining(name)]);
  }
  expect(await call("GET /v2/anything")).toEqual({
    status: 404,
    body: { status: 404, error: "the embedded engine has no GET /v2/anything" },
  });
});

test("/dev lists the functions, /health answers", async () => {
  const trigger = { event: "shop/paid", condition: { text: "event.data.n > 1" } };
  const definition = {
    id: "shop-fulfil",
    name: "Fulfil",
    appUrl: "http://localhost:3000/api/inngest",
    triggers: [trigger, { cron: "0 9 * * *" }],
  };
  const { call } = await testHttp({ functions: () => [definition] as never });
  expect((await call("GET /dev")).body.functions).toEqual([
    {
      id: "shop-fulfil",
      name: "Fulfil",
      url: "http://localhost:3000/api/inngest",
      triggers: [{ event: "shop/paid", expression: "event.data.n > 1" }, { cron: "0 9 * * *" }],
    },
  ]);
  expect((await call("GET /health")).body.status).toBe(200);
});
