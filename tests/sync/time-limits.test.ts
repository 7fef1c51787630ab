import { afterAll, beforeAll, expect, test } from "vitest";
import { backoff } from "~/inngest/engine/backoff.ts";
import { parseDuration } from "~/inngest/engine/duration.ts";
import { createFunctions } from "~/inngest/functions/index.ts";
import { testDatabase } from "../database.ts";
import { createJobs, type Jobs } from "../jobs.ts";

let jobs: Jobs;
beforeAll(async () => {
  const { db, pool, reset } = await testDatabase();
  await reset();
  jobs = await createJobs({ db, pool });
});
afterAll(() => jobs.stop());

test("no time limit ends a run before a step of it has had all its attempts", () => {
  const functions = createFunctions(jobs.inngest).map(({ opts }) => opts);
  expect(functions.length).toBeGreaterThan(5);
  for (const { id, retries = 4, timeouts } of functions) {
    const waits = Array.from({ length: retries }, (_, attempt) => backoff(attempt, () => 1));
    const longest = waits.reduce((sum, wait) => sum + wait, 0);
    const limit = parseDuration(String(timeouts?.finish));
    expect([id, Number(limit) > longest]).toEqual([id, true]);
  }
});
