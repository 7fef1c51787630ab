import { beforeAll, expect, test } from "vitest";
import { listRunFunctions, listRuns } from "~/features/runs/list.server.ts";
import { getRun, runsOfEvent } from "~/features/runs/run.server.ts";
import { getOpenWork, listAttempts, listSteps } from "~/features/runs/timeline.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { encodeCursor } from "~/lib/keyset.ts";
import { leastUlid } from "~/lib/ulid.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { explainingClient, nodesOf } from "./explain.ts";

let explained: Awaited<ReturnType<typeof explainingClient>>;
let db: PrismaClient;

const RUNS = 60_000;
const FUNCTIONS = 8;
const BUSY_STEPS = 1_000;

/** Runs of a test are numbered, the newest highest, within one millisecond. */
const idOf = (n: number) => leastUlid(NOW.getTime()).slice(0, 16) + String(n).padStart(10, "0");
const BUSY = idOf(RUNS + 1);

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  const prefix = leastUlid(NOW.getTime()).slice(0, 16);
  // One function has nearly every run; a run in 50 failed; one that is under way has 1,000 steps, each with a job and two attempts.
  await database.pool.query(`
    INSERT INTO engine.run (id, function_id, status, event_name, events, created_at, started_at, ended_at, error, original_run_id)
    SELECT '${prefix}' || lpad(n::text, 10, '0'), CASE WHEN n % 20 = 0 THEN 'app-' || n / 20 % ${FUNCTIONS} ELSE 'app-0' END,
      CASE WHEN n % 50 = 0 THEN 'failed' WHEN n > ${RUNS} - 300 THEN 'running' ELSE 'completed' END, 'e', '[]', at, at, at,
      CASE WHEN n % 50 = 0 THEN '{"message":"no"}' END, CASE WHEN n % 500 = 0 THEN '${prefix}' || lpad('1', 10, '0') END
    FROM generate_series(1, ${RUNS}) n, LATERAL (SELECT timestamptz '${NOW.toISOString()}' - (${RUNS} - n) * interval '1 second' AS at) l;
    INSERT INTO engine.run (id, function_id, status, events, created_at) VALUES ('${BUSY}', 'app-0', 'running', '[]', now());
    INSERT INTO engine.job (run_id, function_id, kind, state, step_id, due_at)
    SELECT '${BUSY}', 'app-0', 'call', 'waiting', 's' || n, now() FROM generate_series(1, ${BUSY_STEPS}) n;
    INSERT INTO engine.job (run_id, function_id, kind, state, step_id, due_at)
    SELECT id, function_id, 'call', 'ready', 'step', now() FROM engine.run WHERE status = 'running' AND id <> '${BUSY}';
    INSERT INTO engine.step (run_id, step_id, op, name, position, memo, created_at, ended_at)
    SELECT r.id, 's' || n, 'StepRun', 'step ' || n, n, '{"data":1}', r.created_at + n * interval '1 millisecond', r.created_at
    FROM engine.run r, generate_series(1, 2) n WHERE r.id <> '${BUSY}' AND r.id > '${idOf(RUNS - 10_000)}'
    UNION ALL SELECT '${BUSY}', 's' || n, 'StepRun', 'step ' || n, NULL, NULL, now() + n * interval '1 millisecond', NULL
    FROM generate_series(1, ${BUSY_STEPS}) n;
    INSERT INTO engine.attempt (run_id, step_id, name, number, status, started_at, ended_at)
    SELECT run_id, step_id, name, m, 'completed', created_at, created_at FROM engine.step, generate_series(0, 1) m;
    INSERT INTO engine.job (run_id, function_id, kind, state, step_id, due_at)
    SELECT 'other' || n, 'app-0', 'call', 'waiting', 'step', now() FROM generate_series(1, 30000) n;
    INSERT INTO engine.pause (run_id, event_name) SELECT 'other' || n, 'e' FROM generate_series(1, 5000) n;
    INSERT INTO engine.run_event (event_id, run_id)
    SELECT '${prefix}' || lpad((n / 10)::text, 10, '0'), '${prefix}' || lpad(n::text, 10, '0') FROM generate_series(1, ${RUNS}) n;
    ANALYZE`);
  explained = await explainingClient(database);
  db = explained.db;
}, 60_000);

const MIDDLE = encodeCursor([idOf(30_000)]);
const since = NOW.getTime() - 86_400_000;

/** What a query reads besides its page: rows of two filters that only one index has, or all the work of one run. */
const READS: [string, number, () => Promise<unknown>][] = [
  ["runs", 60, () => listRuns(db, { limit: 50, cursor: MIDDLE })],
  ["the newest runs, each with what it does", 1_100, () => listRuns(db, { limit: 50 })],
  ["runs of a time", 1_100, () => listRuns(db, { since, limit: 50 })],
  ["runs of a function", 60, () => listRuns(db, { function: "app-3", limit: 50, cursor: MIDDLE })],
  ["failed runs", 60, () => listRuns(db, { status: "failed", limit: 50, cursor: MIDDLE })],
  [
    "failed runs of a function",
    RUNS / 40,
    () => listRuns(db, { function: "app-2", status: "failed", limit: 50, cursor: MIDDLE }),
  ],
  ["the functions that have runs", 10, () => listRunFunctions(db)],
  ["a run", 20, () => getRun(db, idOf(2))],
  ["a run that was often repeated", 120, () => getRun(db, idOf(1))],
  ["the runs of an event", 20, () => runsOfEvent(db, idOf(100))],
  ["the steps of a run", 60, () => listSteps(db, { runId: idOf(RUNS - 500), limit: 50 })],
  [
    "the steps of a run that has the most",
    3 * BUSY_STEPS,
    () => listSteps(db, { runId: BUSY, limit: 50, cursor: encodeCursor(["900"]) }),
  ],
  ["the attempts of a step", 2 * BUSY_STEPS, () => listAttempts(db, BUSY, ["s5", "s6", "s7"])],
  ["the open work of a run", 2 * BUSY_STEPS, () => getOpenWork(db, BUSY)],
];

test.each(READS)("%s reads at most %i rows, by an index", async (_, most, read) => {
  const plans = await explained.plansOf(read);
  expect(plans.length).toBeGreaterThan(0);
  for (const plan of plans) {
    const nodes = nodesOf(plan);
    const scanned = nodes.filter((node) => node["Node Type"] === "Seq Scan");
    expect(scanned.map((node) => node["Relation Name"])).toEqual([]);
    const rows = nodes.map((node) => {
      const { "Rows Removed by Filter": removed = 0 } = node as {
        "Rows Removed by Filter"?: number;
      };
      return (node["Actual Rows"] + removed) * node["Actual Loops"];
    });
    expect(Math.max(...rows), JSON.stringify(plan)).toBeLessThanOrEqual(most);
  }
});

test("steps of a run are walked whole, in the order they began", async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listSteps(db, { runId: BUSY, cursor, limit: 333 });
    seen.push(...page.data.map(({ stepId }) => stepId));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(seen).toEqual(Array.from({ length: BUSY_STEPS }, (_, n) => `s${n + 1}`));
});
