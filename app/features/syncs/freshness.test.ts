import { beforeEach, expect, test } from "vitest";
import { seedSync } from "../../../tests/api/seed.ts";
import { testDatabase } from "../../../tests/database.ts";
import { getFreshness } from "./freshness.server.ts";
import { getDataHealth } from "./queries.server.ts";

const { db, reset } = await testDatabase();
const NOW = Date.UTC(2026, 5, 1, 12);
const ago = (minutes: number) => new Date(NOW - minutes * 60_000);
const run = (
  type: "markets" | "whales" | "discovery",
  minutes: number,
  more: Partial<Parameters<typeof seedSync>[1]> = {},
) => seedSync(db, { type, startedAt: ago(minutes), requests: 1, ...more });

beforeEach(reset);

test("before any run there is no data, and that is said", async () => {
  expect(await getFreshness(db, NOW)).toEqual({
    lastDataAt: null,
    state: "never",
    running: false,
    why: "No run has brought data yet.",
  });
});

test("the age is that of the newest run that the venue answered", async () => {
  await run("markets", 4);
  await run("whales", 1.5, { finishedAt: ago(1.25) });
  await run("whales", 0.5, { requests: 0, note: "No wallet was due." });
  await run("discovery", 0.25, { fetched: 10 });
  expect(await getFreshness(db, NOW)).toEqual({
    lastDataAt: ago(1.25).toISOString(),
    state: "on-time",
    running: false,
    why: null,
  });
});

test("a long run counts by its last step that was answered", async () => {
  await run("markets", 4);
  const id = await run("whales", 8, { status: "running", finishedAt: null, requests: 90 });
  await db.syncPart.createMany({
    data: [
      { syncLogId: id, key: "1", status: "completed", requests: 40, finishedAt: ago(3) },
      { syncLogId: id, key: "2", status: "completed", requests: 50, finishedAt: ago(0.5) },
      { syncLogId: id, key: "3", status: "failed", requests: 5, finishedAt: ago(0.1) },
    ],
  });
  expect(await getFreshness(db, NOW)).toMatchObject({
    lastDataAt: ago(0.5).toISOString(),
    state: "on-time",
    running: true,
  });
});

test("it is delayed once a job is later than its schedule, and failing once its last run failed", async () => {
  await run("markets", 4);
  await run("whales", 2.5);
  expect(await getFreshness(db, NOW)).toMatchObject({
    state: "delayed",
    why: "Whale trades: It runs every minute; its last good run is older.",
  });
  await run("whales", 1, {
    status: "failed",
    requests: 5,
    errorCode: "SERVICE_UNAVAILABLE",
    errorMessage: "answered 503",
  });
  expect(await getFreshness(db, NOW)).toMatchObject({
    lastDataAt: ago(2.5).toISOString(),
    state: "failing",
    why: "Whale trades: SERVICE_UNAVAILABLE: answered 503",
  });
});

test("a run that had nothing to do does not hide that the last read failed", async () => {
  await run("markets", 4);
  await run("whales", 3, { status: "failed", errorCode: "TIMEOUT", errorMessage: "slow" });
  await run("whales", 0.5, { requests: 0, note: "No wallet was due." });
  expect(await getFreshness(db, NOW)).toMatchObject({
    state: "failing",
    why: "Whale trades: TIMEOUT: slow",
  });
  expect(await getDataHealth(db, "whales")).toMatchObject({
    failing: { since: ago(3).toISOString(), why: "TIMEOUT: slow" },
  });
});

test("without a key only the markets count", async () => {
  await run("whales", 600);
  await run("whales", 500, {
    status: "skipped",
    finishedAt: ago(0.5),
    requests: 0,
    note: "Set OPINION_API_KEY.",
  });
  await run("markets", 3);
  expect(await getFreshness(db, NOW)).toMatchObject({
    lastDataAt: ago(3).toISOString(),
    state: "on-time",
  });
});
