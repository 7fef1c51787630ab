import { beforeAll, expect, test } from "vitest";
import { listMarkets } from "~/features/markets/queries.server.ts";
import { listQuarantine } from "~/features/quarantine/queries.server.ts";
import { getDataHealth, listSyncs } from "~/features/syncs/queries.server.ts";
import { listTrades } from "~/features/trades/queries.server.ts";
import { listWhales } from "~/features/whales/queries.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { encodeCursor } from "~/lib/keyset.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { explainingClient, nodesOf } from "./explain.ts";
import { seed } from "./seed.ts";

let explained: Awaited<ReturnType<typeof explainingClient>>;
let db: PrismaClient;

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  await seed(database.db, { whales: 2_000, markets: 5_000, trades: 40_000, newest: NOW });
  await database.pool.query(`
    INSERT INTO sync_log (run_id, type, trigger, status, started_at, finished_at, deadline_at, correlation_id)
    SELECT 'run-' || n, (CASE WHEN n % 6 = 0 THEN 'markets' ELSE 'whales' END)::sync_type, 'cron',
      (CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'completed' END)::sync_status, at, at, at, 'c'
    FROM generate_series(1, 20000) n, LATERAL (SELECT timestamptz '2026-03-01' - n * interval '1 minute' AS at) t;
    INSERT INTO whale_stats (whale_id, "window", volume, trade_count, computed_at)
    SELECT id, w, 1, 1, now() FROM whale, unnest(enum_range(NULL::stats_window)) w;
    INSERT INTO sync_part (sync_log_id, key, status, finished_at)
    SELECT 1 + n % 20, 'part-' || n, 'completed', now() FROM generate_series(1, 20000) n;
    INSERT INTO quarantined_row (venue, kind, content_hash, payload, path, message, first_seen_at, last_seen_at)
    SELECT 'opinion', 'trades', 'hash-' || n, '{}', 'price', 'bad', at, at
    FROM generate_series(1, 10000) n, LATERAL (SELECT timestamptz '2026-03-01' - n * interval '1 minute' AS at) t;
    ANALYZE`);
  explained = await explainingClient(database);
  db = explained.db;
}, 60_000);

const MIDDLE = encodeCursor(["2026-02-25T00:00:00.000Z", "9000"]);

const LISTS: [string, () => Promise<unknown>][] = [
  ["the feed", () => listTrades(db, { limit: 50 })],
  ["the feed, far down", () => listTrades(db, { limit: 50, cursor: MIDDLE })],
  ["trades of a whale", () => listTrades(db, { whaleId: 7, limit: 50, cursor: MIDDLE })],
  ["trades in a market", () => listTrades(db, { marketId: 7, limit: 50, cursor: MIDDLE })],
  [
    "trades of a time",
    () => listTrades(db, { from: "2026-02-20T00:00:00Z", to: "2026-02-21T00:00:00Z", limit: 50 }),
  ],
  ["all markets", () => listMarkets(db, { limit: 50, cursor: encodeCursor(["2500"]) })],
  ["all whales", () => listWhales(db, { limit: 50, cursor: encodeCursor(["1000"]) })],
  ["runs", () => listSyncs(db, { limit: 50, cursor: MIDDLE })],
  ["runs of a job", () => listSyncs(db, { type: "markets", limit: 50, cursor: MIDDLE })],
  ["quarantined rows", () => listQuarantine(db, { limit: 50, cursor: MIDDLE })],
  ["the age of the data", () => getDataHealth(db, "whales")],
];

test.each(LISTS)(
  "%s reads no more than its page: an index in order, nothing scanned and sorted",
  async (_, list) => {
    const plans = await explained.plansOf(list);
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) {
      const nodes = nodesOf(plan);
      // Of paused jobs there is a row each.
      const scanned = nodes.filter(
        (node) => node["Node Type"] === "Seq Scan" && node["Relation Name"] !== "job_pause",
      );
      expect(scanned.map((node) => node["Relation Name"])).toEqual([]);
      const rows = nodes.map((node) => node["Actual Rows"] * node["Actual Loops"]);
      expect(Math.max(...rows), JSON.stringify(plan)).toBeLessThanOrEqual(60);
      const sorts = nodes.filter((node) => node["Node Type"] === "Sort");
      expect(sorts.every((node) => node["Actual Rows"] <= 51)).toBe(true);
    }
  },
);
