import { sql } from "./sql.ts";

/** Claims of all processes take turns, so that the limits hold across them. */
const CLAIM_LOCK = 4_701_224_991;

/** Jobs that are only the engine's own work (ends of sleeps, timeouts) are not counted against `capacity`. */
export const TIMER_QUEUE = "timer";
export const START_TIMEOUT = "timeout:start";
export const FINISH_TIMEOUT = "timeout:finish";
const TIMER_BATCH = 100;

export type ClaimRequest = {
  worker: string;
  now: number;
  leaseUntil: number;
  /** Calls that may be claimed at most. */
  capacity: number;
  /** Queues and how many of each may still be executed, this worker's own already taken off; null = as many as there are. */
  queues: { queue: string; room: number | null }[];
  /** No other process claims: no lock, no counting of what others execute. */
  exclusive: boolean;
  /** Jobs this worker is executing. */
  executing: string[];
};

/**
 * Two result sets: the claimed jobs with what their calls need, and the time of the next job that is not due yet.
 * A job is due when `due_at` has come; claiming moves that to the end of the lease.
 */
export function claimSql(request: ClaimRequest): string {
  const now = sql.time(request.now);
  const worker = sql.text(request.worker);
  const queues = sql.json(request.queues);
  const executing = `ARRAY[${request.executing.map(Number).join(",")}]::bigint[]`;
  const cap = (queue: string) =>
    `CASE WHEN ${queue} = '${TIMER_QUEUE}' THEN ${TIMER_BATCH} ELSE ${request.capacity} END`;
  const elsewhere = `elsewhere AS (
  SELECT queue, count(*)::int AS n FROM engine.job
  WHERE owner IS NOT NULL AND owner <> ${worker} AND due_at > ${now} GROUP BY queue),`;
  const room = request.exclusive ? "r.room" : "r.room - coalesce(e.n, 0)";
  return `
${request.exclusive ? "SELECT 1" : `SELECT pg_advisory_xact_lock(${CLAIM_LOCK})`};
WITH room AS (SELECT * FROM json_to_recordset(${queues}) AS q(queue text, room int)),
${request.exclusive ? "" : elsewhere}
candidate AS (
  SELECT c.id, c.due_at, r.queue FROM room r ${request.exclusive ? "" : "LEFT JOIN elsewhere e ON e.queue = r.queue"}
  CROSS JOIN LATERAL (
    SELECT j.id, j.due_at FROM engine.job j
    WHERE j.queue = r.queue AND j.due_at <= ${now} AND j.id <> ALL (${executing})
    ORDER BY j.due_at, j.id
    LIMIT greatest(0, least(${cap("r.queue")}, ${room}))
    FOR UPDATE SKIP LOCKED) c),
ranked AS (
  SELECT id, queue, row_number() OVER (PARTITION BY queue = '${TIMER_QUEUE}' ORDER BY due_at, id) AS place
  FROM candidate),
claimed AS (
  UPDATE engine.job j SET owner = ${worker}, claims = j.claims + 1, due_at = ${sql.time(request.leaseUntil)}
  FROM ranked k WHERE j.id = k.id AND k.place <= ${cap("k.queue")}
  RETURNING j.id, j.claims, j.kind, j.run_id, j.function_id, j.step_id, j.attempt),
started AS (
  UPDATE engine.run r SET started_at = ${now}, status = 'running'
  FROM claimed c WHERE r.id = c.run_id AND c.kind = 'call' AND r.started_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM claimed t WHERE t.run_id = c.run_id AND t.step_id = '${START_TIMEOUT}')
  RETURNING r.id, r.function_id, r.finish_after_ms),
timeouts AS (
  INSERT INTO engine.job (run_id, function_id, queue, kind, step_id, attempt, due_at, claims)
  SELECT id, function_id, '${TIMER_QUEUE}', 'timeout', '${FINISH_TIMEOUT}', 0, ${now} + finish_after_ms * interval '1 millisecond', 0
  FROM started WHERE finish_after_ms IS NOT NULL ON CONFLICT DO NOTHING)
SELECT c.*, r.events, r.version, r.plan_only, r.pending, r.step_count,
  r.started_at IS NOT NULL AS started, r.ended_at IS NOT NULL AS ended, coalesce(s.memos, '') AS memos, coalesce(s.stack, '') AS stack
FROM claimed c JOIN engine.run r ON r.id = c.run_id
LEFT JOIN LATERAL (
  SELECT string_agg('"' || step_id || '":' || memo, ',' ORDER BY position) AS memos,
    string_agg('"' || step_id || '"', ',' ORDER BY position) AS stack
  FROM engine.step WHERE run_id = c.run_id AND position IS NOT NULL) s ON true
ORDER BY c.id;
SELECT min(n.due_at) AS next_due
FROM json_to_recordset(${queues}) AS q(queue text, room int)
CROSS JOIN LATERAL (
  SELECT j.due_at FROM engine.job j WHERE j.queue = q.queue AND j.due_at > ${now} ORDER BY j.due_at LIMIT 1) n`;
}
