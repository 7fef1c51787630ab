import { once } from "node:events";
import { existsSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openDatabase } from "~/lib/db.server.ts";
import { createLogger } from "~/lib/logger.server.ts";
import { type DemoVenue, startDemoVenue } from "../../demo/server.ts";
import { ask, dataOf, postJson, runServer, waitFor } from "./server-process.ts";
import { serversOfFile } from "./servers-of-file.ts";

vi.setConfig({ testTimeout: 90_000 });

const servers = serversOfFile();
let venue: DemoVenue;

beforeAll(async () => {
  const world = { seed: "stop", whales: 3, markets: 10, historyFills: 300, tradesPerSecond: 0.01 };
  venue = await startDemoVenue({ ...world, requestsPerSecond: null });
});
afterAll(() => venue.close());

const optionsFor = (dataDir: string) => ({
  retryIntervalSeconds: 1,
  env: {
    DATA_DIR: dataDir,
    OPINION_API_URL: venue.apiUrl,
    OPINION_FRONTEND_URL: venue.frontendUrl,
    OPINION_API_KEY: venue.apiKey,
    OPINION_REQUESTS_PER_SECOND: "1000",
  },
});
const openFolder = (dataDir: string) =>
  openDatabase({
    dataDir,
    world: "live",
    migrationsDir: "prisma/migrations",
    logger: createLogger("silent"),
  });
const start = (dataDir: string) => servers.start(optionsFor(dataDir));

type SyncRow = { id: string; type: string; status: string };
const syncsOf = (url: string): Promise<SyncRow[]> => dataOf(url, "/api/v1/syncs?limit=100");
const running = (syncs: SyncRow[], type?: string) =>
  syncs.filter((sync) => sync.status === "running" && (!type || sync.type === type));

test("a stopped server frees its folder at once, and the next start has the data", async () => {
  const dataDir = servers.folder();
  const first = await start(dataDir);
  const wallet = { venue: "opinion", address: `0x${"a".repeat(40)}`, label: "Mine" };
  expect((await ask(first.url, postJson("/api/v1/whales", wallet))).status).toBe(201);
  const { code, ms } = await first.end("SIGTERM");
  expect(code).toBe(0);
  expect(ms).toBeLessThan(6_000);
  expect(existsSync(path.join(dataDir, "lock"))).toBe(false);

  const second = await start(dataDir);
  const whales: { label: string | null }[] = await dataOf(second.url, "/api/v1/whales?limit=100");
  expect(whales.map(({ label }) => label)).toContain("Mine");
  expect((await second.end("SIGINT")).code).toBe(0);
});

test("a stop in the middle of the start ends it as cleanly", async () => {
  const dataDir = servers.folder();
  const stopAt = "Inngest functions registered";
  const { code, stdout, stderr } = await runServer({ ...optionsFor(dataDir), stopAt });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).not.toContain("ready after");
  expect(existsSync(path.join(dataDir, "lock"))).toBe(false);
});

test("a request that is open when the stop comes is answered", async () => {
  const server = await start(servers.folder());
  const wallet = JSON.stringify({ venue: "opinion", address: `0x${"b".repeat(40)}` });
  const headers = {
    "content-type": "application/json",
    "content-length": String(wallet.length),
    connection: "keep-alive",
  };
  const open = request(`${server.url}/api/v1/whales`, { method: "POST", headers });
  open.write(wallet.slice(0, 10));
  // Another answer means that the server has had the open request, too.
  await ask(server.url, { path: "/healthz" });
  const ended = server.end("SIGTERM");
  await waitFor(
    () => ask(server.url, { path: "/healthz" }).then(() => "open", String),
    (connection) => connection.includes("ECONNREFUSED"),
  );
  open.end(wallet.slice(10));
  const [response] = (await once(open, "response")) as [IncomingMessage];
  expect(response.statusCode).toBe(201);
  response.resume();
  expect((await ended).code).toBe(0);
});

test.each(["SIGTERM", "SIGKILL"] as const)(
  "a sync that %s cuts off is finished by the next start",
  async (signal) => {
    const dataDir = servers.folder();
    const slow = { kind: "slow", match: "trades", delayMs: 4_000 };
    await fetch(`${venue.url}/__faults`, { method: "POST", body: JSON.stringify(slow) });
    const first = await start(dataDir);
    await waitFor(
      () => syncsOf(first.url),
      (syncs) => running(syncs, "whales").length > 0,
    );
    const { code, ms } = await first.end(signal);
    expect(code).toBe(signal === "SIGTERM" ? 0 : null);
    expect(ms).toBeLessThan(8_000);

    await fetch(`${venue.url}/__faults`, { method: "DELETE" });
    const second = await start(dataDir);
    const syncs = await waitFor(
      () => syncsOf(second.url),
      (all) => running(all).length === 0 && all.some(({ type }) => type === "whales"),
      60_000,
    );
    expect(syncs.filter(({ status }) => status === "failed")).toEqual([]);
    const fills = venue.world.trades().list.length;
    const stored = await waitFor(
      () => dataOf(second.url, "/api/v1/trades?limit=500"),
      (trades) => trades.length >= fills,
    );
    expect(stored).toHaveLength(fills);
    expect((await second.end("SIGTERM")).code).toBe(0);
  },
);

test("runs that SIGKILL cuts off, and that nobody goes on with, are closed as failed with their reason by the next start", async () => {
  const dataDir = servers.folder();
  const slow = { kind: "slow", match: "trades", delayMs: 4_000 };
  await fetch(`${venue.url}/__faults`, { method: "POST", body: JSON.stringify(slow) });
  const first = await start(dataDir);
  const [cut] = await waitFor(
    async () => running(await syncsOf(first.url), "whales"),
    (syncs) => syncs.length > 0,
  );
  await first.end("SIGKILL");
  await fetch(`${venue.url}/__faults`, { method: "DELETE" });
  // As if the server had been down until the runs' deadline was over, and the engine had been given up.
  const database = await openFolder(dataDir);
  const past = new Date(Date.now() - 60_000);
  await database.db.syncLog.updateMany({
    where: { status: "running" },
    data: { deadlineAt: past },
  });
  await database.db.run.updateMany({ where: { status: "running" }, data: { expiresAt: past } });
  await database.close();

  const second = await start(dataDir);
  const closed: SyncRow & { errorCode: string; errorMessage: string } = await dataOf(
    second.url,
    `/api/v1/syncs?status=failed&limit=100`,
  ).then((syncs) => syncs.find(({ id }: SyncRow) => id === cut?.id));
  expect(closed).toMatchObject({
    errorCode: "EXECUTION_FAILED",
    errorMessage: expect.stringContaining("was not running when this run should have ended"),
  });
  expect(second.output()).toContain("are closed as failed");
  const fills = venue.world.trades().list.length;
  await waitFor(
    () => dataOf(second.url, "/api/v1/trades?limit=500"),
    (trades) => trades.length >= fills,
  );
  expect((await second.end("SIGTERM")).code).toBe(0);
});
