import { z } from "zod";
import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { limitParameter, oneOf } from "~/lib/api-errors.ts";
import { decodeCursor, type Page, pageOf } from "~/lib/keyset.ts";
import { leastUlid, ULID } from "~/lib/ulid.ts";
import { sinceOf, type TimeWindow } from "~/lib/windows.ts";
import { type Activity, activityOf, type OpenJob } from "./activity.ts";
import { errorLine, runError } from "./run-error.ts";
import { RUN_STATUSES, type RunStatus } from "./run-status.ts";

const WINDOWS = ["1h", "24h", "7d", "all"] as const satisfies readonly TimeWindow[];

/** Query string of /runs.csv. */
export const runFileSearch = z.strictObject({
  function: z
    .string()
    .regex(/^\P{Cc}{1,300}$/u, "must be the id of a function")
    .optional(),
  status: oneOf(RUN_STATUSES).optional(),
  window: oneOf(WINDOWS).optional(),
});

const cursorParameter = z.string().optional();

/** Query string of the page /runs. */
export const runSearch = runFileSearch.extend({ cursor: cursorParameter });

/** Query string of GET /api/v1/runs. */
export const runApiSearch = runSearch.extend({ limit: limitParameter });

/** What a query string asks of the list; `now` (epoch milliseconds) is where its window ends. */
export function runFilterOf(
  { window, ...filter }: z.output<typeof runFileSearch>,
  now: number,
): RunFilter {
  return { ...filter, since: sinceOf(window, now)?.getTime() };
}

type RunFilter = {
  function?: string;
  status?: RunStatus;
  /** Only those that were made at this time (epoch milliseconds) or after it. */
  since?: number;
};

/** One run of a function; times ISO UTC. */
export type RunItem = {
  /** ULID. */
  id: string;
  functionId: string;
  status: RunStatus;
  /** Name of the event that started it. */
  eventName: string;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  /** Steps that are done. */
  stepCount: number;
  /** Steps that are planned, asleep or waiting. */
  pending: number;
  /** The most telling of what it does now; null once it has ended. */
  activity: Activity | null;
  /** How it failed, in one line; null where it did not. */
  error: string | null;
};

type Dates = "createdAt" | "startedAt" | "endedAt";
type RunRow = Omit<RunItem, Dates | "activity"> & {
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  jobKind: string | null;
  jobState: string;
  jobAttempt: number;
  jobDueAt: Date;
  jobClaimedAt: Date | null;
  jobBlockedOn: string | null;
  jobThrottled: boolean;
};

const cursor = z.tuple([z.string().regex(ULID)]);

/** Characters of an error that are read for its one line, and those that are shown. */
const READ_ERROR = 2_000;
const SHOWN_ERROR = 300;

/**
 * Runs, newest first.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listRuns(
  db: PrismaClient,
  query: RunFilter & { cursor?: string; limit: number },
): Promise<Page<RunItem>> {
  const after = decodeCursor(query.cursor, cursor);
  const conditions = [
    query.function !== undefined && Prisma.sql`r.function_id = ${query.function}`,
    query.status !== undefined && Prisma.sql`r.status = ${query.status}`,
    query.since !== undefined && Prisma.sql`r.id >= ${leastUlid(query.since)}`,
    after !== null && Prisma.sql`r.id < ${after[0]}`,
  ].filter((condition) => condition !== false);
  const where =
    conditions.length > 0 ? Prisma.sql`WHERE ${Prisma.join(conditions, " AND ")}` : Prisma.empty;
  const rows = await db.$queryRaw<RunRow[]>`
    SELECT r.id, r.function_id AS "functionId", r.status, r.event_name AS "eventName", r.created_at AS "createdAt",
      r.started_at AS "startedAt", r.ended_at AS "endedAt", r.step_count AS "stepCount", r.pending,
      left(r.error, ${READ_ERROR}::int) AS error, j.kind AS "jobKind", j.state AS "jobState", j.attempt AS "jobAttempt",
      j.due_at AS "jobDueAt", j.claimed_at AS "jobClaimedAt", j.blocked_on AS "jobBlockedOn",
      j.throttle_key IS NOT NULL AND j.due_at > j.rank_at + r.priority_ms * interval '1 millisecond' AS "jobThrottled"
    FROM (SELECT * FROM engine.run r ${where} ORDER BY r.id DESC LIMIT ${query.limit + 1}::int) r
    LEFT JOIN LATERAL (
      -- A run may have a thousand parallel steps; a look at some of them says enough.
      SELECT * FROM (SELECT * FROM engine.job WHERE run_id = r.id LIMIT 20) few
      WHERE kind IN ('call', 'sleep', 'wait', 'invoke')
      ORDER BY state = 'claimed' DESC, attempt DESC, due_at LIMIT 1
    ) j ON r.status IN ('queued', 'running')
    ORDER BY r.id DESC`;
  return pageOf(rows.map(itemOf), query.limit, (run) => [run.id]);
}

function itemOf(row: RunRow): RunItem {
  const { createdAt, startedAt, endedAt } = row;
  return {
    id: row.id,
    functionId: row.functionId,
    status: row.status,
    eventName: row.eventName,
    createdAt: createdAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    stepCount: row.stepCount,
    pending: row.pending,
    activity: activityOfRow(row),
    error: row.error === null ? null : cut(errorLine(runError(row.error))),
  };
}

function activityOfRow(row: RunRow): Activity | null {
  if (row.jobKind === null) return null;
  const job: OpenJob = {
    kind: row.jobKind,
    state: row.jobState,
    stepId: "",
    attempt: row.jobAttempt,
    dueAt: row.jobDueAt.toISOString(),
    claimedAt: row.jobClaimedAt?.toISOString() ?? null,
    blockedOn: row.jobBlockedOn,
    throttled: row.jobThrottled,
  };
  return activityOf(job);
}

function cut(line: string): string {
  return line.length > SHOWN_ERROR ? `${line.slice(0, SHOWN_ERROR)}…` : line;
}

/** Ids of the functions that have a run, by name: one look into the index for each, however many runs there are. */
export async function listRunFunctions(db: PrismaClient): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE found AS (
      (SELECT function_id AS id FROM engine.run ORDER BY function_id LIMIT 1)
      UNION ALL
      SELECT (SELECT r.function_id FROM engine.run r WHERE r.function_id > found.id ORDER BY r.function_id LIMIT 1)
      FROM found WHERE found.id IS NOT NULL)
    SELECT id FROM found WHERE id IS NOT NULL LIMIT 500`;
  return rows.map(({ id }) => id);
}
