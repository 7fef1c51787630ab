import type { PrismaClient } from "~/generated/prisma/client.ts";
import { decodeCursor, encodeCursor, idCursor, type Page } from "~/lib/keyset.ts";
import type { OpenJob } from "./activity.ts";
import type { StoredText } from "./json-text.ts";
import { storedText } from "./run.server.ts";

/** Characters of a step's output, and of an attempt's error, that a page shows. */
const SHOWN_MEMO = 6_000;
const SHOWN_ERROR = 8_000;
/** A page of steps has no more by far. */
const MAX_ATTEMPTS_READ = 1_000;
const MAX_JOBS_READ = 200;

/** A step as it is stored, or one that has attempts but is not done; times ISO UTC. */
export type StepRecord = {
  stepId: string;
  /** When it was first heard of; null = not recorded. */
  at: string | null;
  /** Null = it is known by its attempts alone. */
  op: string | null;
  name: string | null;
  details: string | null;
  done: boolean;
  endedAt: string | null;
  memo: StoredText | null;
};

export type AttemptRecord = {
  id: string;
  stepId: string;
  name: string;
  /** From 0. */
  number: number;
  status: "completed" | "failed" | "interrupted";
  startedAt: string;
  endedAt: string;
  error: StoredText | null;
};

type StepRow = {
  stepId: string;
  at: Date | null;
  op: string | null;
  name: string | null;
  details: string | null;
  done: boolean;
  endedAt: Date | null;
  memo: string | null;
  memoBytes: number | null;
};

/**
 * Steps of a run in the order they began, those included that have failed attempts only, and the function's body ("step") where it has
 * attempts. A run has at most a thousand, so the place is a plain number.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listSteps(
  db: PrismaClient,
  query: { runId: string; cursor?: string; limit: number },
): Promise<Page<StepRecord>> {
  const skip = Number(decodeCursor(query.cursor, idCursor)?.[0] ?? 0);
  const rows = await db.$queryRaw<StepRow[]>`
    WITH unit AS (
      SELECT step_id, min(at) AS at FROM (
        SELECT step_id, coalesce(created_at, ended_at) AS at FROM engine.step WHERE run_id = ${query.runId}
        UNION ALL
        SELECT step_id, started_at FROM engine.attempt WHERE run_id = ${query.runId}) times
      GROUP BY step_id)
    SELECT u.step_id AS "stepId", u.at, s.op, s.name, left(s.details, 4000) AS details, s.position IS NOT NULL AS done,
      s.ended_at AS "endedAt", left(s.memo, ${SHOWN_MEMO + 1}::int) AS memo, octet_length(s.memo) AS "memoBytes"
    FROM unit u LEFT JOIN engine.step s ON s.run_id = ${query.runId} AND s.step_id = u.step_id
    ORDER BY u.at NULLS FIRST, s.position NULLS LAST, s.name, u.step_id
    LIMIT ${query.limit + 1}::int OFFSET ${skip}::int`;
  const data = rows.slice(0, query.limit).map(stepOf);
  const more = rows.length > query.limit;
  return { data, nextCursor: more ? encodeCursor([String(skip + query.limit)]) : null };
}

function stepOf({ at, endedAt, memo, memoBytes, ...row }: StepRow): StepRecord {
  return {
    ...row,
    at: at?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    memo: memo === null ? null : storedText(memo, memoBytes ?? 0, SHOWN_MEMO),
  };
}

type AttemptRow = Omit<AttemptRecord, "startedAt" | "endedAt" | "error"> & {
  startedAt: Date;
  endedAt: Date;
  error: string | null;
  errorBytes: number | null;
};

/** Every attempt of some steps of a run, in their order. */
export async function listAttempts(
  db: PrismaClient,
  runId: string,
  stepIds: readonly string[],
): Promise<AttemptRecord[]> {
  if (stepIds.length === 0) return [];
  const rows = await db.$queryRaw<AttemptRow[]>`
    SELECT a.id::text, step_id AS "stepId", name, number, status, started_at AS "startedAt", ended_at AS "endedAt",
      left(error, ${SHOWN_ERROR + 1}::int) AS error, octet_length(error) AS "errorBytes"
    FROM engine.attempt a WHERE run_id = ${runId} AND step_id = ANY(${[...stepIds]}::text[])
    ORDER BY a.id LIMIT ${MAX_ATTEMPTS_READ}::int`;
  return rows.map(({ error, errorBytes, ...row }) => ({
    ...row,
    startedAt: row.startedAt.toISOString(),
    endedAt: row.endedAt.toISOString(),
    error: error === null ? null : storedText(error, errorBytes ?? 0, SHOWN_ERROR),
  }));
}

export type OpenWork = {
  jobs: OpenJob[];
  /** The step of the newest attempt; null = there is none. */
  newestAttempt: { stepId: string; status: string } | null;
};

/** What a run that is under way does and waits for, what is executed first. */
export async function getOpenWork(db: PrismaClient, runId: string): Promise<OpenWork> {
  const [jobs, newestAttempt] = await Promise.all([
    db.$queryRaw<
      (Omit<OpenJob, "dueAt" | "claimedAt"> & { dueAt: Date; claimedAt: Date | null })[]
    >`
      SELECT j.kind, j.state, j.step_id AS "stepId", j.attempt, j.due_at AS "dueAt", j.claimed_at AS "claimedAt",
        j.blocked_on AS "blockedOn",
        j.throttle_key IS NOT NULL AND j.due_at > j.rank_at + r.priority_ms * interval '1 millisecond' AS throttled
      FROM engine.run r JOIN engine.job j ON j.run_id = r.id WHERE r.id = ${runId}
      ORDER BY j.state = 'claimed' DESC, j.due_at, j.id LIMIT ${MAX_JOBS_READ}::int`,
    db.engineAttempt.findFirst({
      where: { runId },
      orderBy: { id: "desc" },
      select: { stepId: true, status: true },
    }),
  ]);
  return {
    jobs: jobs.map((job) => ({
      ...job,
      dueAt: job.dueAt.toISOString(),
      claimedAt: job.claimedAt?.toISOString() ?? null,
    })),
    newestAttempt,
  };
}

/** By when a run must have begun or ended, or it is cancelled; times ISO UTC. */
export function timeoutsOf(open: OpenWork | null): { what: "begun" | "ended"; at: string }[] {
  const timeouts = (open?.jobs ?? []).filter(({ kind }) => kind === "timeout");
  return timeouts.map(({ stepId, dueAt }) => ({
    what: stepId === "timeout:start" ? "begun" : "ended",
    at: dueAt,
  }));
}
