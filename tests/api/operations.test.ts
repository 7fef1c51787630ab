import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { beforeEach, expect, test } from "vitest";
import { readReadiness } from "~/features/operations/readiness.server.ts";
import { PrismaClient } from "~/generated/prisma/client.ts";
import { createLogger } from "~/lib/logger.server.ts";
import { createMetrics } from "~/lib/metrics.server.ts";
import { testDatabase } from "../database.ts";
import { NOW, testApp } from "./app.tsx";
import { parseMetrics, problemsOfMetrics } from "./metrics-text.ts";
import { seedSync } from "./seed.ts";

const { db, reset } = await testDatabase();
const logger = createLogger("silent");
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

beforeEach(reset);

/** Nobody listens there. */
const deadDatabase = () =>
  new PrismaClient({
    adapter: new PrismaPg(
      new pg.Pool({ host: "127.0.0.1", port: 9, connectionTimeoutMillis: 500 }),
    ),
  });

async function readyz() {
  const { request } = await testApp(db);
  const { status, json } = await request("/readyz");
  return { status, ...json };
}

const good = (type: "markets" | "whales", minutes: number) =>
  seedSync(db, {
    type,
    startedAt: minutesAgo(minutes),
    finishedAt: minutesAgo(minutes),
    fetched: 5,
  });

test("an empty archive is ready: its data is not measured yet", async () => {
  const answer = await readyz();
  expect(answer).toEqual({
    status: "ready",
    checks: {
      database: { state: "ready" },
      engine: { state: "ready" },
      data: {
        markets: { state: "not measured yet", reason: "Markets: No run has brought data yet." },
        whales: { state: "not measured yet", reason: "Whale trades: No run has brought data yet." },
      },
    },
  });
});

test("young data is ready, also after a failed run; data older than its schedule promises is not", async () => {
  await good("markets", 4);
  await good("whales", 1);
  await seedSync(db, { type: "markets", startedAt: minutesAgo(1), status: "failed", fetched: 0 });
  const ready = await readyz();
  expect(ready.checks.data).toEqual({ markets: { state: "ready" }, whales: { state: "ready" } });

  await reset();
  await good("markets", 11);
  await good("whales", 1);
  const { request } = await testApp(db);
  const late = await request("/readyz");
  expect(late.status).toBe(503);
  const reason =
    "Markets: it runs every 5 minutes; the venue last answered at 2026-03-01T11:49:30.000Z.";
  expect(late.json).toMatchObject({
    status: "not ready",
    reasons: [reason],
    checks: { data: { markets: { state: "not ready", reason }, whales: { state: "ready" } } },
  });
});

test("of a job that is paused or has a standing reason not to run nothing is expected", async () => {
  await good("markets", 600);
  await good("whales", 600);
  await db.jobPause.create({
    data: { type: "markets", pausedAt: minutesAgo(300), reason: "venue moves" },
  });
  const note = "The venue asks for an API key.";
  await seedSync(db, { type: "whales", startedAt: minutesAgo(1), status: "skipped", note });
  const { status, checks } = await readyz();
  expect(status).toBe("ready");
  expect(checks.data).toMatchObject({
    markets: { state: "not measured yet", reason: expect.stringContaining("venue moves") },
    whales: { state: "not measured yet", reason: `Whale trades: ${note}` },
  });
});

test("an engine that has not started and a database that does not answer are not ready", async () => {
  const starting = { state: "not ready", reason: "The job engine has not started yet." } as const;
  const options = { db, logger, now: NOW.getTime(), health: async () => {} };
  expect(await readReadiness({ ...options, engine: starting })).toMatchObject({
    status: "not ready",
    reasons: [starting.reason],
    checks: { database: { state: "ready" }, engine: starting },
  });
  const health = () => Promise.reject(new Error("gone"));
  expect(await readReadiness({ ...options, health, engine: { state: "ready" } })).toMatchObject({
    status: "not ready",
    reasons: ["The database does not answer."],
    checks: {
      database: { state: "not ready" },
      engine: { state: "ready" },
      data: { markets: { state: "not measured yet" } },
    },
  });
});

test("an Inngest server is known by the runs it starts", async () => {
  const read = () =>
    readReadiness({ db, logger, now: NOW.getTime(), health: async () => {}, engine: null });
  expect((await read()).checks.engine).toEqual({
    state: "not measured yet",
    reason: "The Inngest server has started no run yet.",
  });
  const run = (id: string, minutes: number) =>
    db.run.create({
      data: {
        action: "sync-whales",
        idempotencyKey: id,
        correlationId: id,
        inngestRunId: id,
        status: "completed",
        startedAt: minutesAgo(minutes),
        expiresAt: NOW,
      },
    });
  await run("a", 6);
  expect((await read()).checks.engine).toMatchObject({
    state: "not measured yet",
    reason: "The Inngest server has started no run since 2026-03-01T11:54:30.000Z.",
  });
  await run("b", 1);
  expect((await read()).checks.engine).toEqual({ state: "ready" });
});

test("what is measured is in /metrics, what is not is absent", async () => {
  const metrics = createMetrics();
  const { request } = await testApp(db, { metrics });
  const empty = await request("/metrics");
  expect(empty.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(empty.headers.get("cache-control")).toBe("no-store");
  const { samples: before } = parseMetrics(empty.text);
  expect(before.filter(({ name }) => /data_age|last_success|failing/.test(name))).toEqual([]);
  expect(problemsOfMetrics(empty.text)).toEqual([]);

  await good("markets", 4);
  await seedSync(db, { type: "markets", startedAt: minutesAgo(2), status: "failed", fetched: 0 });
  await db.jobPause.create({ data: { type: "cleanup", pausedAt: NOW } });
  await db.notification.createMany({
    data: [null, NOW].map((readAt) => ({
      kind: "incident" as const,
      severity: "error" as const,
      scope: String(readAt),
      title: "",
      body: "",
      createdAt: NOW,
      resolvedAt: readAt,
      readAt,
    })),
  });
  metrics.runEnded("sync-markets", "completed");
  metrics.runEnded("sync-markets", "duplicate");
  metrics.attemptEnded("sync-markets", { request: null, status: "success", code: null });
  const failed = { request: "GET /market", status: "retryable", code: "TIMEOUT" };
  metrics.attemptEnded("sync-markets", failed);
  metrics.requestAnswered({ method: "GET", route: "/markets/:id", status: 200, durationMs: 30 });
  metrics.requestAnswered({ method: "GET", route: "/markets/:id", status: null, durationMs: 30 });
  metrics.queryWasSlow("pages");
  const { text } = await request("/metrics");
  expect(problemsOfMetrics(text)).toEqual([]);
  const lines = text.split("\n");
  for (const line of [
    "opinion_scope_database_up 1",
    'opinion_scope_data_age_seconds{job="markets"} 240',
    'opinion_scope_job_last_success_timestamp_seconds{job="markets"} 1772366190',
    'opinion_scope_job_failing{job="markets"} 1',
    'opinion_scope_job_paused{job="cleanup"} 1',
    'opinion_scope_job_paused{job="markets"} 0',
    "opinion_scope_dead_letters_open 0",
    "opinion_scope_notifications_unread 1",
    "opinion_scope_incidents_open 1",
    'opinion_scope_pacer_limit_requests_per_second{venue="opinion"} 15',
    'opinion_scope_pacer_paused{venue="opinion"} 0',
    'opinion_scope_queue_jobs{state="scheduled"} 2',
    "opinion_scope_live_clients 0",
    'opinion_scope_pool_connections{pool="pages",state="busy"} 1',
    'opinion_scope_pool_waiting_queries{pool="pages"} 0',
    'opinion_scope_runs_total{action="sync-markets",status="completed"} 1',
    'opinion_scope_runs_total{action="sync-markets",status="duplicate"} 1',
    'opinion_scope_attempts_total{action="sync-markets",kind="request",status="retryable"} 1',
    'opinion_scope_errors_total{kind="request",code="TIMEOUT"} 1',
    'opinion_scope_slow_queries_total{pool="pages"} 1',
    'opinion_scope_http_request_duration_seconds_bucket{le="0.04",method="GET",route="/markets/:id",status="2xx"} 1',
    'opinion_scope_http_request_duration_seconds_count{method="GET",route="/markets/:id",status="aborted"} 1',
  ]) {
    expect(lines).toContain(line);
  }
});

test("without its database the process is measured still", async () => {
  const dead = deadDatabase();
  const { request } = await testApp(dead);
  const { status, text } = await request("/metrics");
  expect(status).toBe(200);
  expect(text.split("\n")).toContain("opinion_scope_database_up 0");
  const { samples } = parseMetrics(text);
  const names = samples.map(({ name }) => name);
  expect(names).toContain("opinion_scope_live_clients");
  expect(names).not.toContain("opinion_scope_dead_letters_open");
  expect(names).not.toContain("opinion_scope_queue_jobs");
  await dead.$disconnect();
});

test("with a token set /metrics asks for it, the probes do not", async () => {
  const token = "a-long-enough-token";
  const { request } = await testApp(db, { environment: { ADMIN_TOKEN: token } });
  const refused = await request("/metrics");
  expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  const headers = { authorization: `Bearer ${token}` };
  expect((await request("/metrics", { headers })).status).toBe(200);
  expect((await request("/metrics", { method: "POST", headers })).status).toBe(405);
  expect((await request("/readyz")).status).toBe(200);
});

test("every metric is described on the page on operations", async () => {
  const { readFileSync } = await import("node:fs");
  const page = readFileSync("docs/operations.md", "utf8");
  const { request } = await testApp(db);
  const { types } = parseMetrics((await request("/metrics")).text);
  expect(types.size).toBeGreaterThan(15);
  const missing = [...types.keys()].filter((name) => !page.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});
