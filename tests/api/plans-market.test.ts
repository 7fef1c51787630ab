import { beforeAll, expect, test } from "vitest";
import {
  firstGroupKnownAt,
  readGroupFlow,
  readGroupHistories,
} from "~/features/markets/group-activity.server.ts";
import { historyRange } from "~/features/markets/history-range.ts";
import {
  firstKnownAt,
  readActivity,
  readLedgerFlow,
} from "~/features/markets/market-activity.server.ts";
import { listMarketWhales } from "~/features/markets/market-whales.server.ts";
import { listSiblings } from "~/features/markets/siblings.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { explainingClient, nodesOf } from "./explain.ts";
import { seed } from "./seed.ts";

let explained: Awaited<ReturnType<typeof explainingClient>>;
let db: PrismaClient;

/** One market with a quarter of all trades and thousands of prices, and a group of 200 outcomes. */
const BUSY = 1;
const GROUP = 3;
const LEADERS = [4, 5, 6, 7, 8];

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  await seed(database.db, { whales: 2_000, markets: 5_000, trades: 40_000, newest: NOW });
  await database.pool.query(`
    UPDATE trade SET market_id = ${BUSY} WHERE id % 4 = 0;
    UPDATE market SET parent_id = ${GROUP} WHERE id BETWEEN 4 AND 203;
    INSERT INTO price_point (market_id, outcome, at, price)
    SELECT m, 'yes', timestamptz '${NOW.toISOString()}' - n * interval '5 minutes', 0.5
    FROM generate_series(1, 20) m, generate_series(1, 2000) n;
    INSERT INTO stream_state (venue, kind, wallet) SELECT venue, 'trades', address FROM whale;
    INSERT INTO position (whale_id, market_id, outcome_side, first_at, last_at)
    SELECT w, CASE WHEN w <= 300 AND m = 1 THEN ${BUSY} ELSE 300 + m END, 'yes', now(), now()
    FROM generate_series(1, 2000) w, generate_series(1, 10) m;`);
  await database.pool.query("VACUUM ANALYZE");
  explained = await explainingClient(database);
  db = explained.db;
}, 60_000);

const now = NOW.getTime();
const week = historyRange("7d", { now, since: null, maxSteps: 370 });
const month = historyRange("30d", { now, since: null, maxSteps: 100 });

const READS: [string, number, () => Promise<unknown>][] = [
  ["activity of a busy market", 2016, () => readActivity(db, { marketId: BUSY, range: week, now })],
  ["activity of a quiet market", 2016, () => readActivity(db, { marketId: 15, range: week, now })],
  ["start of a market", 1, () => firstKnownAt(db, BUSY)],
  ["ledger of a market", 300, () => readLedgerFlow(db, BUSY)],
  ["whales of a market", 300, () => listMarketWhales(db, { marketId: BUSY, limit: 20 })],
  ["other outcomes", 200, () => listSiblings(db, { parentId: GROUP, except: 5, limit: 8 })],
  ["prices of a group", 450, () => readGroupHistories(db, { marketIds: LEADERS, range: month })],
  [
    "flow of a group",
    2000,
    () => readGroupFlow(db, { marketIds: [BUSY, ...LEADERS], since: new Date(month.since) }),
  ],
  ["start of a group", 5, () => firstGroupKnownAt(db, LEADERS)],
];

test.each(READS)("%s reads a bounded number of rows by an index", async (_, most, read) => {
  const plans = await explained.plansOf(read);
  expect(plans.length).toBeGreaterThan(0);
  for (const plan of plans) {
    const nodes = nodesOf(plan);
    const scanned = nodes.filter((node) => node["Node Type"] === "Seq Scan");
    expect(scanned.map((node) => node["Relation Name"])).toEqual([]);
    const read = nodes.filter((node) => node["Relation Name"] !== undefined);
    const rows = read.map((node) => node["Actual Rows"] * node["Actual Loops"]);
    expect(Math.max(...rows), JSON.stringify(plan)).toBeLessThanOrEqual(most);
  }
});
