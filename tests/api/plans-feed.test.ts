import { beforeAll, expect, test } from "vitest";
import { getHighlights } from "~/features/trades/highlights.server.ts";
import { listTrades } from "~/features/trades/queries.server.ts";
import type { TradeFilter } from "~/features/trades/trade-search.server.ts";
import { encodeCursor } from "~/lib/keyset.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { explainingClient, type Plan } from "./explain.ts";
import { seed } from "./seed.ts";

let explained: Awaited<ReturnType<typeof explainingClient>>;

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  await seed(database.db, { whales: 2_000, markets: 5_000, trades: 20_000, newest: NOW });
  // One trade in 10 is of the first tier, one in 100 of the second, one in 1000 of the third; one market has every fourth trade.
  await database.pool.query(`
    UPDATE trade SET
      amount = CASE WHEN id % 1000 = 0 THEN 150000 WHEN id % 100 = 0 THEN 15000 WHEN id % 10 = 0 THEN 1500 ELSE 150 END,
      market_id = CASE WHEN id % 4 = 1 THEN 7 ELSE market_id END,
      whale_id = CASE WHEN id % 5 = 1 THEN 7 ELSE whale_id END`);
  await database.pool.query(`
    INSERT INTO stream_state (venue, kind, wallet, last_joined_at) SELECT venue, 'trades', address, now() FROM whale`);
  await database.pool.query("VACUUM ANALYZE trade, stream_state");
  explained = await explainingClient(database);
}, 120_000);

const MIDDLE = encodeCursor(["2026-02-25T00:00:00.000Z", "9000"]);

const FULL_PAGES: [string, TradeFilter][] = [
  ["size of the first tier", { min: "1000" }],
  ["size of the second tier", { min: "10000" }],
  ["size of the third tier", { min: "100000" }],
  ["a market", { marketId: 7 }],
  ["a whale", { whaleId: 7 }],
];

test.each(
  FULL_PAGES.flatMap(([name, filter]) => [
    [`${name}, first page`, filter, undefined] as const,
    [`${name}, far down`, filter, MIDDLE] as const,
  ]),
)("%s reads no more than its page, from an index", async (_, filter, cursor) => {
  const nodes = await nodesOf(() => listTrades(explained.db, { ...filter, cursor, limit: 20 }));
  expect(mostRows(nodes)).toBeLessThanOrEqual(60);
});

const SEARCHES: [string, TradeFilter][] = [
  ["a side", { side: "sell" }],
  ["a side and an outcome", { side: "sell", outcome: "no" }],
  ["a size between two tiers", { min: "2000" }],
  ["a size above every tier", { min: "5000000" }],
  ["a size, a side and an outcome", { min: "10000", side: "sell", outcome: "no" }],
  ["a venue without trades", { venue: "elsewhere" }],
  ["a side of a market", { marketId: 7, side: "sell" }],
  ["a size in a market", { marketId: 7, min: "10000" }],
  ["a size of a whale", { whaleId: 7, min: "10000" }],
  ["a whale in a market", { whaleId: 7, marketId: 7 }],
  ["what no trade of a market matches", { marketId: 7, side: "sell", min: "120", outcome: "yes" }],
];

test.each(
  SEARCHES.flatMap(([name, filter]) => [
    [`${name}, first page`, filter, undefined] as const,
    [`${name}, far down`, filter, MIDDLE] as const,
  ]),
)("%s looks through a bounded number of trades, from an index", async (_, filter, cursor) => {
  const query = { ...filter, cursor, limit: 20, searchAtMost: 500 };
  const nodes = await nodesOf(() => listTrades(explained.db, query));
  // One row more tells whether there are others.
  expect(mostRows(nodes)).toBeLessThanOrEqual(query.searchAtMost + 1);
});

test("the highlights read the trades of the hour, and of the day only the largest", async () => {
  const nodes = await nodesOf(() => getHighlights(explained.db, { now: NOW.getTime() }));
  // Two trades a minute: 122 in the hour, 2,882 in the day.
  expect(mostRows(nodes)).toBeLessThanOrEqual(150);
});

/** The nodes of all plans of what `read` asks for, none of them a scan of a whole table. */
async function nodesOf(read: () => Promise<unknown>): Promise<Plan[]> {
  const plans = await explained.plansOf(read);
  expect(plans.length).toBeGreaterThan(0);
  const nodes = plans.flatMap(flat);
  const scanned = nodes.filter((node) => node["Node Type"] === "Seq Scan");
  expect(scanned.map((node) => node["Relation Name"])).toEqual([]);
  return nodes;
}

function flat(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(flat)];
}

function mostRows(nodes: Plan[]): number {
  return Math.max(...nodes.map((node) => node["Actual Rows"] * node["Actual Loops"]));
}
