import { type ClaimRequest, claimSql } from "./claim.sql.ts";
import { sql } from "./sql.ts";
import type { ClaimedJob, EngineOptions, EngineStats } from "./types.ts";
import { type WriteRequest, writeSql } from "./write.sql.ts";

type Row = Record<string, unknown>;
type Result = { rows: Row[] };

/** What a write did: the changes that counted, each with the next call of its run where this worker kept it. */
export type WriteResult = { applied: Map<string, { next: string | null }>; queued: number };

function toClaimedJob(row: Row): ClaimedJob {
  return {
    id: String(row.id),
    claims: Number(row.claims),
    kind: row.kind as ClaimedJob["kind"],
    runId: String(row.run_id),
    functionId: String(row.function_id),
    stepId: String(row.step_id),
    attempt: Number(row.attempt),
    events: String(row.events),
    version: Number(row.version),
    planOnly: row.plan_only === true,
    pending: Number(row.pending),
    stepCount: Number(row.step_count),
    started: row.started === true,
    ended: row.ended === true,
    memos: String(row.memos),
    stack: String(row.stack),
  };
}

/** The engine's statements; each is one round trip and, several statements included, one transaction. */
export function createStore(pool: EngineOptions["pool"], worker: string) {
  const query = async (text: string): Promise<Result[]> => {
    const result: unknown = await pool.query(text);
    return (Array.isArray(result) ? result : [result]) as Result[];
  };
  const first = async (text: string): Promise<Row> => (await query(text))[0]?.rows[0] ?? {};

  return {
    /** Claims what is due; also says when the next job will be (epoch ms, null = none is waiting). */
    async claim(
      request: Omit<ClaimRequest, "worker">,
    ): Promise<{ jobs: ClaimedJob[]; nextDue: number | null }> {
      const [, claimed, next] = await query(claimSql({ worker, ...request }));
      const nextDue = next?.rows[0]?.next_due;
      return {
        jobs: (claimed?.rows ?? []).map(toClaimedJob),
        nextDue: nextDue instanceof Date ? nextDue.getTime() : null,
      };
    },

    async write(request: Omit<WriteRequest, "worker">): Promise<WriteResult> {
      const row = await first(writeSql({ worker, ...request }));
      const applied = row.applied as { job: string; next: string | null }[];
      return {
        applied: new Map(applied.map(({ job, next }) => [job, { next }])),
        queued: Number(row.queued),
      };
    },

    /** Holds the leases of these jobs until then. */
    async renew(jobs: { id: string; claims: number }[], leaseUntil: number): Promise<void> {
      await query(
        `UPDATE engine.job j SET due_at = ${sql.time(leaseUntil)}
         FROM json_to_recordset(${sql.json(jobs)}) AS l(id bigint, claims int)
         WHERE j.id = l.id AND j.claims = l.claims AND j.owner = ${sql.text(worker)}`,
      );
    },

    /** Gives up every lease of this worker, or (`others`) takes away those of all others: the jobs are due at once. */
    async release(whose: "own" | "others", now: number): Promise<void> {
      await query(
        `UPDATE engine.job SET owner = NULL, due_at = ${sql.time(now)}
         WHERE owner ${whose === "own" ? "=" : "<>"} ${sql.text(worker)}`,
      );
    },

    /** Every function that has jobs, registered or not. */
    async functionIds(): Promise<string[]> {
      const [result] = await query("SELECT DISTINCT function_id FROM engine.job");
      return (result?.rows ?? []).map((row) => String(row.function_id));
    },

    async stats(now: number): Promise<EngineStats> {
      const row = await first(
        `SELECT count(*) FILTER (WHERE owner IS NULL AND due_at <= ${sql.time(now)})::int AS due,
           count(*) FILTER (WHERE owner IS NULL AND due_at > ${sql.time(now)})::int AS scheduled,
           count(*) FILTER (WHERE owner IS NOT NULL)::int AS executing FROM engine.job`,
      );
      return {
        due: Number(row.due),
        scheduled: Number(row.scheduled),
        executing: Number(row.executing),
      };
    },

    async prune(before: Date, now: number, limit: number) {
      const most = Math.max(0, Math.floor(limit));
      const time = sql.time(before.getTime());
      const row = await first(
        `WITH old AS (SELECT id FROM engine.run WHERE ended_at < ${time} ORDER BY ended_at LIMIT ${most}),
         r AS (DELETE FROM engine.run WHERE id IN (SELECT id FROM old) RETURNING 1),
         s AS (DELETE FROM engine.step WHERE run_id IN (SELECT id FROM old) RETURNING 1),
         a AS (DELETE FROM engine.attempt WHERE run_id IN (SELECT id FROM old) RETURNING 1),
         e AS (DELETE FROM engine.event WHERE id IN
           (SELECT id FROM engine.event WHERE received_at < ${time} ORDER BY received_at LIMIT ${most}) RETURNING 1),
         k AS (DELETE FROM engine.event_key WHERE (function_id, key) IN
           (SELECT function_id, key FROM engine.event_key WHERE expires_at <= ${sql.time(now)} ORDER BY expires_at LIMIT ${most}) RETURNING 1)
         SELECT (SELECT count(*)::int FROM r) AS run, (SELECT count(*)::int FROM s) AS step, (SELECT count(*)::int FROM a) AS attempt,
           (SELECT count(*)::int FROM e) AS event, (SELECT count(*)::int FROM k) AS event_key`,
      );
      return {
        run: Number(row.run),
        step: Number(row.step),
        attempt: Number(row.attempt),
        event: Number(row.event),
        event_key: Number(row.event_key),
      };
    },
  };
}

export type Store = ReturnType<typeof createStore>;
