import { beforeEach, expect, test } from "vitest";
import { seedSync } from "../../../tests/api/seed.ts";
import { testDatabase } from "../../../tests/database.ts";
import { createServiceLevels, readServiceLevels } from "./service-levels.server.ts";

const { db, reset } = await testDatabase();
const NOW = Date.UTC(2026, 5, 1, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Run = Partial<Parameters<typeof seedSync>[1]>;

const run = (type: "markets" | "whales" | "stats", agoMs: number, more: Run = {}) =>
  seedSync(db, { type, startedAt: new Date(NOW - agoMs), fetched: 1, ...more });

async function levelsOf(type: string) {
  const { jobs } = await readServiceLevels(db, NOW);
  const job = jobs.find((candidate) => candidate.type === type);
  if (!job) throw new Error(`No levels of ${type}`);
  return job;
}

beforeEach(reset);

test("a job that has never run is not measured yet", async () => {
  const nothing = { outcomes: { ended: 0, completed: 0 }, age: null };
  expect(await levelsOf("whales")).toEqual({ type: "whales", day: nothing, week: nothing });
});

test("only runs with work that ended count, each in its window", async () => {
  await run("whales", HOUR);
  await run("whales", 2 * HOUR, { status: "failed", fetched: 0, errorCode: "TIMEOUT" });
  await run("whales", 3 * HOUR, { status: "skipped", fetched: 0, requests: 0 });
  await run("whales", 4 * HOUR, { status: "running", finishedAt: null });
  await run("whales", 5 * HOUR, { fetched: 0, requests: 0, note: "No wallet was due." });
  await run("whales", 2 * DAY, { status: "incomplete" });
  await run("whales", 6 * DAY);
  await run("whales", 8 * DAY, { status: "failed" });
  await run("markets", 1 * HOUR, { status: "failed" });
  const { day, week } = await levelsOf("whales");
  expect(day.outcomes).toEqual({ ended: 2, completed: 1 });
  expect(week.outcomes).toEqual({ ended: 4, completed: 2 });
});

test("the age is that of the newest answer, and one that came before the window is known", async () => {
  // Answers 30 h, 6 h and 2 h ago: within the day the age went from 6 h to 24 h, then to 4 h, then to 2 h.
  for (const hours of [30, 6, 2]) await run("whales", hours * HOUR);
  await run("whales", HOUR, { status: "failed", fetched: 0 });
  const { day, week } = await levelsOf("whales");
  // The half of 24 h: up to an age of 2 h 4 h are spent, up to 4 h 6 h, and 6 h more from 6 h on.
  expect(day.age).toEqual({ ages: [12 * HOUR, 22.8 * HOUR], measuredMs: DAY });
  expect(week.age?.measuredMs).toBe(30 * HOUR);
});

test("of a job that reads no venue it is the age of its last result", async () => {
  await run("stats", 26 * HOUR, { requests: 0, fetched: 0 });
  await run("stats", 12 * HOUR, { requests: 0, fetched: 0 });
  await run("stats", 6 * HOUR, { requests: 0, fetched: 0, status: "failed" });
  const { day } = await levelsOf("stats");
  expect(day.age?.ages[0]).toBeCloseTo(7 * HOUR, -1);
  expect(day.outcomes).toEqual({ ended: 2, completed: 1 });
});

test("they are computed every five minutes, once for all who ask, and anew after a failure", async () => {
  await run("whales", HOUR);
  let now = NOW;
  const read = createServiceLevels(db, { now: () => now });
  const [first, second] = await Promise.all([read(), read()]);
  expect(second).toBe(first);
  await run("whales", HOUR / 2);
  now += 5 * 60_000 - 1;
  expect(await read()).toBe(first);
  now += 1;
  const later = await read();
  expect(later.computedAt).toBe("2026-06-01T12:05:00.000Z");
  expect(later.jobs.find(({ type }) => type === "whales")?.day.outcomes.ended).toBe(2);

  let up = false;
  const flaky = new Proxy(db, {
    get: (target, name) => {
      if (name === "$queryRaw" && !up) return () => Promise.reject(new Error("down"));
      return Reflect.get(target, name);
    },
  });
  const again = createServiceLevels(flaky, { now: () => now });
  await expect(again()).rejects.toThrow("down");
  up = true;
  expect((await again()).computedAt).toBe(later.computedAt);
});
