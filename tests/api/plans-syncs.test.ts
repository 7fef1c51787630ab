import { beforeAll, expect, test } from "vitest";
import { listQuarantineOfRun } from "~/features/quarantine/queries.server.ts";
import { getFreshness } from "~/features/syncs/freshness.server.ts";
import { listJobs } from "~/features/syncs/jobs.server.ts";
import { getDataHealth, listSyncs } from "~/features/syncs/queries.server.ts";
import { readServiceLevels } from "~/features/syncs/service-levels.server.ts";
import { listSteps } from "~/features/syncs/steps.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { encodeCursor } from "~/lib/keyset.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { expectBounded, explainingClient } from "./explain.ts";

let explained: Awaited<ReturnType<typeof explainingClient>>;
let db: PrismaClient;

const RUNS_A_WEEK = 7 * (1_440 + 288 + 24 + 2);

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  // 30 days of a run every minute and every fifth minute, and one run with 5,000 steps and 3,000 bad rows.
  await database.pool.query(`
    INSERT INTO whale (venue, address, source) SELECT 'opinion', '0x' || n, 'imported' FROM generate_series(1, 5000) n;
    INSERT INTO sync_log (run_id, type, trigger, status, started_at, finished_at, deadline_at, correlation_id, requests,
      fetched, quarantined, error_code)
    SELECT t.type || n, t.type::sync_type, (CASE WHEN n % 997 = 0 THEN 'manual' ELSE 'cron' END)::sync_trigger,
      (CASE WHEN n % 50 = 0 THEN 'failed' WHEN n % 61 = 0 THEN 'skipped' ELSE 'completed' END)::sync_status,
      at, at + interval '2 seconds', at, 'c', n % 3, n % 2, CASE WHEN n % 400 = 0 THEN 1 ELSE 0 END,
      CASE WHEN n % 50 = 0 THEN 'TIMEOUT' END
    FROM (VALUES ('whales', 1, 43200), ('markets', 5, 8640), ('stats', 60, 720), ('cleanup', 1440, 30), ('discovery', 1440, 30))
        AS t(type, minutes, runs),
      LATERAL generate_series(1, t.runs) n,
      LATERAL (SELECT timestamptz '${NOW.toISOString()}' - n * t.minutes * interval '1 minute' AS at) l;
    INSERT INTO sync_log (run_id, type, trigger, status, started_at, deadline_at, correlation_id)
    SELECT 'open' || n, 'whales', 'cron', 'running', timestamptz '${NOW.toISOString()}' - n * interval '1 minute',
      timestamptz '${NOW.toISOString()}' + interval '9 minutes', 'c' FROM generate_series(1, 3) n;
    INSERT INTO sync_part (sync_log_id, key, status, requests, started_at, finished_at)
    SELECT l.id, n::text, (CASE WHEN n % 100 = 0 THEN 'failed' WHEN n > 4000 THEN 'running' ELSE 'completed' END)::sync_status, 1,
      CASE WHEN n <= 4000 THEN l.started_at + n * interval '10 milliseconds' END,
      CASE WHEN n <= 4000 THEN l.started_at + n * interval '11 milliseconds' END
    FROM sync_log l, generate_series(1, 5000) n WHERE l.run_id IN ('open1', 'open2');
    INSERT INTO quarantined_row (venue, kind, content_hash, payload, path, message, first_seen_at, last_seen_at, sync_log_id)
    SELECT 'opinion', 'trades', 'hash-' || n, '{}', 'price', 'bad', now(), now(), 1 + n % 4 FROM generate_series(1, 12000) n;
    ANALYZE`);
  explained = await explainingClient(database);
  db = explained.db;
}, 60_000);

const MIDDLE = encodeCursor(["2026-02-20T00:00:00.000Z", "20000"]);
const day = new Date(NOW.getTime() - 86_400_000);
const open = async () => (await db.syncLog.findFirstOrThrow({ where: { runId: "open1" } })).id;

/** A row a job at most: read whole. */
const OF_FEW_ROWS = "job_pause";

/** What a list reads besides its page: rows of a filter that no index has, thinly spread. */
const LISTS: [string, number, () => Promise<unknown>][] = [
  ["runs", 60, () => listSyncs(db, { limit: 50, cursor: MIDDLE })],
  ["runs of a job", 60, () => listSyncs(db, { type: "markets", limit: 50, cursor: MIDDLE })],
  ["runs of a time", 60, () => listSyncs(db, { since: day, limit: 50 })],
  ["failed runs", 60, () => listSyncs(db, { status: "failed", limit: 50, cursor: MIDDLE })],
  [
    "failed runs of a job",
    60,
    () => listSyncs(db, { type: "markets", status: "failed", limit: 50, cursor: MIDDLE }),
  ],
  ["runs by hand", 60, () => listSyncs(db, { trigger: "manual", limit: 50, cursor: MIDDLE })],
  ["runs with an error", 60, () => listSyncs(db, { problem: "errors", limit: 50, cursor: MIDDLE })],
  [
    "runs with quarantined rows",
    60,
    () => listSyncs(db, { problem: "quarantined", limit: 50, cursor: MIDDLE }),
  ],
  ["steps of a run", 60, async () => listSteps(db, { syncLogId: await open(), limit: 50 })],
  [
    "steps that wait",
    60,
    async () =>
      listSteps(db, {
        syncLogId: await open(),
        limit: 50,
        cursor: encodeCursor([null, "4500"]),
      }),
  ],
  [
    "failed steps of a run",
    110,
    async () => listSteps(db, { syncLogId: await open(), failed: true, limit: 100 }),
  ],
  [
    "bad rows of a run",
    60,
    () => listQuarantineOfRun(db, { syncLogId: 3, limit: 20, cursor: encodeCursor(["6000"]) }),
  ],
  ["the freshness of every page", 10, () => getFreshness(db, NOW.getTime())],
  ["the health of a job", 10, () => getDataHealth(db, "whales")],
  ["the jobs", 260, () => listJobs(db, NOW.getTime())],
  ["the jobs' service levels", RUNS_A_WEEK, () => readServiceLevels(db, NOW.getTime())],
];

test.each(LISTS)("%s reads at most %i rows, by an index in order", async (_, most, list) => {
  const plans = await explained.plansOf(list);
  expect(plans.length).toBeGreaterThan(0);
  expectBounded(plans, most, [OF_FEW_ROWS]);
});

test("steps come in the order they began, those that wait last, each once", async () => {
  const syncLogId = await open();
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listSteps(db, { syncLogId, cursor, limit: 333 });
    seen.push(...page.data.map(({ key }) => key));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  const begun = Array.from({ length: 4000 }, (_, n) => String(n + 1));
  const waiting = Array.from({ length: 1000 }, (_, n) => String(n + 4001)).sort();
  expect(seen).toEqual([...begun, ...waiting]);
});

test("bad rows of a run are walked whole", async () => {
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await listQuarantineOfRun(db, { syncLogId: 3, cursor, limit: 400 });
    for (const { id } of page.data) seen.add(id);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(seen.size).toBe(3_000);
});
