import { expect, test } from "vitest";
import { type EndedRun, type JobFacts, jobState } from "./job-state.ts";
import { pauseNote } from "./pause.ts";
import type { SyncType } from "./schedule.ts";

const NOW = Date.UTC(2026, 5, 1, 12);
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

const NOTHING: JobFacts = {
  running: false,
  newest: null,
  ended: null,
  completedAt: null,
  dataAt: null,
  pause: null,
};

const ended = (status: EndedRun["status"], finished: number, more: Partial<EndedRun> = {}) => ({
  status,
  fetched: 0,
  errorCode: null,
  errorMessage: null,
  note: null,
  finishedAt: ago(finished),
  ...more,
});

const newest = (status: string, at: number, note: string | null = null) => ({
  id: "7",
  status,
  startedAt: ago(at),
  finishedAt: status === "running" ? null : ago(at),
  note,
});

const down = { errorCode: "SERVICE_UNAVAILABLE", errorMessage: "answered 503" };

const CASES: [string, SyncType, Partial<JobFacts>, string, string | null][] = [
  ["nothing was ever recorded", "whales", {}, "never", null],
  [
    "the very first run is under way",
    "whales",
    { running: true, newest: newest("running", 5) },
    "running",
    null,
  ],
  [
    "the last run completed a moment ago",
    "whales",
    { completedAt: ago(50), ended: ended("completed", 48), newest: newest("completed", 50) },
    "on-time",
    null,
  ],
  [
    "the next run is due but may still be at work",
    "whales",
    { completedAt: ago(119), ended: ended("completed", 110) },
    "on-time",
    null,
  ],
  [
    "a whole run is missing",
    "whales",
    { completedAt: ago(121), ended: ended("completed", 119) },
    "delayed",
    "It runs every minute; its last good run is older.",
  ],
  [
    "the same age is no delay for a job that runs every five minutes",
    "markets",
    { completedAt: ago(121), ended: ended("completed", 119) },
    "on-time",
    null,
  ],
  [
    "a daily job is not delayed by half an hour",
    "cleanup",
    { completedAt: ago(24.4 * 3600), ended: ended("completed", 24.4 * 3600) },
    "on-time",
    null,
  ],
  [
    "a daily job that missed its hour",
    "cleanup",
    { completedAt: ago(24.6 * 3600), ended: ended("completed", 24.6 * 3600) },
    "delayed",
    "It runs daily at 03:00 UTC; its last good run is older.",
  ],
  [
    "a long run that brings data keeps the job on time",
    "whales",
    { running: true, completedAt: ago(400), dataAt: ago(10), newest: newest("running", 390) },
    "running",
    null,
  ],
  [
    "the last run failed",
    "markets",
    { completedAt: ago(600), ended: ended("failed", 300, down), newest: newest("failed", 310) },
    "failing",
    "SERVICE_UNAVAILABLE: answered 503",
  ],
  [
    "a run under way does not hide that the job fails",
    "markets",
    { running: true, ended: ended("failed", 300, down), newest: newest("running", 3) },
    "failing",
    "SERVICE_UNAVAILABLE: answered 503",
  ],
  [
    "every wallet of the last run failed",
    "whales",
    { completedAt: ago(30), ended: ended("incomplete", 20, down) },
    "failing",
    "SERVICE_UNAVAILABLE: answered 503",
  ],
  [
    "some wallets of the last run failed",
    "whales",
    {
      completedAt: ago(90),
      dataAt: ago(20),
      ended: ended("incomplete", 20, { ...down, fetched: 9 }),
    },
    "on-time",
    null,
  ],
  [
    "a failure without a message",
    "stats",
    { ended: ended("failed", 20) },
    "failing",
    "The last run failed without a message.",
  ],
  [
    "there is no key",
    "whales",
    { newest: newest("skipped", 20, "Set OPINION_API_KEY.") },
    "skipped",
    "Set OPINION_API_KEY.",
  ],
  [
    "it was skipped because of a run that is still under way",
    "markets",
    { running: true, completedAt: ago(300), newest: newest("skipped", 20, "Sync 6 is executed.") },
    "running",
    null,
  ],
  [
    "it was skipped because of a run that has ended since",
    "markets",
    {
      completedAt: ago(60),
      ended: ended("completed", 10),
      newest: newest("skipped", 20, "Sync 6 is executed."),
    },
    "on-time",
    null,
  ],
  [
    "it was skipped because of a pause that is over",
    "whales",
    {
      completedAt: ago(100),
      ended: ended("completed", 90),
      newest: newest("skipped", 20, pauseNote({ since: ago(80), reason: null })),
    },
    "on-time",
    null,
  ],
  [
    "a paused job is neither late nor failing",
    "markets",
    {
      completedAt: ago(9_000),
      ended: ended("failed", 300, down),
      pause: { since: ago(600), reason: "the venue moves" },
    },
    "paused",
    "The schedule is paused since 2026-06-01 11:50:00 UTC: the venue moves",
  ],
  [
    "a paused job that was started by hand",
    "markets",
    { running: true, completedAt: ago(9_000), pause: { since: ago(600), reason: null } },
    "running",
    "The schedule is paused since 2026-06-01 11:50:00 UTC.",
  ],
];

test.each(CASES)("%s: %s", (_, type, facts, state, why) => {
  expect(jobState(type, { ...NOTHING, ...facts }, NOW)).toMatchObject({ state, why });
});

test("what is wrong is known also while a run hides it", () => {
  const late = { ...NOTHING, running: true, completedAt: ago(7200) };
  expect(jobState("whales", late, NOW)).toMatchObject({ state: "running", health: "delayed" });
});
