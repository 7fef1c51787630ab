import type { PauseRow } from "./routing.ts";
import type {
  Change,
  ClaimedJob,
  EngineEvent,
  EngineOptions,
  EngineStats,
  FunctionDefinition,
  Routed,
} from "./types.ts";

type Row = Record<string, unknown>;

/** One statement of the writer: what was sent, and what finished jobs change (`keep`: the run's next call stays with this worker). */
export type WriteRequest = {
  now: number;
  leaseUntil: number;
  sends: Routed[];
  changes: { change: Change; keep: boolean }[];
};

/** What a change came to; null = its lease was lost or its run had ended. */
export type ChangeResult = { next: string | null } | null;

/** How long runs that did not end well are kept beyond the others. */
const KEEP_UNWELL_MS = 7 * 24 * 3_600_000;
/** A rate that has been free for so long is at its beginning again. */
const KEEP_RATE_MS = 24 * 3_600_000;

function endOf(row: Row): ClaimedJob["end"] {
  const { status } = row;
  if (status !== "completed" && status !== "failed" && status !== "cancelled") return null;
  const parent =
    row.parent_run_id === null
      ? null
      : { runId: String(row.parent_run_id), stepId: String(row.parent_step_id) };
  return { status, output: textOf(row.output), error: textOf(row.error), parent };
}

function textOf(value: unknown): string | null {
  return value === null ? null : String(value);
}

function toClaimedJob(row: Row): ClaimedJob {
  return {
    id: String(row.id),
    claims: Number(row.claims),
    kind: row.kind === "announce" ? "announce" : "call",
    runId: String(row.run_id),
    functionId: String(row.function_id),
    stepId: String(row.step_id),
    attempt: Number(row.attempt),
    events: String(row.events),
    version: Number(row.version),
    planOnly: row.plan_only === true,
    pending: Number(row.pending),
    stepCount: Number(row.step_count),
    stateBytes: Number(row.state_bytes),
    memos: String(row.memos),
    stack: String(row.stack),
    end: endOf(row),
  };
}

function toPauseRow(row: Row): PauseRow {
  return {
    id: String(row.id),
    runId: String(row.run_id),
    stepId: textOf(row.step_id),
    eventName: String(row.event_name),
    expression: textOf(row.expression),
    events: String(row.events),
  };
}

/** `routed` only where something follows from events: most changes have nothing of it. */
function changeBody({ change, keep }: WriteRequest["changes"][number]) {
  const { job, events, runs, resumes, cancels, ...rest } = change;
  const some = events.length + runs.length + resumes.length + cancels.length > 0;
  const routed = some ? { events, runs, resumes, cancels } : null;
  return { ...rest, routed, job: job.id, claims: job.claims, keep };
}

function limitsOf({ id, concurrency, throttle }: FunctionDefinition) {
  return {
    id,
    slot1_limit: concurrency[0]?.limit ?? null,
    slot2_limit: concurrency[1]?.limit ?? null,
    throttle_interval_ms: throttle?.intervalMs ?? null,
    throttle_burst: throttle?.burst ?? null,
  };
}

/** Escapes that Postgres cannot read back into a text: NUL and halves of a surrogate pair. */
const UNREADABLE = /\\u(0000|d[89a-f][0-9a-f]{2})/gi;

/**
 * The engine's transitions and reads in its database; each is one round trip and one transaction (functions of schema "engine").
 * @param worker names the leases of this process
 * @param listened names of lifecycle events that a registered function is triggered by
 */
export function createStore(
  options: Pick<EngineOptions, "pool" | "exclusive" | "notify">,
  worker: string,
  listened: () => string[],
) {
  const { pool, notify } = options;
  const shared = !options.exclusive;
  const channel = [notify?.channel ?? null, notify?.payload ?? null];
  const query = async (text: string, values: unknown[]): Promise<Row[]> =>
    (await pool.query<Row>(text, values)).rows;

  return {
    /** Claims at most `capacity` ready jobs; also says when the next one will be due (epoch ms, null = none waits), and whether to ask again at once. */
    async claim(request: {
      now: number;
      leaseUntil: number;
      capacity: number;
      executing: string[];
    }): Promise<{ jobs: ClaimedJob[]; nextDue: number | null; more: boolean }> {
      const { now, leaseUntil, capacity, executing } = request;
      const rows = await query("SELECT * FROM engine.claim($1, $2, $3, $4, $5, $6, $7, $8, $9)", [
        worker,
        now,
        leaseUntil,
        capacity,
        shared,
        executing,
        listened(),
        ...channel,
      ]);
      const last = rows.pop();
      return {
        jobs: rows.map(toClaimedJob),
        nextDue: last?.next_due instanceof Date ? last.next_due.getTime() : null,
        more: last?.more === true,
      };
    },

    /** Commits as a whole; gives one result per change. */
    async write(request: WriteRequest): Promise<ChangeResult[]> {
      const body = {
        ...request,
        changes: request.changes.map(changeBody),
        worker,
        shared,
        listened: listened(),
        notify,
      };
      const [row] = await query("SELECT engine.write($1::jsonb) AS results", [
        JSON.stringify(body),
      ]);
      return row?.results as ChangeResult[];
    },

    /** The pauses that these events could end, as far as the database can tell: by name, by value and by time. */
    async pauses(events: EngineEvent[], now: number): Promise<PauseRow[]> {
      const text = JSON.stringify(events).replace(UNREADABLE, "\\ufffd");
      return (await query("SELECT * FROM engine.pauses($1, $2)", [text, now])).map(toPauseRow);
    },

    /** Holds the leases of these jobs until then. */
    async renew(jobs: string[], leaseUntil: number): Promise<void> {
      await query("SELECT engine.renew($1, $2, $3, $4)", [worker, jobs, leaseUntil, shared]);
    },

    /** Gives up every lease of this worker, or (`others`) takes away those of all others: the jobs are due at once. */
    async release(whose: "own" | "others", now: number): Promise<void> {
      await query("SELECT engine.release($1, $2, $3, $4)", [worker, whose === "own", now, shared]);
    },

    /** Ends a run that has not ended; false = there is none such. */
    async cancel(runId: string, now: number): Promise<boolean> {
      const [row] = await query("SELECT engine.cancel($1, $2, $3, $4, $5, $6) AS ended", [
        runId,
        now,
        shared,
        listened(),
        ...channel,
      ]);
      return row?.ended === true;
    },

    /** What a run was started with; null = there is none. */
    async origin(
      runId: string,
    ): Promise<{ functionId: string; events: string; eventIds: string[] } | null> {
      const [row] = await query(
        `SELECT function_id, events, ARRAY(SELECT event_id FROM engine.run_event WHERE run_id = r.id ORDER BY event_id) AS event_ids
         FROM engine.run r WHERE id = $1`,
        [runId],
      );
      if (!row) return null;
      return {
        functionId: String(row.function_id),
        events: String(row.events),
        eventIds: row.event_ids as string[],
      };
    },

    /** Keeps an app's functions, as the SDK registers them, and their limits. */
    async register(
      app: { url: string; appId: string; functions: unknown },
      definitions: FunctionDefinition[],
      now: number,
    ): Promise<void> {
      await query("SELECT engine.register($1, $2, $3, $4::jsonb, $5)", [
        app.url,
        app.appId,
        JSON.stringify(app.functions),
        JSON.stringify(definitions.map(limitsOf)),
        now,
      ]);
    },

    async removeApp(url: string): Promise<boolean> {
      const rows = await query("DELETE FROM engine.app WHERE url = $1 RETURNING url", [url]);
      return rows.length > 0;
    },

    /** The apps that were registered, in this process or an earlier one. */
    async apps(): Promise<{ url: string; appId: string; functions: unknown }[]> {
      const rows = await query(
        "SELECT url, app_id, functions FROM engine.app ORDER BY registered_at, url",
        [],
      );
      return rows.map((row) => ({
        url: String(row.url),
        appId: String(row.app_id),
        functions: JSON.parse(String(row.functions)) as unknown,
      }));
    },

    async stats(now: number): Promise<EngineStats> {
      const [row] = await query(
        `SELECT count(*) FILTER (WHERE state = 'ready' OR state <> 'blocked' AND due_at <= engine.at($1))::int AS due,
           count(*) FILTER (WHERE state = 'waiting' AND due_at > engine.at($1))::int
             + (SELECT count(*)::int FROM engine.gathering) AS scheduled,
           count(*) FILTER (WHERE state = 'blocked')::int AS blocked,
           count(*) FILTER (WHERE state = 'claimed' AND due_at > engine.at($1))::int AS executing FROM engine.job`,
        [now],
      );
      return {
        due: Number(row?.due),
        scheduled: Number(row?.scheduled),
        blocked: Number(row?.blocked),
        executing: Number(row?.executing),
      };
    },

    /** Runs that failed or were cancelled stay for seven days more than the others; events stay as long as a run that they started. */
    async prune(before: Date, now: number, limit: number) {
      const [row] = await query(
        `WITH old AS (
           (SELECT id FROM engine.run WHERE status = 'completed' AND ended_at < $1 ORDER BY ended_at LIMIT $4)
           UNION ALL
           (SELECT id FROM engine.run WHERE status IN ('failed', 'cancelled') AND ended_at < $2 ORDER BY ended_at LIMIT $4)
           LIMIT $4),
         r AS (DELETE FROM engine.run WHERE id IN (SELECT id FROM old) RETURNING 1),
         l AS (DELETE FROM engine.run_event WHERE run_id IN (SELECT id FROM old) RETURNING 1),
         s AS (DELETE FROM engine.step WHERE run_id IN (SELECT id FROM old) RETURNING 1),
         a AS (DELETE FROM engine.attempt WHERE run_id IN (SELECT id FROM old) RETURNING 1),
         e AS (DELETE FROM engine.event WHERE id IN
           (SELECT id FROM engine.event o WHERE received_at < $1 AND NOT EXISTS (SELECT FROM engine.run_event
              WHERE event_id = o.id AND run_id NOT IN (SELECT id FROM old)) ORDER BY received_at LIMIT $4) RETURNING 1),
         k AS (DELETE FROM engine.event_key WHERE (function_id, key) IN
           (SELECT function_id, key FROM engine.event_key WHERE expires_at <= $5 ORDER BY expires_at LIMIT $4) RETURNING 1),
         t AS (DELETE FROM engine.rate WHERE key IN
           (SELECT key FROM engine.rate WHERE next_at < $3 ORDER BY next_at LIMIT $4) RETURNING 1)
         SELECT (SELECT count(*)::int FROM r) AS run, (SELECT count(*)::int FROM s) AS step, (SELECT count(*)::int FROM a) AS attempt,
           (SELECT count(*)::int FROM e) AS event, (SELECT count(*)::int FROM k) AS event_key`,
        [
          before,
          new Date(before.getTime() - KEEP_UNWELL_MS),
          new Date(now - KEEP_RATE_MS),
          Math.max(0, Math.floor(limit)),
          new Date(now),
        ],
      );
      return {
        run: Number(row?.run),
        step: Number(row?.step),
        attempt: Number(row?.attempt),
        event: Number(row?.event),
        event_key: Number(row?.event_key),
      };
    },
  };
}

export type Store = ReturnType<typeof createStore>;
