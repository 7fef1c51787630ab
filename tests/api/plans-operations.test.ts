import { beforeAll, expect, test } from "vitest";
import { readFigures } from "~/features/operations/figures.server.ts";
import { readReadiness } from "~/features/operations/readiness.server.ts";
import { removeExpired } from "~/features/retention/commands.server.ts";
import { RETENTION_TARGETS } from "~/features/retention/policy.ts";
import { createLogger } from "~/lib/logger.server.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { explainingClient, type Plan } from "./explain.ts";

let explained: Awaited<ReturnType<typeof explainingClient>>;
const logger = createLogger("silent");
const now = NOW.getTime();

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  // Of everything that grows a lot that is kept, and a little more than a batch that has expired.
  await database.pool.query(`
    INSERT INTO sync_log (run_id, type, trigger, status, started_at, finished_at, deadline_at, correlation_id, requests, fetched)
    SELECT n::text, (CASE WHEN n % 5 = 0 THEN 'markets' ELSE 'whales' END)::sync_type, 'cron',
      (CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'completed' END)::sync_status, at, at, at, 'c', n % 3, n % 2
    FROM generate_series(1, 30000) n, LATERAL (SELECT timestamptz '${NOW.toISOString()}' - (30000 - n) * interval '1 minute' AS at) l;
    INSERT INTO run (action, idempotency_key, correlation_id, inngest_run_id, status, started_at, expires_at)
    SELECT 'sync-whale', n::text, 'c', n::text, (CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'completed' END)::action_status, at, at
    FROM generate_series(1, 20000) n, LATERAL (SELECT timestamptz '${NOW.toISOString()}' - (20000 - n) * interval '6 seconds' AS at) l;
    INSERT INTO run_attempt (run_id, step, number, started_at, duration_ms, status)
    SELECT r.id, 's', k, r.started_at, 5, (CASE WHEN r.status = 'failed' THEN 'retryable' ELSE 'success' END)::attempt_status
    FROM run r, generate_series(1, 5) k;
    INSERT INTO dead_letter_group (fingerprint, code, message, first_seen_at, last_seen_at)
    SELECT n::text, 'TIMEOUT', '', timestamptz '${NOW.toISOString()}' - n * interval '1 day', timestamptz '${NOW.toISOString()}' - n * interval '1 day'
    FROM generate_series(1, 60) n;
    INSERT INTO dead_letter (run_id, function_id, idempotency_key, correlation_id, event, error_code, error_message, fingerprint, status, failed_at)
    SELECT n::text, 'sync-whale', n::text, 'c', '{}', 'TIMEOUT', '', (1 + n % 60)::text,
      (CASE WHEN n % 100 = 0 THEN 'open' ELSE 'replayed' END)::dead_letter_status, timestamptz '${NOW.toISOString()}' - n * interval '10 minutes'
    FROM generate_series(1, 20000) n;
    INSERT INTO replay (name, filter, request_key, per_minute, total, status, created_at)
    SELECT '', '{}', n::text, 1, 1, 'completed', timestamptz '${NOW.toISOString()}' - n * interval '1 hour' FROM generate_series(1, 3000) n;
    INSERT INTO notification (kind, severity, scope, title, body, created_at, read_at)
    SELECT 'recovery', 'success', 'app', '', '', timestamptz '${NOW.toISOString()}' - n * interval '20 minutes', CASE WHEN n > 30 THEN now() END
    FROM generate_series(1, 10000) n;
    INSERT INTO quarantined_row (venue, kind, content_hash, payload, path, message, status, first_seen_at, last_seen_at)
    SELECT 'opinion', 'trades', n::text, '{}', '', '', 'healed', at, at
    FROM generate_series(1, 5000) n, LATERAL (SELECT timestamptz '${NOW.toISOString()}' - n * interval '10 minutes' AS at) l;
    ANALYZE`);
  explained = await explainingClient(database);
}, 60_000);

/** Most rows that one node of the plans read, loops included. */
function mostRows(plans: Plan[]): number {
  const most = (plan: Plan): number =>
    Math.max(plan["Actual Rows"] * plan["Actual Loops"], ...(plan.Plans ?? []).map(most));
  return Math.max(0, ...plans.map(most));
}

test("a scrape and a readiness probe look up a few rows, however much is stored", async () => {
  const { db, plansOf } = explained;
  const scrape = await plansOf(() =>
    readFigures({ db, logger, queue: null, pacers: [], pools: {}, liveClients: 0, now }),
  );
  expect(scrape.length).toBeGreaterThan(1);
  expect(mostRows(scrape)).toBeLessThan(500);
  for (const engine of [null, { state: "ready" } as const]) {
    const probe = await plansOf(() =>
      readReadiness({ db, logger, health: async () => {}, engine, now }),
    );
    expect(probe.length).toBeGreaterThan(0);
    expect(mostRows(probe)).toBeLessThan(100);
  }
});

test.each(RETENTION_TARGETS)(
  "one batch of %s reads a few thousand rows at most",
  async (target) => {
    const { db, plansOf } = explained;
    const options = { activityDays: 90, now: NOW, after: 0 };
    const plans = await plansOf(() => removeExpired(db, target, options));
    expect(mostRows(plans)).toBeLessThanOrEqual(10_000);
  },
);
