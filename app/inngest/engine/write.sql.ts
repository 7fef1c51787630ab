import { START_TIMEOUT, TIMER_QUEUE } from "./claim.sql.ts";
import { keyExpiry } from "./events.ts";
import { sql } from "./sql.ts";
import type { Change, NewRun } from "./types.ts";

/** Everything that one write commits: finished jobs, and accepted events with the runs they start. */
export type WriteRequest = {
  worker: string;
  now: number;
  leaseUntil: number;
  changes: { change: Change; keep: boolean }[];
  events: { id: string; name: string }[];
  runs: NewRun[];
};

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function changeRow({ change, keep }: WriteRequest["changes"][number]) {
  const { job, step, retry, end, attempt } = change;
  return {
    job: job.id,
    claims: job.claims,
    run: job.runId,
    version: change.version,
    plan: change.planOnly,
    unstarted: end !== null && job.stepId === START_TIMEOUT,
    settled: step && job.stepId !== "step" ? 1 : 0,
    advance: change.advance,
    keep,
    step: step?.stepId,
    op: step?.op,
    step_name: step?.name,
    memo: step?.memo,
    retry_at: retry && iso(retry.dueAt),
    retry_attempt: retry?.attempt,
    retry_step: retry && job.stepId,
    status: end?.status,
    output: end?.output,
    error: end?.error,
    attempt_step: attempt?.stepId,
    attempt_name: attempt?.name,
    attempt_number: job.attempt,
    attempt_started: attempt && iso(attempt.startedAt),
    attempt_error: attempt?.error,
  };
}

function runRow(run: NewRun, cause: string | null) {
  return {
    id: run.id,
    function_id: run.functionId,
    event_id: run.eventId,
    cause,
    key: run.key,
    events: run.events,
    due: iso(run.dueAt),
    finish_after_ms: run.finishAfterMs,
    start_by: iso(run.startBy),
  };
}

type Place = { now: string; worker: string; leaseUntil: string };
/** Common table expressions, and the SELECTs of the jobs they queue. */
type Part = { ctes: string[]; jobs: string[] };

function changeCtes(request: WriteRequest, hasPlans: boolean, { now, worker }: Place): string[] {
  return [
    `change AS (SELECT * FROM json_to_recordset(${sql.json(request.changes.map(changeRow))}) AS c(
  job bigint, claims int, run text, version int, plan boolean, unstarted boolean, settled int, advance boolean, keep boolean,
  step text, op text, step_name text, memo text, retry_at timestamptz, retry_attempt int, retry_step text,
  status text, output text, error text,
  attempt_step text, attempt_name text, attempt_number int, attempt_started timestamptz, attempt_error text))`,
    `gate AS (
  DELETE FROM engine.job j USING change c
  WHERE j.id = c.job AND j.owner = ${worker} AND j.claims = c.claims RETURNING j.id)`,
    `tried AS (
  INSERT INTO engine.attempt (run_id, step_id, name, number, status, started_at, ended_at, error)
  SELECT c.run, c.attempt_step, c.attempt_name, c.attempt_number,
    CASE WHEN c.attempt_error IS NULL THEN 'completed' ELSE 'failed' END, c.attempt_started, ${now}, c.attempt_error
  FROM change c JOIN gate g ON g.id = c.job WHERE c.attempt_step IS NOT NULL)`,
    ...(hasPlans ? planCtes(request) : []),
    `updated AS (
  UPDATE engine.run r SET
    status = coalesce(c.status, r.status), output = c.output, error = c.error,
    ended_at = CASE WHEN c.status IS NULL THEN NULL ELSE ${now} END,
    version = greatest(c.version, r.version),
    plan_only = CASE WHEN c.advance AND r.pending - c.settled = 0 THEN false ELSE coalesce(c.plan, r.plan_only) END,
    step_count = r.step_count + (c.step IS NOT NULL)::int,
    pending = r.pending - c.settled ${hasPlans ? "+ coalesce(n.added, 0)" : ""}
  FROM change c JOIN gate g ON g.id = c.job
  ${hasPlans ? "LEFT JOIN (SELECT run_id, count(*)::int AS added FROM new_step GROUP BY run_id) n ON n.run_id = c.run" : ""}
  WHERE r.id = c.run AND r.ended_at IS NULL AND NOT (c.unstarted AND r.started_at IS NOT NULL)
  RETURNING c.job, r.id, r.function_id, r.step_count, r.pending, c.status IS NOT NULL AS ended,
    c.advance, c.keep, c.step, c.op, c.step_name, c.memo, c.retry_at, c.retry_attempt, c.retry_step)`,
  ];
}

function planCtes(request: WriteRequest): string[] {
  const planned = request.changes.flatMap(({ change }) =>
    change.planned.map((step) => ({
      job: change.job.id,
      run: change.job.runId,
      step: step.stepId,
      op: step.op,
      name: step.name,
      kind: step.kind,
      due: iso(step.dueAt),
    })),
  );
  return [
    `planned AS (
  SELECT p.* FROM json_to_recordset(${sql.json(planned)}) AS p(
    job bigint, run text, step text, op text, name text, kind text, due timestamptz)
  JOIN gate g ON g.id = p.job)`,
    `new_step AS (
  INSERT INTO engine.step (run_id, step_id, op, name) SELECT run, step, op, name FROM planned
  ON CONFLICT DO NOTHING RETURNING run_id, step_id)`,
  ];
}

/** What finished jobs change: only while the lease is held (the row of `gate`) and, beyond the attempt, the run has not ended (`updated`). */
function changePart(request: WriteRequest, place: Place): Part {
  const changes = request.changes.map(({ change }) => change);
  const hasPlans = changes.some((change) => change.planned.length > 0);
  const part: Part = { ctes: changeCtes(request, hasPlans, place), jobs: [] };
  if (hasPlans) {
    part.jobs.push(`SELECT u.id, u.function_id, CASE p.kind WHEN 'call' THEN u.function_id ELSE '${TIMER_QUEUE}' END, p.kind, p.step, 0, p.due, NULL, 0
    FROM planned p JOIN new_step s ON s.run_id = p.run AND s.step_id = p.step JOIN updated u ON u.job = p.job WHERE NOT u.ended`);
  }
  if (changes.some((change) => change.retry)) {
    part.jobs.push(`SELECT u.id, u.function_id, u.function_id, 'call', u.retry_step, u.retry_attempt, u.retry_at, NULL, 0
    FROM updated u WHERE u.retry_at IS NOT NULL`);
  }
  if (changes.some((change) => change.step)) {
    part.ctes.push(`done AS (
  INSERT INTO engine.step (run_id, step_id, op, name, position, memo)
  SELECT id, step, op, step_name, step_count - 1, memo FROM updated WHERE step IS NOT NULL
  ON CONFLICT (run_id, step_id) DO UPDATE SET position = excluded.position, memo = excluded.memo)`);
    part.jobs.push(`SELECT u.id, u.function_id, u.function_id, 'call', 'step', 0,
      CASE WHEN u.keep THEN ${place.leaseUntil} ELSE ${place.now} END, CASE WHEN u.keep THEN ${place.worker} END, u.keep::int
    FROM updated u WHERE u.advance AND u.pending = 0 AND NOT u.ended`);
  }
  if (changes.some((change) => change.end)) {
    part.ctes.push(`removed AS (
  DELETE FROM engine.job j USING updated u WHERE u.ended AND j.run_id = u.id AND j.id <> u.job)`);
  }
  return part;
}

/** Accepted events and the runs that they, or the ends of other runs, start. */
function runPart(request: WriteRequest, { now }: Place): Part {
  const runs = [
    ...request.runs.map((run) => runRow(run, null)),
    ...request.changes.flatMap(({ change }) =>
      change.runs.map((run) => runRow(run, change.job.id)),
    ),
  ];
  const accepted = `accepted AS (
  INSERT INTO engine.event (id, name, received_at)
  SELECT id, name, ${now} FROM json_to_recordset(${sql.json(request.events)}) AS e(id text, name text)
  ON CONFLICT DO NOTHING RETURNING id)`;
  if (runs.length === 0) return { ctes: request.events.length > 0 ? [accepted] : [], jobs: [] };
  const hasKeys = runs.some((run) => run.key !== null);
  const part: Part = {
    ctes: [
      accepted,
      `wanted AS (
  SELECT n.* FROM json_to_recordset(${sql.json(runs)}) AS n(
    id text, function_id text, event_id text, cause bigint, key text, events text, due timestamptz,
    finish_after_ms bigint, start_by timestamptz)
  WHERE (n.event_id IS NULL OR n.event_id IN (SELECT id FROM accepted))
    ${request.changes.length > 0 ? "AND (n.cause IS NULL OR n.cause IN (SELECT job FROM updated))" : ""})`,
      ...(hasKeys
        ? [
            `keyed AS (
  INSERT INTO engine.event_key AS k (function_id, key, run_id, expires_at)
  SELECT function_id, key, id, ${sql.time(keyExpiry(request.now))} FROM wanted WHERE key IS NOT NULL
  ON CONFLICT (function_id, key) DO UPDATE SET run_id = excluded.run_id, expires_at = excluded.expires_at
  WHERE k.expires_at <= ${now} RETURNING run_id)`,
          ]
        : []),
      `created AS (
  INSERT INTO engine.run (id, function_id, status, events, finish_after_ms, created_at)
  SELECT id, function_id, 'queued', events, finish_after_ms, ${now} FROM wanted
  ${hasKeys ? "WHERE key IS NULL OR id IN (SELECT run_id FROM keyed)" : ""} RETURNING id)`,
    ],
    jobs: [
      "SELECT w.id, w.function_id, w.function_id, 'call', 'step', 0, w.due, NULL, 0 FROM wanted w JOIN created USING (id)",
    ],
  };
  if (runs.some((run) => run.start_by !== null)) {
    part.jobs.push(`SELECT w.id, w.function_id, '${TIMER_QUEUE}', 'timeout', '${START_TIMEOUT}', 0, w.start_by, NULL, 0
    FROM wanted w JOIN created USING (id) WHERE w.start_by IS NOT NULL`);
  }
  return part;
}

/**
 * One statement, so one transaction in one round trip, made only of the parts that this request needs: planning is most of its time.
 * One row: `applied` (per change that counted its run's next call, if this worker kept that), `queued` (jobs that may be claimed now or later).
 */
export function writeSql(request: WriteRequest): string {
  const place: Place = {
    now: sql.time(request.now),
    worker: sql.text(request.worker),
    leaseUntil: sql.time(request.leaseUntil),
  };
  const changes = request.changes.length > 0 ? changePart(request, place) : { ctes: [], jobs: [] };
  const runs = runPart(request, place);
  const jobs = [...changes.jobs, ...runs.jobs];
  const queued = `queued AS (
  INSERT INTO engine.job (run_id, function_id, queue, kind, step_id, attempt, due_at, owner, claims)
  ${jobs.join("\n  UNION ALL\n  ")}
  RETURNING id, run_id, owner)`;
  const ctes = [...changes.ctes, ...runs.ctes, ...(jobs.length > 0 ? [queued] : [])];
  const next = jobs.length > 0 ? "q.id::text" : "NULL";
  const join =
    jobs.length > 0 ? "LEFT JOIN queued q ON q.run_id = u.id AND q.owner IS NOT NULL" : "";
  const applied =
    request.changes.length > 0
      ? `(SELECT coalesce(json_agg(json_build_object('job', u.job::text, 'next', ${next})), '[]') FROM updated u ${join})`
      : "'[]'::json";
  const count = jobs.length > 0 ? "(SELECT count(*)::int FROM queued WHERE owner IS NULL)" : "0";
  return `${ctes.length > 0 ? `WITH ${ctes.join(",\n")}\n` : ""}SELECT ${applied} AS applied, ${count} AS queued`;
}
