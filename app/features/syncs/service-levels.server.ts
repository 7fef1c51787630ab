import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import type { Clock } from "~/lib/clock.ts";
import { type AgeFigures, dataAges } from "./data-age.ts";
import type { Outcomes } from "./error-budget.ts";
import { answeredSql, workedSql } from "./job-facts.server.ts";
import { SYNC_SCHEDULE, SYNC_TYPES, type SyncType } from "./schedule.ts";

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** Newest runs of a job that are looked at; a job that runs every minute has half as many in a week. */
const MOST_RUNS = 20_000;

/** How long the figures are kept: a week of runs is too much to read with every page. */
const KEPT_MS = 5 * 60_000;

/** The quantiles of the age of data that are shown: half of the time, and all but an hour a day. */
const QUANTILES = [0.5, 0.95] as const;

/** How a job did within a window of time; `age` null = it has not been measured yet. */
type ServiceLevel = { outcomes: Outcomes; age: AgeFigures | null };

/**
 * How the jobs did over the last 24 hours and 7 days, as of `computedAt` (ISO UTC). The age is that of the newest data; of a job that
 * reads no venue that of its newest result.
 */
export type ServiceLevels = {
  computedAt: string;
  jobs: { type: SyncType; day: ServiceLevel; week: ServiceLevel }[];
};

/** Gives the service levels; they are computed anew once they are five minutes old, once for all who ask meanwhile. */
export type ServiceLevelReader = () => Promise<ServiceLevels>;

/** Makes the reader of the process. */
export function createServiceLevels(db: PrismaClient, clock: Clock): ServiceLevelReader {
  let kept: { at: number; levels: Promise<ServiceLevels> } | null = null;
  return () => {
    const now = clock.now();
    if (kept && now >= kept.at && now < kept.at + KEPT_MS) return kept.levels;
    const made = { at: now, levels: readServiceLevels(db, now) };
    kept = made;
    // Whoever asked is told of the failure; whoever asks next tries again.
    made.levels.catch(() => {
      if (kept === made) kept = null;
    });
    return made.levels;
  };
}

/**
 * Computes the service levels from the log of runs.
 * @param now epoch milliseconds
 */
export async function readServiceLevels(db: PrismaClient, now: number): Promise<ServiceLevels> {
  const [outcomes, answers, results] = await Promise.all([
    readOutcomes(db, now),
    readAnswers(db, now),
    readResults(db, now),
  ]);
  const times = [...answers, ...results];
  const jobs = SYNC_TYPES.map((type) => {
    const runs = outcomes.find((row) => row.type === type);
    const sorted = times.find((row) => row.type === type)?.times?.toSorted((a, b) => a - b) ?? [];
    const since = (from: number) => dataAges(sorted, { from, to: now }, QUANTILES);
    return {
      type,
      day: {
        outcomes: { ended: runs?.dayEnded ?? 0, completed: runs?.dayCompleted ?? 0 },
        age: since(now - DAY_MS),
      },
      week: {
        outcomes: { ended: runs?.weekEnded ?? 0, completed: runs?.weekCompleted ?? 0 },
        age: since(now - WEEK_MS),
      },
    };
  });
  return { computedAt: new Date(now).toISOString(), jobs };
}

type OutcomesRow = {
  type: SyncType;
  dayEnded: number;
  dayCompleted: number;
  weekEnded: number;
  weekCompleted: number;
};

function readOutcomes(db: PrismaClient, now: number): Promise<OutcomesRow[]> {
  const day = new Date(now - DAY_MS);
  const week = new Date(now - WEEK_MS);
  return db.$queryRaw<OutcomesRow[]>(Prisma.sql`
    SELECT job.type::text AS type, runs.*
    FROM unnest(enum_range(NULL::sync_type)) AS job(type), LATERAL (
      SELECT count(*)::int AS "weekEnded",
        count(*) FILTER (WHERE r.status = 'completed')::int AS "weekCompleted",
        count(*) FILTER (WHERE r.started_at > ${day}::timestamptz)::int AS "dayEnded",
        count(*) FILTER (WHERE r.status = 'completed' AND r.started_at > ${day}::timestamptz)::int AS "dayCompleted"
      FROM (
        SELECT l.status, l.started_at FROM sync_log l
        WHERE l.type = job.type AND ${workedSql} AND l.started_at > ${week}::timestamptz
        ORDER BY l.started_at DESC, l.id DESC LIMIT ${MOST_RUNS}::int) r
    ) runs`);
}

/** When data came, or a result, epoch milliseconds in no order: those of a week and the last one before it. */
type TimesRow = { type: SyncType; times: number[] | null };

function readAnswers(db: PrismaClient, now: number): Promise<TimesRow[]> {
  const types = SYNC_TYPES.filter((type) => SYNC_SCHEDULE[type].readsVenue);
  return readTimes(db, now, { types, which: answeredSql, by: Prisma.sql`l.finished_at` });
}

/** As `readAnswers`, of the jobs that work on what is stored. */
function readResults(db: PrismaClient, now: number): Promise<TimesRow[]> {
  const types = SYNC_TYPES.filter((type) => !SYNC_SCHEDULE[type].readsVenue);
  const which = Prisma.sql`l.status = 'completed'`;
  return readTimes(db, now, { types, which, by: Prisma.sql`l.started_at` });
}

/** @param runs.by the time that the index over such runs has */
function readTimes(
  db: PrismaClient,
  now: number,
  runs: { types: SyncType[]; which: Prisma.Sql; by: Prisma.Sql },
): Promise<TimesRow[]> {
  const week = Prisma.sql`${new Date(now - WEEK_MS)}::timestamptz`;
  const ofJob = Prisma.sql`FROM sync_log l WHERE l.type = job.type AND ${runs.which}`;
  return db.$queryRaw<TimesRow[]>(Prisma.sql`
    SELECT job.type::text AS type, ended.times
    FROM unnest(${runs.types}::text[]::sync_type[]) AS job(type), LATERAL (
      SELECT array_agg((extract(epoch FROM r.finished_at) * 1000)::float8) AS times
      FROM (
        SELECT l.finished_at ${ofJob} AND ${runs.by} >= coalesce(
          (SELECT ${runs.by} ${ofJob} AND ${runs.by} <= ${week} ORDER BY ${runs.by} DESC LIMIT 1), ${week})
        ORDER BY ${runs.by} DESC LIMIT ${MOST_RUNS}::int) r
    ) ended`);
}
