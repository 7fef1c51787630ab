import { beforeAll, expect, test } from "vitest";
import { planBackfill } from "~/features/whales/backfill-plan.server.ts";
import { getBackfillResult } from "~/features/whales/backfill-result.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { expectBounded, explainingClient } from "./explain.ts";
import { addressOf, seed } from "./seed.ts";

let explained: Awaited<ReturnType<typeof explainingClient>>;
let db: PrismaClient;

const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
/** 2,000 trades, two a minute, of which each of the 50 whales has 40. */
const range = { from: minutesAgo(1_000).toISOString(), to: NOW.toISOString() };

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  await seed(database.db, { whales: 50, markets: 20, trades: 40_000, newest: NOW });
  await database.db.streamState.createMany({
    data: Array.from({ length: 2_000 }, (_, n) => ({
      venue: "opinion",
      kind: "trades",
      wallet: addressOf(n),
      watermark: NOW,
      completeSince: new Date(0),
      venueTotal: 800,
    })),
  });
  await database.pool.query(`
    INSERT INTO whale (id, venue, address, source) SELECT 1000 + n, 'opinion', 'x' || n, 'imported' FROM generate_series(1, 3000) n;
    INSERT INTO run (action, idempotency_key, correlation_id, inngest_run_id, status, started_at, expires_at, result)
    SELECT 'backfill-whale', 'backfill-2-' || n, 'c' || n, 'r' || n, 'completed', now(), now(),
      '{"syncLogId":1,"knownUntil":"${NOW.toISOString()}"}' FROM generate_series(1, 5000) n;
    INSERT INTO sync_log (run_id, type, trigger, status, started_at, finished_at, deadline_at, correlation_id, created)
    SELECT 'r' || n, 'whales', 'backfill', 'completed', timestamptz '${minutesAgo(60).toISOString()}',
      timestamptz '${NOW.toISOString()}' + interval '1 minute', now(), 'c' || n, 5 FROM generate_series(1, 5000) n;
    ANALYZE`);
  explained = await explainingClient(database);
  db = explained.db;
}, 120_000);

const venues = [
  {
    id: "opinion",
    name: "Opinion",
    readsWallets: true,
    walletsHint: null,
    pageSize: 20,
    requestsPerSecond: 15,
    pacer: { state: () => ({ currentRate: 15, pausedUntil: null }) },
  },
];
const clock = { now: () => NOW.getTime() };

test.each([
  [
    "an estimate",
    () => planBackfill({ db, clock, venues, env: { ACTIVITY_RETENTION_DAYS: 90 } }, 2, range),
  ],
  ["an outcome", () => getBackfillResult(db, { whaleId: 2, range, requestKey: "2500" })],
])("%s reads the trades of its range alone, by an index", async (_, read) => {
  const plans = await explained.plansOf(read);
  expect(plans.length).toBeGreaterThan(1);
  expectBounded(plans, 41);
});

test("an estimate counts the rows down to the begin, a page each, the last one included", async () => {
  const env = { ACTIVITY_RETENTION_DAYS: 90 };
  const plan = await planBackfill({ db, clock, venues, env }, 2, range);
  expect(plan?.estimate).toMatchObject({
    stored: 41,
    requests: 3,
    exact: true,
    seconds: 1,
    readsTo: range.from,
  });
});
