import { z } from "zod";
import type { EngineOptions } from "../types.ts";
import { type ProgressRow, progressOf } from "./run-progress.ts";
import { statusWord } from "./status-word.ts";

/** A page of a list, newest first: at most `limit`, those before the ULID `cursor`. */
type Page = { limit: number; cursor: string | null };

type EventFilter = Page & {
  name: string | null;
  /** From this time on. */
  receivedAfter: Date | null;
  /** Before this time. */
  receivedBefore: Date | null;
};

type RunRow = {
  id: string;
  function_id: string;
  status: string;
  event_name: string;
  event_ids: string[];
  original_run_id: string | null;
  parent_run_id: string | null;
  /** The events of a cron run. Read here, as Postgres's own JSON refuses "\\u0000". */
  tick: string | null;
  output: string | null;
  cancel_cause: string | null;
  error: string | null;
  created_at: Date;
  ended_at: Date | null;
};
type EventRow = { id: string; event: string; received_at: Date };

const RUN_COLUMNS = `r.id, r.function_id, r.status, r.event_name, r.original_run_id, r.parent_run_id, r.output, r.error, r.cancel_cause, r.created_at,
  r.ended_at, ARRAY(SELECT event_id FROM engine.run_event WHERE run_id = r.id ORDER BY event_id) AS event_ids,
  CASE WHEN r.event_name = 'inngest/scheduled.timer' THEN r.events END AS tick`;

/** An accepted event, as the Inngest server's API shows it; `internal_id` is its ULID, `id` the sender's own, where there is one. */
const viewEvent = ({ id, event, received_at }: EventRow) => ({
  ...(JSON.parse(event) as object),
  internal_id: id,
  received_at: received_at.toISOString(),
});

const tickSchema = z.tuple([z.object({ data: z.object({ cron: z.string() }) })]);

/** A run, as the Inngest server's API shows it; `function_id` is "app-function", where the server has a UUID of its own. */
function viewRun(row: RunRow) {
  const error = row.error === null ? null : (JSON.parse(row.error) as unknown);
  const tick = tickSchema.safeParse(row.tick === null ? null : JSON.parse(row.tick));
  return {
    run_id: row.id,
    function_id: row.function_id,
    status: statusWord(row.status),
    /** When it was created. */
    run_started_at: row.created_at.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
    /** Null where the event that started it is not stored (a cron tick, an invocation). */
    event_id: row.event_ids[0] ?? null,
    event_ids: row.event_ids,
    event_name: row.event_name,
    /** The run that this one repeats. */
    original_run_id: row.original_run_id,
    /** The run whose step invoked it. */
    parent_run_id: row.parent_run_id,
    cron: tick.data?.[0].data.cron ?? null,
    /** What it returned; of a failed run its error, as the server has it. */
    output: row.output === null ? error : (JSON.parse(row.output) as unknown),
    error,
    /** Why it was cancelled: asked, singleton, timeout:start, timeout:finish, or "event " and the event's name. */
    cancel_cause: row.cancel_cause,
  };
}

export type Reads = ReturnType<typeof createReads>;

/** What the HTTP API reads of the engine's tables: each answer is one statement, each list is bounded. */
export function createReads(pool: EngineOptions["pool"]) {
  return {
    /** Accepted events, newest first. */
    async events(filter: EventFilter) {
      const { rows } = await pool.query<EventRow>(
        `SELECT id, event, received_at FROM engine.event
         WHERE ($1::text IS NULL OR id < $1) AND ($2::text IS NULL OR name = $2)
           AND ($3::timestamptz IS NULL OR received_at >= $3) AND ($4::timestamptz IS NULL OR received_at < $4)
         ORDER BY id DESC LIMIT $5`,
        [filter.cursor, filter.name, filter.receivedAfter, filter.receivedBefore, filter.limit],
      );
      return rows.map(viewEvent);
    },

    /** An accepted event by its ULID; null = there is none (any more). */
    async event(id: string) {
      const { rows } = await pool.query<EventRow>(
        "SELECT id, event, received_at FROM engine.event WHERE id = $1",
        [id],
      );
      return rows[0] ? viewEvent(rows[0]) : null;
    },

    /** The runs that an event started, newest first. */
    async runsOfEvent(eventId: string, { limit, cursor }: Page) {
      const { rows } = await pool.query<RunRow>(
        `SELECT ${RUN_COLUMNS} FROM engine.run_event e JOIN engine.run r ON r.id = e.run_id
         WHERE e.event_id = $1 AND ($2::text IS NULL OR e.run_id < $2)
         ORDER BY e.run_id DESC LIMIT $3`,
        [eventId, cursor, limit],
      );
      return rows.map(viewRun);
    },

    /** The state of a run; null = there is none such (any more). */
    async statusOf(runId: string): Promise<string | null> {
      const { rows } = await pool.query<{ status: string }>(
        "SELECT status FROM engine.run WHERE id = $1",
        [runId],
      );
      return rows[0] ? statusWord(rows[0].status) : null;
    },

    /** A run with its steps and every attempt of them and of the function's body; null = there is none such (any more). */
    async run(runId: string) {
      const { rows } = await pool.query<RunRow & ProgressRow>(
        `SELECT ${RUN_COLUMNS},
           (SELECT coalesce(json_agg(s ORDER BY s.position NULLS LAST, s.created_at, s.step_id), '[]')
            FROM engine.step s WHERE s.run_id = r.id) AS steps,
           (SELECT coalesce(json_agg(a ORDER BY a.id), '[]') FROM engine.attempt a WHERE a.run_id = r.id) AS attempts,
           (SELECT coalesce(json_agg(j), '[]') FROM
              (SELECT step_id, kind, state, attempt, due_at FROM engine.job WHERE run_id = r.id) j) AS jobs
         FROM engine.run r WHERE r.id = $1`,
        [runId],
      );
      return rows[0] ? { ...viewRun(rows[0]), ...progressOf(rows[0]) } : null;
    },
  };
}
