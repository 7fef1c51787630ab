import { beforeAll, expect, test } from "vitest";
import { deliveriesOf, lastDelivery } from "~/features/notifications/deliveries.server.ts";
import { standingKeys, undelivered, watchedSince } from "~/features/notifications/look.server.ts";
import { getUnread, listNotifications } from "~/features/notifications/queries.server.ts";
import { countNewlyOpen } from "~/features/quarantine/newly-open.server.ts";
import { readQuarantineShares, readWatchedJobs } from "~/features/syncs/watched-jobs.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { encodeCursor } from "~/lib/keyset.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { expectBounded, explainingClient } from "./explain.ts";

let explained: Awaited<ReturnType<typeof explainingClient>>;
let db: PrismaClient;

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  const at = `timestamptz '${NOW.toISOString()}'`;
  // 25 days of a notification every six minutes, none of the last 20 read; hours of runs; ten days of syncs.
  await database.pool.query(`
    INSERT INTO notification (kind, severity, scope, title, body, created_at, read_at, resolved_at)
    SELECT (CASE WHEN n % 2 = 0 THEN 'incident' ELSE 'recovery' END)::notification_kind,
      (CASE WHEN n % 500 = 0 THEN 'error' WHEN n % 2 = 0 THEN 'warning' ELSE 'success' END)::severity, 'opinion', 'T', 'B',
      ${at} - (6000 - n) * interval '6 minutes', CASE WHEN n < 5980 THEN ${at} END,
      CASE WHEN n < 6000 THEN ${at} END
    FROM generate_series(1, 6000) n;
    INSERT INTO condition (key, scope, severity, text, raised_at, cleared_at, incident_id)
    SELECT 'k' || n, 'opinion', 'error', 't', ${at}, CASE WHEN n < 1998 THEN ${at} END, n * 3 FROM generate_series(1, 2000) n;
    INSERT INTO run (action, idempotency_key, correlation_id, inngest_run_id, status, started_at, expires_at, result)
    SELECT CASE WHEN n % 2 = 0 THEN 'sync-whale' WHEN n % 3 = 0 THEN 'check-health' ELSE 'deliver-notification' END,
      'notification-' || n, 'c', 'r' || n, 'completed', ${at} - (20000 - n) * interval '1 second', ${at},
      '{"delivered":["webhook"]}' FROM generate_series(1, 20000) n;
    INSERT INTO run_attempt (run_id, step, request, number, started_at, duration_ms, status)
    SELECT id, 's', 'POST /x', 1, started_at, 1, 'success' FROM run;
    INSERT INTO sync_log (run_id, type, trigger, status, started_at, finished_at, deadline_at, correlation_id, requests, fetched)
    SELECT t.type || n, t.type::sync_type, 'cron',
      (CASE WHEN n % 50 = 0 THEN 'failed' WHEN n % 61 = 0 THEN 'skipped' ELSE 'completed' END)::sync_status,
      at, at + interval '2 seconds', at, 'c', n % 3, n % 2
    FROM (VALUES ('whales', 1, 14400), ('markets', 5, 2880), ('stats', 60, 240), ('cleanup', 1440, 30), ('discovery', 1440, 30))
        AS t(type, minutes, runs),
      LATERAL generate_series(1, t.runs) n,
      LATERAL (SELECT ${at} - n * t.minutes * interval '1 minute' AS at) l;
    INSERT INTO sync_part (sync_log_id, key, status, requests, started_at, finished_at)
    SELECT 1 + n / 10, 'p' || n, 'completed', 1, ${at}, ${at} FROM generate_series(1, 3000) n;
    INSERT INTO quarantined_row (venue, kind, content_hash, payload, path, message, status, first_seen_at, last_seen_at)
    SELECT 'opinion', 'trades', 'hash-' || n, '{}', 'price', 'bad', (CASE WHEN n % 9 = 0 THEN 'open' ELSE 'healed' END)::quarantine_status,
      ${at} - n * interval '10 seconds', ${at} - n * interval '10 seconds' FROM generate_series(1, 9000) n;
    ANALYZE`);
  explained = await explainingClient(database);
  db = explained.db;
}, 60_000);

const MIDDLE = encodeCursor(["2026-02-16T00:00:00.000Z", "3000"]);
const hour = new Date(NOW.getTime() - 3_600_000);
const ids = Array.from({ length: 50 }, (_, n) => String(5_951 + n));

const READS: [string, number, () => Promise<unknown>][] = [
  ["the list", 60, () => listNotifications(db, { limit: 50 })],
  ["the middle of the list", 60, () => listNotifications(db, { limit: 50, cursor: MIDDLE })],
  ["errors", 60, () => listNotifications(db, { severity: "error", limit: 50, cursor: MIDDLE })],
  ["unread ones", 60, () => listNotifications(db, { unread: "1", limit: 50 })],
  ["the bell of every page", 25, () => getUnread(db)],
  ["how the channels were told", 60, () => deliveriesOf(db, ids)],
  ["the last delivery", 25, () => lastDelivery(db)],
  ["what a look knows of jobs", 80, () => readWatchedJobs(db, NOW.getTime(), 0)],
  ["what an hour fetched", 80, () => readQuarantineShares(db, hour)],
  ["bad rows of an hour that are open", 60, () => countNewlyOpen(db, hour)],
  ["since when looks are taken", 10, () => watchedSince(db, NOW)],
  ["what was not delivered", 60, () => undelivered(db, NOW)],
  ["what stands", 10, () => standingKeys(db)],
];

const SMALL = ["job_pause"];

test.each(READS)("%s: at most %i rows, by an index in order", async (_, most, read) => {
  const plans = await explained.plansOf(read);
  expect(plans.length).toBeGreaterThan(0);
  expectBounded(plans, most, SMALL);
});
