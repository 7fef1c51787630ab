import type { QueryResultRow } from "pg";
import type { PauseRow } from "./events/routing.ts";
import { storableJson } from "./events/storable.ts";
import type { Registration } from "./registration/registration.ts";
import type {
  Change,
  ClaimedJob,
  Engine,
  EngineEvent,
  EngineOptions,
  EngineStats,
  FunctionDefinition,
  Routed,
} from "./types.ts";

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
  const query = async <R extends QueryResultRow>(text: string, values: unknown[]): Promise<R[]> =>
    (await pool.query<R>(text, values)).rows;

  async function one<R extends QueryResultRow>(text: string, values: unknown[]): Promise<R> {
    const [row] = await query<R>(text, values);
    if (!row) throw new Error("the database gave no answer");
    return row;
  }

  return {
    /** Claims at most `capacity` ready jobs; also says when the next one will be due (epoch ms, null = none waits), and whether to ask again at once. */
    async claim(request: {
      now: number;
      leaseUntil: number;
      capacity: number;
      executing: string[];
    }): Promise<{ jobs: ClaimedJob[]; nextDue: number | null; more: boolean }> {
      const { now, leaseUntil, capacity, executing } = request;
      const rows = await query<ClaimedJob & { nextDue: Date | null; more: boolean }>(
        "SELECT * FROM engine.claim($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [worker, now, leaseUntil, capacity, shared, executing, listened(), ...channel],
      );
      const last = rows.pop();
      return { jobs: rows, nextDue: last?.nextDue?.getTime() ?? null, more: last?.more === true };
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
      const text = JSON.stringify(body);
      return (
        await one<{ results: ChangeResult[] }>("SELECT engine.write($1::jsonb) AS results", [text])
      ).results;
    },

    /** The pauses that these events could end, as far as the database can tell: by name, by value and by time. */
    async pauses(events: EngineEvent[], now: number): Promise<PauseRow[]> {
      const text = storableJson(JSON.stringify(events));
      return query("SELECT * FROM engine.pauses($1, $2)", [text, now]);
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
      const { ended } = await one<{ ended: boolean }>(
        "SELECT engine.cancel($1, $2, $3, $4, $5, $6) AS ended",
        [runId, now, shared, listened(), ...channel],
      );
      return ended;
    },

    /** What a run was started with; null = there is none. */
    async origin(runId: string) {
      const [row] = await query<{ functionId: string; events: string; eventIds: string[] }>(
        `SELECT function_id AS "functionId", events,
           ARRAY(SELECT event_id FROM engine.run_event WHERE run_id = r.id ORDER BY event_id) AS "eventIds"
         FROM engine.run r WHERE id = $1`,
        [runId],
      );
      return row ?? null;
    },

    /** Keeps an app's functions, as the SDK registers them, and their limits. */
    async register(
      app: Registration,
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
    async apps(): Promise<Registration[]> {
      return query(
        'SELECT url, app_id AS "appId", functions::json AS functions FROM engine.app ORDER BY registered_at, url',
        [],
      );
    },

    async stats(now: number): Promise<EngineStats> {
      return one(
        `SELECT count(*) FILTER (WHERE state = 'ready' OR state <> 'blocked' AND due_at <= engine.at($1))::int AS due,
           count(*) FILTER (WHERE state = 'waiting' AND due_at > engine.at($1))::int
             + (SELECT count(*)::int FROM engine.gathering) AS scheduled,
           count(*) FILTER (WHERE state = 'blocked')::int AS blocked,
           count(*) FILTER (WHERE state = 'claimed' AND due_at > engine.at($1))::int AS executing FROM engine.job`,
        [now],
      );
    },

    /** Runs that failed or were cancelled stay for seven days more than the others; events stay as long as a run that they started. */
    async prune(before: Date, now: number, limit: number): ReturnType<Engine["prune"]> {
      return one(
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
           (SELECT function_id, key FROM engine.event_key WHERE expires_at <= $5 ORDER BY expires_at LIMIT $4) AND expires_at <= $5 RETURNING 1),
         t AS (DELETE FROM engine.rate WHERE key IN
           (SELECT key FROM engine.rate WHERE next_at < $3 ORDER BY next_at LIMIT $4) AND next_at < $3 RETURNING 1)
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
    },
  };
}

export type Store = ReturnType<typeof createStore>;
