import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import type { Outcomes } from "./error-budget.ts";
import { readJobFacts, workedSql } from "./job-facts.server.ts";
import { type JobFacts, type JobState, jobState } from "./job-state.ts";
import { nextRunAt } from "./next-run.server.ts";
import { SYNC_TYPES, type SyncType } from "./schedule.ts";

/** Runs that a job's rate and durations are taken from. */
const RECENT_RUNS = 50;

/** A job as it stands; times ISO UTC. */
export type JobOverview = JobFacts &
  JobState & {
    type: SyncType;
    /** Null while its schedule is paused. */
    nextRunAt: string | null;
    /** Of its recent runs; those that had nothing to do are left out. */
    recent: Outcomes;
    /** How long its recent runs took, in milliseconds, oldest first. */
    durations: number[];
  };

type HistoryRow = {
  type: SyncType;
  recentCompleted: number;
  recentEnded: number;
  durations: number[] | null;
};

/**
 * Every job with its state, newest run, next run and how its recent runs went, in the order of `SYNC_TYPES`.
 * @param now epoch milliseconds
 */
export async function listJobs(db: PrismaClient, now: number): Promise<JobOverview[]> {
  const [facts, history] = await Promise.all([readJobFacts(db, SYNC_TYPES), readHistory(db)]);
  return SYNC_TYPES.flatMap((type) => {
    const job = facts.get(type);
    if (!job) return [];
    const runs = history.find((row) => row.type === type);
    return {
      ...job,
      ...jobState(type, job, now),
      type,
      nextRunAt: job.pause ? null : nextRunAt(type, now),
      recent: { completed: runs?.recentCompleted ?? 0, ended: runs?.recentEnded ?? 0 },
      durations: runs?.durations ?? [],
    };
  });
}

async function readHistory(db: PrismaClient): Promise<HistoryRow[]> {
  return db.$queryRaw<HistoryRow[]>(Prisma.sql`
    SELECT job.type::text AS type, recent.completed AS "recentCompleted", recent.ended AS "recentEnded",
      recent.durations
    FROM unnest(enum_range(NULL::sync_type)) AS job(type),
    LATERAL (
      SELECT count(*) FILTER (WHERE r.status = 'completed')::int AS completed, count(*)::int AS ended,
        array_agg(r.ms ORDER BY r.started_at) AS durations
      FROM (
        SELECT l.status, l.started_at,
          greatest(0, round(extract(epoch FROM l.finished_at - l.started_at) * 1000))::int AS ms
        FROM sync_log l
        WHERE l.type = job.type AND ${workedSql}
        ORDER BY l.started_at DESC, l.id DESC LIMIT ${RECENT_RUNS}::int) r
    ) recent`);
}
