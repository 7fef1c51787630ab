import { beforeEach, expect, test } from "vitest";
import { seedSync } from "../../../tests/api/seed.ts";
import { testDatabase } from "../../../tests/database.ts";
import { getFreshness } from "./freshness.server.ts";
import { pauseJob, pauseOf, reasonHeldBack, resumeJob } from "./pause.server.ts";
import { getDataHealth } from "./queries.server.ts";

const { db, reset } = await testDatabase();
const NOW = new Date("2026-06-01T12:00:00.000Z");
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const pause = (reason: string | null = null, now = NOW) =>
  pauseJob(db, { type: "markets", reason, now });

beforeEach(reset);

test("a pause holds back what the clock and the start of the app ask for, not what a person does", async () => {
  expect(await reasonHeldBack(db, "markets", "cron")).toBeNull();
  await pause("the venue moves");
  const why = "The schedule is paused since 2026-06-01 12:00:00 UTC: the venue moves";
  expect(await reasonHeldBack(db, "markets", "cron")).toBe(why);
  expect(await reasonHeldBack(db, "markets", "start")).toBe(why);
  for (const trigger of ["manual", "replay", "backfill"] as const) {
    expect(await reasonHeldBack(db, "markets", trigger)).toBeNull();
  }
  expect(await reasonHeldBack(db, "whales", "cron")).toBeNull();
});

test("paused twice it keeps the time of the first, with the reason of the last", async () => {
  await pause("first", minutesAgo(10));
  await pause("second");
  expect(await pauseOf(db, "markets")).toEqual({
    since: minutesAgo(10).toISOString(),
    reason: "second",
  });
});

test("two who pause a job in the same moment both find it paused", async () => {
  await Promise.all([pause("one"), pause("other"), pause(null)]);
  expect(await pauseOf(db, "markets")).not.toBeNull();
});

test("resuming asks for a run where one has become overdue, and only once", async () => {
  await seedSync(db, { type: "markets", startedAt: minutesAgo(4) });
  await pause();
  expect(await resumeJob(db, "markets", NOW)).toBe(false);
  expect(await pauseOf(db, "markets")).toBeNull();
  await pause();
  const later = new Date(NOW.getTime() + 60_000);
  expect(await resumeJob(db, "markets", later)).toBe(true);
  expect(await resumeJob(db, "markets", later)).toBe(false);
});

test("resuming while a run is under way asks for no other", async () => {
  await seedSync(db, {
    type: "markets",
    startedAt: minutesAgo(40),
    status: "running",
    finishedAt: null,
  });
  await pause();
  expect(await resumeJob(db, "markets", NOW)).toBe(false);
});

test("the frame of every page and the health of the data say that a data job is paused", async () => {
  await seedSync(db, { type: "markets", startedAt: minutesAgo(90) });
  await seedSync(db, { type: "whales", startedAt: minutesAgo(1) });
  await pause("the venue moves", minutesAgo(80));
  expect(await getFreshness(db, NOW.getTime())).toMatchObject({
    state: "paused",
    why: "Markets: The schedule is paused since 2026-06-01 10:40:00 UTC: the venue moves",
  });
  expect(await getDataHealth(db, "markets")).toMatchObject({
    failing: null,
    pause: { since: minutesAgo(80).toISOString(), reason: "the venue moves" },
  });
});
