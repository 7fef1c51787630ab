import { beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { seedSync } from "../../../tests/api/seed.ts";
import { testDatabase } from "../../../tests/database.ts";
import { readQuarantineShares, readWatchedJobs } from "./watched-jobs.server.ts";

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
});

const NOW = new Date("2026-03-01T12:00:30Z");
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const TIMEOUT = { status: "failed", errorCode: "TIMEOUT", errorMessage: "No answer." } as const;

async function markets(graceMs = 0) {
  const jobs = await readWatchedJobs(db, NOW.getTime(), graceMs);
  const job = jobs.find(({ type }) => type === "markets");
  if (!job) throw new Error("markets is not watched");
  return job;
}

test("a job fails once its last two runs that did some work have failed", async () => {
  await seedSync(db, { type: "markets", startedAt: ago(30), fetched: 9 });
  await seedSync(db, { type: "markets", startedAt: ago(10), ...TIMEOUT });
  expect((await markets()).failing).toBeNull();
  await seedSync(db, { type: "markets", startedAt: ago(8), status: "skipped", requests: 0 });
  await seedSync(db, { type: "markets", startedAt: ago(7), status: "running", finishedAt: null });
  await seedSync(db, { type: "markets", startedAt: ago(5), ...TIMEOUT, errorMessage: "Again." });
  expect((await markets()).failing).toEqual({ since: ago(10), code: "TIMEOUT", message: "Again." });
  await seedSync(db, { type: "markets", startedAt: ago(1), fetched: 9 });
  expect((await markets()).failing).toBeNull();
});

test("a run that stored something before it stopped is no failure", async () => {
  await seedSync(db, { type: "markets", startedAt: ago(10), ...TIMEOUT });
  const some = { ...TIMEOUT, status: "incomplete", fetched: 20 } as const;
  await seedSync(db, { type: "markets", startedAt: ago(5), ...some });
  expect((await markets()).failing).toBeNull();
});

test("data is late by the schedule and the grace, and never of a job that has a reason not to run", async () => {
  expect(await markets()).toMatchObject({ late: false, goodAt: null, firstRunAt: null });
  await seedSync(db, { type: "markets", startedAt: ago(12), fetched: 9 });
  expect(await markets()).toMatchObject({ late: true, goodAt: ago(12), firstRunAt: ago(12) });
  expect((await markets(3 * 60_000)).late).toBe(false);
  await seedSync(db, { type: "markets", startedAt: ago(2), status: "skipped", note: "No key." });
  expect((await markets()).late).toBe(false);
});

test("a job that never brought anything is late from its first run on", async () => {
  await seedSync(db, { type: "markets", startedAt: ago(60), status: "skipped" });
  expect(await markets()).toMatchObject({ late: false, firstRunAt: null });
  await seedSync(db, { type: "markets", startedAt: ago(20), ...TIMEOUT });
  expect(await markets()).toMatchObject({ late: true, goodAt: null, firstRunAt: ago(20) });
});

test("a paused job is not watched", async () => {
  await seedSync(db, { type: "markets", startedAt: ago(10), ...TIMEOUT });
  await seedSync(db, { type: "markets", startedAt: ago(5), ...TIMEOUT });
  await db.jobPause.create({ data: { type: "markets", pausedAt: ago(1) } });
  const types = (await readWatchedJobs(db, NOW.getTime(), 0)).map(({ type }) => type);
  expect(types.toSorted()).toEqual(["cleanup", "discovery", "stats", "whales"]);
});

test("rows are summed over the runs of the window", async () => {
  await seedSync(db, { type: "markets", startedAt: ago(90), fetched: 500, quarantined: 50 });
  await seedSync(db, { type: "markets", startedAt: ago(30), fetched: 100, quarantined: 6 });
  await seedSync(db, { type: "whales", startedAt: ago(20), fetched: 40, quarantined: 1 });
  expect(await readQuarantineShares(db, ago(60))).toEqual([
    { venue: null, fetched: 140, quarantined: 7 },
  ]);
});
