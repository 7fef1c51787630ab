import { expect, test } from "vitest";
import { conditionsOf, type HealthFacts, type JobReport } from "./conditions.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

const GOOD: HealthFacts = {
  jobs: [],
  quarantine: [],
  hosts: [],
  watchedSince: ago(10),
  standing: new Set(),
  now: NOW,
};

const JOB: JobReport = {
  type: "markets",
  name: "Markets",
  schedule: "every 5 minutes",
  venue: "opinion",
  failing: null,
  goodAt: ago(1),
  firstRunAt: ago(5_000),
  late: false,
};

const keysOf = (facts: Partial<HealthFacts>) =>
  conditionsOf({ ...GOOD, ...facts }).map(({ key }) => key);

test("a job that fails says what, since when, and what to do", () => {
  const failing = {
    since: ago(10),
    code: "TIMEOUT",
    message: "The venue did not answer in time",
    advice: "Nothing to do: the request is sent again.",
  };
  expect(conditionsOf({ ...GOOD, jobs: [{ ...JOB, failing }] })).toEqual([
    {
      key: "job-failing:markets",
      scope: "opinion",
      severity: "error",
      title: "Markets has failed twice in a row",
      text: "Markets has failed since 2026-03-01 11:50Z: TIMEOUT: The venue did not answer in time. Nothing to do: the request is sent again.",
      link: "/syncs?type=markets",
    },
  ]);
});

test("a job that reads no venue is the app's own", () => {
  const [late] = conditionsOf({
    ...GOOD,
    jobs: [{ ...JOB, venue: null, late: true, goodAt: ago(200) }],
  });
  expect(late).toMatchObject({ scope: "app", severity: "warning" });
  expect(late?.title).toBe("Markets is late: its data is 3 h old");
});

test("old data is told only once the app has been watching: after a stop the jobs that were missed run first", () => {
  const jobs = [{ ...JOB, late: true, goodAt: ago(600) }];
  expect(keysOf({ jobs })).toEqual(["data-old:markets"]);
  expect(keysOf({ jobs, watchedSince: ago(1) })).toEqual([]);
  const standing = new Set(["data-old:markets"]);
  expect(keysOf({ jobs, watchedSince: ago(1), standing })).toEqual(["data-old:markets"]);
});

test("no data at all is not old in the first quarter of an hour", () => {
  const never = { ...JOB, late: true, goodAt: null };
  expect(keysOf({ jobs: [{ ...never, firstRunAt: ago(14) }] })).toEqual([]);
  const [old] = conditionsOf({ ...GOOD, jobs: [{ ...never, firstRunAt: ago(16) }] });
  expect(old?.text).toContain("has brought nothing since its first run at 2026-03-01 11:44Z");
});

test("bad rows are told from five of them and a twentieth of all, and are over below half of it", () => {
  const share = (quarantined: number, fetched: number) => ({
    quarantine: [{ venue: "opinion", quarantined, fetched }],
  });
  expect(keysOf(share(4, 4))).toEqual([]);
  expect(keysOf(share(5, 100))).toEqual([]);
  expect(keysOf(share(6, 100))).toEqual(["quarantine:opinion"]);
  expect(keysOf(share(0, 0))).toEqual([]);
  const standing = new Set(["quarantine:opinion"]);
  expect(keysOf({ ...share(3, 100), standing })).toEqual(["quarantine:opinion"]);
  expect(keysOf({ ...share(3, 120), standing })).toEqual([]);
  expect(keysOf({ ...share(2, 10), standing })).toEqual([]);
});

test("a host is told of once it has been held, or will be, for half a minute", () => {
  const host = { venue: "opinion", name: "Opinion.Trade", reason: "5 requests in a row failed" };
  const held = (seconds: number, more: number | null) => ({
    hosts: [
      {
        ...host,
        since: new Date(NOW.getTime() - seconds * 1_000),
        until: more === null ? null : new Date(NOW.getTime() + more * 1_000),
      },
    ],
  });
  expect(keysOf(held(10, 5))).toEqual([]);
  expect(keysOf(held(29, null))).toEqual([]);
  expect(keysOf(held(31, null))).toEqual(["host-paused:opinion"]);
  expect(keysOf(held(0, 60))).toEqual(["host-paused:opinion"]);
});
