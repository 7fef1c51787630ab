import { beforeAll, expect, test } from "vitest";
import { getStepWaterfall, getWaterfall } from "~/features/syncs/waterfall.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { encodeCursor } from "~/lib/keyset.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { expectBounded, explainingClient } from "./explain.ts";

let explained: Awaited<ReturnType<typeof explainingClient>>;
let db: PrismaClient;

const at = NOW.toISOString();

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  // A sync of 2,000 wallets with 5 requests each, a sync of markets with 7 steps of 300 requests, and 150,000 attempts of other runs.
  await database.pool.query(`
    INSERT INTO whale (venue, address, source) SELECT 'opinion', '0x' || n, 'imported' FROM generate_series(1, 5000) n;
    INSERT INTO sync_log (run_id, type, trigger, status, started_at, deadline_at, correlation_id, parts_total)
    VALUES ('wallets', 'whales', 'cron', 'running', '${at}', '${at}', 'wallets', 2000),
      ('markets', 'markets', 'cron', 'running', '${at}', '${at}', 'markets', 0);
    INSERT INTO sync_log (run_id, type, trigger, status, started_at, deadline_at, correlation_id)
    SELECT 'log' || n, 'whales', 'cron', 'completed', '${at}', '${at}', 'log' || n FROM generate_series(1, 5000) n;
    INSERT INTO sync_part (sync_log_id, key, status, requests, started_at, finished_at)
    SELECT l.id, n::text, 'completed', 5, timestamptz '${at}' + n * interval '100 milliseconds',
      timestamptz '${at}' + (n + 5) * interval '100 milliseconds'
    FROM sync_log l, generate_series(1, 2000) n WHERE l.run_id = 'wallets';
    INSERT INTO sync_part (sync_log_id, key, status, requests, started_at, finished_at)
    SELECT l.id, 'opinion-prices-' || n, 'completed', 300, timestamptz '${at}' + n * interval '20 seconds',
      timestamptz '${at}' + (n + 1) * interval '20 seconds'
    FROM sync_log l, generate_series(0, 6) n WHERE l.run_id = 'markets';
    INSERT INTO run (action, idempotency_key, correlation_id, inngest_run_id, subject, status, started_at, expires_at)
    SELECT 'sync-whale', 'k' || n, 'wallets', 'w' || n, n::text, 'completed', '${at}', '${at}' FROM generate_series(1, 2000) n;
    INSERT INTO run (action, idempotency_key, correlation_id, inngest_run_id, subject, status, started_at, expires_at)
    SELECT 'sync-whale', 'o' || n, 'other' || n / 50, 'o' || n, (n % 2000)::text, 'completed', '${at}', '${at}'
    FROM generate_series(1, 50000) n;
    INSERT INTO run (action, idempotency_key, correlation_id, inngest_run_id, status, started_at, expires_at)
    VALUES ('sync-whales', 'wallets', 'wallets', 'wallets', 'completed', '${at}', '${at}'),
      ('sync-markets', 'markets', 'markets', 'markets', 'running', '${at}', '${at}');
    INSERT INTO run_attempt (run_id, step, request, number, started_at, duration_ms, status)
    SELECT r.id, 'read-0', CASE WHEN n > 0 THEN 'GET /openapi/trade/user/0x?page=' || n END, 1,
      timestamptz '${at}' + (CASE WHEN r.inngest_run_id LIKE 'w%' THEN r.subject::int ELSE 0 END) * interval '100 milliseconds'
        + n * interval '10 milliseconds', 9, 'success'
    FROM run r, generate_series(0, CASE WHEN r.inngest_run_id LIKE 'w%' THEN 5 ELSE 2 END) n WHERE r.action = 'sync-whale';
    INSERT INTO run_attempt (run_id, step, request, number, started_at, duration_ms, status)
    SELECT r.id, 'opinion-prices-' || s, 'GET /openapi/token/latest-price?token_id=' || n, 1,
      timestamptz '${at}' + s * interval '20 seconds' + n * interval '60 milliseconds', 50,
      (CASE WHEN n % 100 = 0 THEN 'retryable' ELSE 'success' END)::attempt_status
    FROM run r, generate_series(0, 6) s, generate_series(1, 300) n WHERE r.inngest_run_id = 'markets';
    INSERT INTO run_attempt (run_id, step, number, started_at, duration_ms, status)
    SELECT r.id, s.name, 1, timestamptz '${at}' + s.after, 5, 'success'
    FROM run r, (VALUES ('open', interval '0'), ('close', interval '3 minutes')) s(name, after)
    WHERE r.inngest_run_id IN ('wallets', 'markets');
    ANALYZE`);
  explained = await explainingClient(database);
  db = explained.db;
}, 120_000);

const syncOf = async (runId: string) => {
  const { id } = await db.syncLog.findUniqueOrThrow({ where: { runId } });
  return { id: String(id), finishedAt: null };
};
const plus = (ms: number) => new Date(NOW.getTime() + ms).toISOString();

const READS: [string, number, () => Promise<unknown>][] = [
  [
    "a page of wallets in the middle of a fan-out",
    700,
    async () =>
      getWaterfall(db, await syncOf("wallets"), {
        failed: false,
        cursor: encodeCursor([plus(100_000), "1000"]),
      }),
  ],
  [
    "the steps of a market walk",
    130,
    async () => getWaterfall(db, await syncOf("markets"), { failed: false }),
  ],
  [
    "the requests of a step",
    130,
    async () =>
      getStepWaterfall(db, await syncOf("markets"), {
        step: "opinion-prices-5",
        failed: false,
        cursor: encodeCursor([plus(103_000), "1"]),
      }),
  ],
  [
    "the failed requests of a step",
    340,
    async () =>
      getStepWaterfall(db, await syncOf("markets"), { step: "opinion-prices-3", failed: true }),
  ],
];

test.each(READS)("%s reads at most %i rows, by an index", async (_, most, read) => {
  const plans = await explained.plansOf(read);
  expect(plans.length).toBeGreaterThan(1);
  expectBounded(plans, most);
});

test("every request of a step is walked once, in order, and those that failed alone", async () => {
  const sync = await syncOf("markets");
  const walk = async (failed: boolean) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const found = await getStepWaterfall(db, sync, { step: "opinion-prices-2", failed, cursor });
      seen.push(...(found?.attempts.data ?? []).map(({ request }) => request ?? ""));
      cursor = found?.attempts.nextCursor ?? undefined;
    } while (cursor);
    return seen.map((request) => Number(request.split("=").at(-1)));
  };
  expect(await walk(false)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
  expect(await walk(true)).toEqual([100, 200, 300]);
});
