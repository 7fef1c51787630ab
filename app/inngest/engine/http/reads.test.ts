import { expect, test } from "vitest";
import { ulid } from "../events/ulid.ts";
import { NOW, testHttp } from "./test-http.ts";

const iso = (ms: number) => new Date(ms).toISOString();

test("events are listed newest first, page by page, by name and by time", async () => {
  const { call, rows } = await testHttp();
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push(await rows.event(NOW + i * 1000, i % 2 ? "odd" : "even"));
  const first = await call("GET /v1/events?limit=2");
  expect(first.body.data.map((event: { internal_id: string }) => event.internal_id)).toEqual([
    ids[4],
    ids[3],
  ]);
  expect(first.body.data[0]).toEqual({
    internal_id: ids[4],
    received_at: iso(NOW + 4000),
    id: "own",
    name: "even",
    data: { n: 1 },
    user: {},
    ts: NOW + 4000,
  });
  expect(first.body.metadata).toEqual({
    fetched_at: iso(NOW),
    cached_until: null,
    next_cursor: ids[3],
  });
  const rest = await call(`GET /v1/events?limit=4&cursor=${ids[3]}`);
  expect(rest.body.data).toHaveLength(3);
  expect(rest.body.metadata.next_cursor).toBeNull();
  const odd = await call("GET /v1/events?name=odd");
  expect(odd.body.data.map((event: { name: string }) => event.name)).toEqual(["odd", "odd"]);
  const window = await call(
    `GET /v1/events?received_after=${iso(NOW + 1000)}&received_before=2026-05-01T14:00:03+02:00`,
  );
  expect(window.body.data.map((event: { internal_id: string }) => event.internal_id)).toEqual([
    ids[2],
    ids[1],
  ]);
});

test.each([
  ["/v1/events?limit=0", "limit must be a whole number from 1 to 100"],
  ["/v1/events?limit=101", "limit must be a whole number from 1 to 100"],
  ["/v1/events?limit=many", "limit must be a whole number from 1 to 100"],
  ["/v1/events?cursor=x", "cursor must be the id of the last row of the page before"],
  [
    "/v1/events?received_after=yesterday",
    "received_after must be a time like 2026-01-31T12:00:00Z",
  ],
  ["/v1/events/order-17", '"order-17" is not an event\'s id'],
  ["/v1/runs/17", '"17" is not a run\'s id'],
])("GET %s is refused", async (path, message) => {
  const { status, body } = await (await testHttp()).call(`GET ${path}`);
  expect([status, body.status]).toEqual([400, 400]);
  expect(body.error).toContain(message);
});

test("one event by the id of the answer, with the runs it started", async () => {
  const { call, rows } = await testHttp();
  const eventId = await rows.event(NOW, "shop/paid");
  const run = await rows.run(NOW, {
    eventId,
    status: "completed",
    output: '{"n":1}',
    ended_at: new Date(NOW + 10),
  });
  const again = await rows.run(NOW + 1, { eventId, status: "queued", original_run_id: run });
  expect((await call(`GET /v1/events/${eventId}`)).body.data.name).toBe("shop/paid");
  expect((await call(`GET /v1/events/${eventId}/runs`)).body.data).toEqual([
    expect.objectContaining({
      run_id: again,
      status: "Queued",
      original_run_id: run,
      output: null,
    }),
    {
      run_id: run,
      function_id: "shop-fulfil",
      status: "Completed",
      run_started_at: iso(NOW),
      ended_at: iso(NOW + 10),
      event_id: eventId,
      event_ids: [eventId],
      event_name: "shop/paid",
      original_run_id: null,
      parent_run_id: null,
      cron: null,
      output: { n: 1 },
      error: null,
      cancel_cause: null,
    },
  ]);
  const page = await call(`GET /v1/events/${eventId}/runs?limit=1`);
  expect(page.body.metadata.next_cursor).toBe(again);
  const rest = await call(`GET /v1/events/${eventId}/runs?limit=1&cursor=${again}`);
  expect(rest.body.data[0].run_id).toBe(run);

  const unknown = ulid(NOW);
  expect((await call(`GET /v1/events/${unknown}`)).status).toBe(404);
  expect((await call(`GET /v1/events/${unknown}/runs`)).body.data).toEqual([]);
  expect((await call(`GET /v1/runs/${unknown}`)).status).toBe(404);
});

test("a run has its steps in the order of completion, with attempts, outputs, errors and waits", async () => {
  const { call, rows } = await testHttp();
  const runId = await rows.run(NOW);
  const boom = { name: "Error", message: "boom" };
  await rows.step(runId, "second", { position: 1, memo: JSON.stringify({ error: boom }) });
  await rows.step(runId, "first", { position: 0, memo: '{"data":{"data":7}}' });
  const until = iso(NOW + 60_000);
  const waits = { event: "shop/paid", until };
  await rows.step(runId, "nap", { op: "Sleep", details: JSON.stringify({ until }) });
  await rows.step(runId, "wait", { op: "WaitForEvent", details: JSON.stringify(waits) });
  await rows.step(runId, "got", { position: 2, memo: '{"name":"x","data":{}}' });
  await rows.step(runId, "now");
  await rows.step(runId, "later");
  await rows.attempt(runId, "second", 0, boom);
  await rows.attempt(runId, "second", 1, boom);
  await rows.attempt(runId, "later", 0, boom);
  await rows.attempt(runId, "step", 0, boom);
  await rows.job(runId, "nap", { kind: "sleep", state: "waiting" });
  await rows.job(runId, "wait", { kind: "wait", state: "waiting" });
  await rows.job(runId, "now", { state: "claimed" });
  await rows.job(runId, "later", { state: "waiting", due_at: new Date(NOW + 15_000) });

  const { body } = await call(`GET /v1/runs/${runId}`);
  const steps: Record<string, unknown>[] = body.data.steps;
  const inShort = steps.map((step) => [step.name, step.status, step.output, step.waits_for]);
  expect(inShort.slice(0, 3)).toEqual([
    ["first", "Completed", { data: 7 }, null],
    ["second", "Failed", null, null],
    ["got", "Completed", { name: "x", data: {} }, null],
  ]);
  expect(inShort.slice(3).sort()).toEqual([
    ["later", "Queued", null, null],
    ["nap", "Waiting", null, { until }],
    ["now", "Running", null, null],
    ["wait", "Waiting", null, waits],
  ]);
  expect(steps[1]).toMatchObject({
    error: boom,
    attempts: [
      { number: 0, status: "Failed", started_at: iso(NOW), ended_at: iso(NOW + 5), error: boom },
      { number: 1, status: "Failed" },
    ],
  });
  expect(steps.find(({ name }) => name === "later")).toMatchObject({
    next_attempt_at: iso(NOW + 15_000),
    attempts: [{ number: 0 }],
  });
  expect(body.data.attempts).toMatchObject([{ number: 0, status: "Failed", error: boom }]);
});

test("a step that failed in the call that found it is listed while it waits for its next attempt", async () => {
  const { call, pool, rows } = await testHttp();
  const runId = await rows.run(NOW);
  const boom = { name: "Error", message: "boom" };
  await rows.attempt(runId, "charge", 0, boom);
  await rows.job(runId, "step", { state: "waiting", due_at: new Date(NOW + 15_000) });
  expect((await call(`GET /v1/runs/${runId}`)).body.data).toMatchObject({
    status: "Running",
    next_call_at: iso(NOW + 15_000),
    attempts: [],
    steps: [
      {
        name: "charge",
        status: "Queued",
        error: boom,
        next_attempt_at: iso(NOW + 15_000),
        attempts: [{ number: 0 }],
      },
    ],
  });
  await pool.query("DELETE FROM engine.job");
  await pool.query("UPDATE engine.run SET status = 'cancelled', ended_at = $1", [new Date(NOW)]);
  expect((await call(`GET /v1/runs/${runId}`)).body.data).toMatchObject({
    status: "Cancelled",
    next_call_at: null,
    steps: [{ status: "Failed", next_attempt_at: null }],
  });
});

test("a failed run shows its error as its output, a cron run its expression", async () => {
  const error = { name: "Error", message: "boom" };
  const { call, rows } = await testHttp();
  const failed = await rows.run(NOW, {
    status: "failed",
    error: JSON.stringify(error),
    ended_at: new Date(NOW),
  });
  const tick = await rows.run(NOW + 1, {
    event_name: "inngest/scheduled.timer",
    events: '[{"name":"inngest/scheduled.timer","data":{"cron":"0 9 * * 1","text":"\\u0000"}}]',
  });
  expect((await call(`GET /v1/runs/${failed}`)).body.data).toMatchObject({
    status: "Failed",
    output: error,
    error,
    event_id: null,
  });
  expect((await call(`GET /v1/runs/${tick}`)).body.data.cron).toBe("0 9 * * 1");
});
