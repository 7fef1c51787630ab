import { beforeAll, expect, test } from "vitest";
import { parseMetrics, problemsOfMetrics } from "../api/metrics-text.ts";
import { ask, type ServerProcess, waitFor } from "./server-process.ts";
import { serversOfFile } from "./servers-of-file.ts";

const servers = serversOfFile();
const TOKEN = "a-long-enough-token";
const headers = { authorization: `Bearer ${TOKEN}` };
let server: ServerProcess;

beforeAll(async () => {
  server = await servers.start({
    mode: "demo",
    env: {
      DATA_DIR: servers.folder(),
      ADMIN_TOKEN: TOKEN,
      LOG_LEVEL: "debug",
      SLOW_QUERY_MS: "1",
    },
  });
}, 120_000);

async function scrape() {
  const { text } = await ask(server.url, { path: "/metrics", headers });
  return { text, ...parseMetrics(text) };
}

const lines = () =>
  server
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));

test("a server that starts becomes ready, and says so part by part", async () => {
  const readyz = async () => JSON.parse((await ask(server.url, { path: "/readyz" })).text);
  expect(await readyz()).toMatchObject({
    status: "ready",
    checks: { database: { state: "ready" }, engine: { state: "ready" } },
  });
  const ready = await waitFor(
    readyz,
    ({ checks }) => checks.data.markets.state === "ready" && checks.data.whales.state === "ready",
    60_000,
  );
  expect(ready).toMatchObject({ status: "ready" });
}, 90_000);

test("/metrics tells of the process, its requests by route, its runs and its data", async () => {
  expect((await ask(server.url, { path: "/metrics" })).status).toBe(401);
  const stream = new AbortController();
  await fetch(`${server.url}/live?topics=trades`, { signal: stream.signal });
  const { text: page } = await ask(server.url, { path: "/markets" });
  const [, id] = /href="\/markets\/(\d+)"/.exec(page) ?? [];
  await ask(server.url, { path: `/markets/${id}` });
  await ask(server.url, { path: `/markets/${id}.data` });
  expect((await scrape()).text).toContain("opinion_scope_live_clients 1\n");
  stream.abort();
  await ask(server.url, { path: "/nowhere/at/all" });
  await ask(server.url, { path: "/assets/nope.js" });
  await ask(server.url, { path: "/api/v1/trades?limit=1" });
  const wanted = [
    'data_age_seconds{job="markets"}',
    'runs_total{action="compute-whale-stats",status="completed"}',
  ];
  const { text, samples } = await waitFor(
    scrape,
    (scraped) => wanted.every((line) => scraped.text.includes(`opinion_scope_${line}`)),
    60_000,
  );
  expect(problemsOfMetrics(text).filter((problem) => problem.startsWith("opinion_scope"))).toEqual(
    [],
  );
  const sumOf = (name: string, wanted: Record<string, string> = {}) =>
    samples
      .filter((sample) => sample.name === name)
      .filter(({ labels }) => Object.entries(wanted).every(([key, value]) => labels[key] === value))
      .reduce((sum, { value }) => sum + value, 0);
  const requests = (wanted: Record<string, string>) =>
    sumOf("opinion_scope_http_request_duration_seconds_count", wanted);
  expect(requests({ route: "/markets/:id", method: "GET", status: "2xx" })).toBe(2);
  expect(requests({ route: "/api/v1/trades", status: "2xx" })).toBe(1);
  expect(requests({ status: "4xx", route: "file" })).toBe(1);
  expect(requests({ route: "/live" })).toBe(0);
  expect(requests({ status: "4xx" })).toBeGreaterThanOrEqual(3);
  expect(
    sumOf("opinion_scope_attempts_total", { kind: "request", status: "success" }),
  ).toBeGreaterThan(0);
  expect(sumOf("opinion_scope_data_age_seconds", { job: "markets" })).toBeLessThan(120);
  expect(sumOf("opinion_scope_slow_queries_total")).toBeGreaterThan(0);
  expect(sumOf("opinion_scope_pool_connections", { pool: "engine" })).toBeGreaterThan(0);
  expect(sumOf("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(samples.some(({ name }) => name === "nodejs_eventloop_lag_p99_seconds")).toBe(true);
  // Patterns and classes, never addresses.
  const routes = new Set(samples.map(({ labels }) => labels.route).filter(Boolean));
  expect([...routes].filter((route) => /\d{2,}|\?|nowhere|nope/.test(route ?? ""))).toEqual([]);
}, 90_000);

test("logs are lines of JSON: requests by id and route, jobs by action, run and correlation, slow queries without data", async () => {
  await ask(server.url, { path: "/whales", headers: { "x-request-id": "from-the-proxy" } });
  const request = await waitFor(
    async () => lines().find(({ requestId }) => requestId === "from-the-proxy"),
    Boolean,
  );
  expect(request).toMatchObject({ msg: "request", method: "GET", route: "/whales", status: 200 });
  const ended = lines().find(
    ({ msg, action }) => msg === "run completed" && action === "compute-whale-stats",
  );
  const run = expect.stringMatching(/^[0-9A-Z]{26}$/);
  expect(ended).toMatchObject({ run, correlation: run });
  const slow = lines().filter(({ msg }) => msg === "slow query");
  expect(slow.length).toBeGreaterThan(0);
  for (const line of slow) {
    expect(line).toMatchObject({ level: 40, pool: expect.any(String), query: expect.any(String) });
    expect(line.query).not.toContain("0x");
  }
  const perSecond = new Map<string, number>();
  for (const { time } of slow) {
    const second = String(time).slice(0, 19);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  // The seconds of the log are not those of the clock: two of them may fall into one.
  for (const count of perSecond.values()) expect(count).toBeLessThanOrEqual(20);
  expect(server.output()).not.toContain(TOKEN);
}, 90_000);
