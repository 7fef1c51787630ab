import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { readJobFacts, workedSql } from "./job-facts.server.ts";
import { hasFailed, isLate, jobState, lastGoodAt } from "./job-state.ts";
import { SYNC_TYPES, type SyncType } from "./schedule.ts";

/** A job as those see it who have to tell that something is wrong with it. */
export type WatchedJob = {
  type: SyncType;
  /** The venue of its last run, where the run names one. */
  venue: string | null;
  /** Its last two runs that ended and did some work both failed: when the first of them began, and what the last one said. */
  failing: { since: Date; code: string | null; message: string | null } | null;
  /** When a run was last good, or the venue last answered one; null = never. */
  goodAt: Date | null;
  /** When the first run began that had no reason not to; null = none has. */
  firstRunAt: Date | null;
  /** The next good run is overdue by `graceMs` or more. Not of a job that has a standing reason not to run. */
  late: boolean;
};

type WorkedRow = {
  type: SyncType;
  venue: string | null;
  status: "completed" | "incomplete" | "failed";
  fetched: number;
  errorCode: string | null;
  errorMessage: string | null;
  startedAt: Date;
};

/**
 * Reads how every job that is not paused does, in a few index lookups.
 * @param now epoch milliseconds
 * @param graceMs how much longer than its schedule allows data may be on its way
 */
export async function readWatchedJobs(
  db: PrismaClient,
  now: number,
  graceMs: number,
): Promise<WatchedJob[]> {
  const paused = await db.jobPause.findMany({ select: { type: true } });
  const types = SYNC_TYPES.filter((type) => !paused.some((pause) => pause.type === type));
  const [facts, worked, firsts] = await Promise.all([
    readJobFacts(db, types),
    readLastTwo(db, types),
    readFirsts(db, types),
  ]);
  return types.flatMap((type) => {
    const job = facts.get(type);
    if (!job) return [];
    const [last, before] = worked.filter((run) => run.type === type);
    const goodAt = lastGoodAt(job);
    const failing = last && before && hasFailed(last) && hasFailed(before);
    const waits = jobState(type, job, now).health === "skipped";
    const firstRunAt = firsts.get(type) ?? null;
    const since = goodAt ?? firstRunAt?.toISOString() ?? null;
    return {
      type,
      venue: last?.venue ?? null,
      failing: failing
        ? { since: before.startedAt, code: last.errorCode, message: last.errorMessage }
        : null,
      goodAt: goodAt === null ? null : new Date(goodAt),
      firstRunAt,
      late: since !== null && !waits && isLate(type, since, now - graceMs),
    };
  });
}

/** The last two runs of each job that ended and did some work, newest first. */
function readLastTwo(db: PrismaClient, types: readonly SyncType[]): Promise<WorkedRow[]> {
  return db.$queryRaw<WorkedRow[]>(Prisma.sql`
    SELECT job.type::text AS type, l.venue, l.status::text AS status, l.fetched, l.error_code AS "errorCode",
      l.error_message AS "errorMessage", l.started_at AS "startedAt"
    FROM unnest(${types}::text[]::sync_type[]) AS job(type), LATERAL (
      SELECT l.id, l.venue, l.status, l.fetched, l.error_code, l.error_message, l.started_at FROM sync_log l
      WHERE l.type = job.type AND ${workedSql}
      ORDER BY l.started_at DESC, l.id DESC LIMIT 2
    ) l
    ORDER BY l.started_at DESC, l.id DESC`);
}

/** When the oldest run of each job that was not skipped began. */
async function readFirsts(
  db: PrismaClient,
  types: readonly SyncType[],
): Promise<Map<SyncType, Date>> {
  const rows = await db.$queryRaw<{ type: SyncType; startedAt: Date }[]>(Prisma.sql`
    SELECT job.type::text AS type, min(first.started_at) AS "startedAt"
    FROM unnest(${types}::text[]::sync_type[]) AS job(type),
      unnest(ARRAY['running', 'completed', 'incomplete', 'failed']::sync_status[]) AS done(status), LATERAL (
      SELECT l.started_at FROM sync_log l WHERE l.type = job.type AND l.status = done.status
      ORDER BY l.started_at LIMIT 1
    ) first
    GROUP BY job.type`);
  return new Map(rows.map(({ type, startedAt }) => [type, startedAt]));
}

/** Rows of one venue that were fetched within a time, and those among them that failed their schema for the first time. */
export type QuarantineShare = { venue: string | null; fetched: number; quarantined: number };

/** What the runs since then have fetched and quarantined, by the venue that they name (null = they name none). */
export async function readQuarantineShares(
  db: PrismaClient,
  since: Date,
): Promise<QuarantineShare[]> {
  const rows = await db.syncLog.groupBy({
    by: ["venue"],
    where: { startedAt: { gte: since } },
    _sum: { fetched: true, quarantined: true },
  });
  return rows.map(({ venue, _sum }) => ({
    venue,
    fetched: _sum.fetched ?? 0,
    quarantined: _sum.quarantined ?? 0,
  }));
}
