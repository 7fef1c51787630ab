import type { PrismaClient } from "~/generated/prisma/client.ts";
import { errorResponse } from "~/lib/api-errors.ts";
import { ULID } from "~/lib/ulid.ts";
import { parseJson, type StoredText } from "./json-text.ts";
import type { RunStatus } from "./run-status.ts";

/** Characters of the events, the output and the error of a run that its page shows. */
const SHOWN = 20_000;

/** Another run that this one has to do with. */
export type RelatedRun = { id: string; functionId: string; status: RunStatus };

/** One run with what its page says above its steps; times ISO UTC. */
export type RunDetail = {
  id: string;
  functionId: string;
  status: RunStatus;
  eventName: string;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  stepCount: number;
  pending: number;
  events: StoredText;
  output: StoredText | null;
  error: StoredText | null;
  /** ULIDs of the accepted events that started it; none for a schedule and for an invocation. */
  eventIds: string[];
  /** The run whose step invoked it; null = none, `run` null = it is past its time. */
  parent: { id: string; run: RelatedRun | null } | null;
  /** The run that it repeats; as `parent`. */
  original: { id: string; run: RelatedRun | null } | null;
  /** The newest runs that repeat it. */
  repeats: RelatedRun[];
  /** Names of events that would cancel it. */
  cancelledBy: string[];
  /** Why it was cancelled, as the engine keeps it; null = it was not. */
  cancelCause: string | null;
};

type RunRow = {
  id: string;
  functionId: string;
  status: RunStatus;
  eventName: string;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  stepCount: number;
  pending: number;
  parentRunId: string | null;
  originalRunId: string | null;
  events: string;
  eventsBytes: number;
  output: string | null;
  outputBytes: number | null;
  error: string | null;
  errorBytes: number | null;
  eventIds: string[];
  cancelledBy: string[];
  cancelCause: string | null;
};

/**
 * The id of a run from a path.
 * @throws {Response} 404
 */
export function parseRunId(value: string | undefined): string {
  if (value !== undefined && ULID.test(value)) return value;
  throw runNotFound();
}

/** 404 for a run that is not kept, with why. */
export function runNotFound(): Response {
  return errorResponse(
    404,
    "There is no run with this id. It may be past its time: completed runs are kept for 2 hours, failed and cancelled ones for 7 days.",
  );
}

/** One run; null when there is none (any more). */
export async function getRun(db: PrismaClient, id: string): Promise<RunDetail | null> {
  // One character more than is shown tells whether there is more.
  const read = SHOWN + 1;
  const [row] = await db.$queryRaw<RunRow[]>`
    SELECT r.id, r.function_id AS "functionId", r.status, r.event_name AS "eventName", r.created_at AS "createdAt",
      r.started_at AS "startedAt", r.ended_at AS "endedAt", r.step_count AS "stepCount", r.pending,
      r.cancel_cause AS "cancelCause", r.parent_run_id AS "parentRunId", r.original_run_id AS "originalRunId",
      left(r.events, ${read}::int) AS events, octet_length(r.events) AS "eventsBytes",
      left(r.output, ${read}::int) AS output, octet_length(r.output) AS "outputBytes",
      left(r.error, ${read}::int) AS error, octet_length(r.error) AS "errorBytes",
      ARRAY(SELECT event_id FROM engine.run_event WHERE run_id = r.id ORDER BY event_id LIMIT 100) AS "eventIds",
      ARRAY(SELECT event_name FROM (SELECT event_name FROM engine.pause WHERE run_id = r.id AND step_id IS NULL LIMIT 100) p
        GROUP BY event_name ORDER BY event_name) AS "cancelledBy"
    FROM engine.run r WHERE r.id = ${id}`;
  if (!row) return null;
  const { parentRunId, originalRunId } = row;
  const [named, repeats] = await Promise.all([
    relatedRuns(
      db,
      [parentRunId, originalRunId].filter((related) => related !== null),
    ),
    repeatsOf(db, id),
  ]);
  const relation = (related: string | null) =>
    related === null ? null : { id: related, run: named.get(related) ?? null };
  return {
    id: row.id,
    functionId: row.functionId,
    status: row.status,
    eventName: row.eventName,
    stepCount: row.stepCount,
    pending: row.pending,
    eventIds: row.eventIds,
    cancelledBy: row.cancelledBy,
    cancelCause: row.cancelCause,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    events: storedText(row.events, row.eventsBytes, SHOWN),
    output: optionalText(row.output, row.outputBytes),
    error: optionalText(row.error, row.errorBytes),
    parent: relation(parentRunId),
    original: relation(originalRunId),
    repeats,
  };
}

/** The beginning of a text that was read one character beyond what is shown. */
export function storedText(read: string, bytes: number, shown: number): StoredText {
  return { head: read.slice(0, shown), cut: read.length > shown, bytes };
}

function optionalText(read: string | null, bytes: number | null): StoredText | null {
  return read === null ? null : storedText(read, bytes ?? 0, SHOWN);
}

/** Runs by their ids, as far as they are kept. */
export async function relatedRuns(
  db: PrismaClient,
  ids: readonly string[],
): Promise<Map<string, RelatedRun>> {
  if (ids.length === 0) return new Map();
  const runs = await db.engineRun.findMany({
    where: { id: { in: [...ids] } },
    select: { id: true, functionId: true, status: true },
  });
  return new Map(runs.map((run) => [run.id, relatedRun(run)]));
}

async function repeatsOf(db: PrismaClient, id: string): Promise<RelatedRun[]> {
  const runs = await db.engineRun.findMany({
    where: { originalRunId: id },
    orderBy: { id: "desc" },
    take: 10,
    select: { id: true, functionId: true, status: true },
  });
  return runs.map(relatedRun);
}

function relatedRun(run: { id: string; functionId: string; status: string }): RelatedRun {
  return { ...run, status: run.status as RunStatus };
}

/** The largest text of a run's events that a form begins with. */
const EDITABLE = 100_000;

/** The data of the first event of a run, if it has that name; null where it has not, or is too large for a form. */
export async function getRunData(
  db: PrismaClient,
  id: string,
  eventName: string,
): Promise<Record<string, unknown> | null> {
  const [row] = await db.$queryRaw<{ events: string }[]>`
    SELECT events FROM engine.run
    WHERE id = ${id} AND event_name = ${eventName} AND octet_length(events) <= ${EDITABLE}::int`;
  const events = row === undefined ? undefined : parseJson(row.events);
  const data: unknown = Array.isArray(events) ? events[0]?.data : undefined;
  return typeof data === "object" && data !== null ? { ...data } : null;
}

/** The runs that an accepted event (its ULID) started, newest first, at most 20. */
export async function runsOfEvent(db: PrismaClient, eventId: string): Promise<RelatedRun[]> {
  const rows = await db.engineRunEvent.findMany({
    where: { eventId },
    orderBy: { runId: "desc" },
    take: 20,
    select: { runId: true },
  });
  const runs = await relatedRuns(
    db,
    rows.map(({ runId }) => runId),
  );
  return rows.flatMap(({ runId }) => runs.get(runId) ?? []);
}
