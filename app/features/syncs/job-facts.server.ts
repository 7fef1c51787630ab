import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import type { EndedRun, JobFacts } from "./job-state.ts";
import type { SyncType } from "./schedule.ts";

type FactsRow = {
  type: SyncType;
  running: boolean;
  newestId: number | null;
  newestStatus: string | null;
  newestStartedAt: Date | null;
  newestFinishedAt: Date | null;
  newestNote: string | null;
  endedStatus: EndedRun["status"] | null;
  endedFetched: number | null;
  endedCode: string | null;
  endedMessage: string | null;
  endedNote: string | null;
  endedFinishedAt: Date | null;
  completedAt: Date | null;
  answeredAt: Date | null;
  stepAnsweredAt: Date | null;
  pausedAt: Date | null;
  pauseReason: string | null;
};

/**
 * A run `l` that ended and did some work: one that found no wallet due says nothing about the venue. Worded as the index
 * sync_log_worked_idx is.
 */
export const workedSql = Prisma.sql`(l.status IN ('incomplete', 'failed')
  OR (l.status = 'completed' AND (l.requests > 0 OR l.type IN ('stats', 'cleanup'))))`;

/** A run `l` that the venue answered. Worded as the index sync_log_answered_idx is. */
export const answeredSql = Prisma.sql`(l.finished_at IS NOT NULL
  AND (l.fetched > 0 OR (l.status = 'completed' AND l.requests > 0)))`;

/**
 * What the state of each of these jobs follows from, in one statement of index lookups: it is read with every page.
 */
export async function readJobFacts<Type extends SyncType>(
  db: PrismaClient,
  types: readonly Type[],
): Promise<Map<Type, JobFacts>> {
  const rows = await db.$queryRaw<FactsRow[]>(Prisma.sql`
    SELECT job.type::text AS type,
      EXISTS (SELECT 1 FROM sync_log l WHERE l.type = job.type AND l.status = 'running') AS running,
      newest.id AS "newestId", newest.status::text AS "newestStatus", newest.started_at AS "newestStartedAt",
      newest.finished_at AS "newestFinishedAt", newest.note AS "newestNote",
      ended.status::text AS "endedStatus", ended.fetched AS "endedFetched", ended.error_code AS "endedCode",
      ended.error_message AS "endedMessage", ended.note AS "endedNote", ended.finished_at AS "endedFinishedAt",
      (SELECT l.started_at FROM sync_log l WHERE l.type = job.type AND l.status = 'completed'
       ORDER BY l.started_at DESC LIMIT 1) AS "completedAt",
      (SELECT l.finished_at FROM sync_log l WHERE l.type = job.type AND ${answeredSql}
       ORDER BY l.finished_at DESC LIMIT 1) AS "answeredAt",
      (SELECT max(step.finished_at) FROM sync_log l, LATERAL (
         SELECT p.finished_at FROM sync_part p
         WHERE p.sync_log_id = l.id AND p.status = 'completed' AND p.requests > 0
         ORDER BY p.finished_at DESC LIMIT 1) step
       WHERE l.type = job.type AND l.status = 'running') AS "stepAnsweredAt",
      pause.paused_at AS "pausedAt", pause.reason AS "pauseReason"
    FROM unnest(${types}::text[]::sync_type[]) AS job(type)
    LEFT JOIN LATERAL (
      SELECT l.id, l.status, l.started_at, l.finished_at, l.note FROM sync_log l WHERE l.type = job.type
      ORDER BY l.started_at DESC, l.id DESC LIMIT 1
    ) newest ON true
    LEFT JOIN LATERAL (
      SELECT l.status, l.fetched, l.error_code, l.error_message, l.note, l.finished_at FROM sync_log l
      WHERE l.type = job.type AND ${workedSql}
      ORDER BY l.started_at DESC, l.id DESC LIMIT 1
    ) ended ON true
    LEFT JOIN job_pause pause ON pause.type = job.type`);
  return new Map(types.map((type) => [type, factsOf(rows.find((row) => row.type === type))]));
}

function factsOf(row: FactsRow | undefined): JobFacts {
  const answers = [row?.answeredAt, row?.stepAnsweredAt].filter((time) => time != null);
  return {
    running: row?.running ?? false,
    newest:
      row?.newestId && row.newestStatus && row.newestStartedAt
        ? {
            id: String(row.newestId),
            status: row.newestStatus,
            startedAt: row.newestStartedAt.toISOString(),
            finishedAt: iso(row.newestFinishedAt),
            note: row.newestNote,
          }
        : null,
    ended: row?.endedStatus
      ? {
          status: row.endedStatus,
          fetched: row.endedFetched ?? 0,
          errorCode: row.endedCode,
          errorMessage: row.endedMessage,
          note: row.endedNote,
          finishedAt: iso(row.endedFinishedAt),
        }
      : null,
    completedAt: iso(row?.completedAt),
    dataAt: iso(answers.toSorted((a, b) => a.getTime() - b.getTime()).at(-1)),
    pause: row?.pausedAt ? { since: row.pausedAt.toISOString(), reason: row.pauseReason } : null,
  };
}

function iso(time: Date | null | undefined): string | null {
  return time?.toISOString() ?? null;
}
