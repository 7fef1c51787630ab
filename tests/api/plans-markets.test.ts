import { beforeAll, expect, test } from "vitest";
import { browseMarkets } from "~/features/markets/browse.server.ts";
import { listLabels } from "~/features/markets/market-list.server.ts";
import { marketPageSearch } from "~/features/markets/market-page-search.ts";
import { findMarketsByText } from "~/features/markets/quick-search.server.ts";
import { searchWhales } from "~/features/whales/search.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { encodeCursor } from "~/lib/keyset.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { explainingClient, nodesOf } from "./explain.ts";
import { addressOf, seed } from "./seed.ts";

let explained: Awaited<ReturnType<typeof explainingClient>>;
let db: PrismaClient;

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  await seed(database.db, { whales: 500, markets: 6_000, trades: 20_000, newest: NOW });
  await database.pool.query(`
    UPDATE market SET volume = volume_24h * 3, yes_price = CASE WHEN kind = 'binary' THEN (id % 99 + 1) / 100.0 END,
      opened_at = CASE WHEN id % 8 <> 0 THEN timestamptz '2026-02-01' + id * interval '1 minute' END,
      cutoff_at = CASE WHEN id % 9 <> 0 THEN timestamptz '2026-02-27' + id * interval '1 minute' END,
      labels = ARRAY['Label ' || id % 5],
      title = 'Will ' || (ARRAY['bitcoin', 'trump', 'ether', 'fed', 'rate'])[1 + id % 5] || ' move ' || id || '?';
    INSERT INTO price_point SELECT id, 'yes', timestamptz '2026-03-01' - n * interval '3 hours', 0.5
    FROM market, generate_series(1, 20) n WHERE id <= 2000;
    ANALYZE`);
  explained = await explainingClient(database);
  db = explained.db;
}, 120_000);

const browse = (search: Record<string, string>) =>
  browseMarkets(db, { search: marketPageSearch.parse(search), limit: 50, now: NOW });

const ORDERS = ["volume24h", "volume", "newest", "closing", "price"];

const placeIn = (sort: string) => {
  if (sort === "newest") return encodeCursor(["2026-02-03T00:00:00.000Z", "2500"]);
  if (sort === "closing") {
    return encodeCursor(["2026-03-02T00:00:00.000Z", "2500", NOW.toISOString()]);
  }
  return encodeCursor([sort === "price" ? "0.5" : "60", "2500"]);
};

// Along one index per status, of which a row each may be read beyond the page; a course of prices takes 22 points per row, each from the
// prices read or the trades before them.
const PAGE = 51 * 7;
const COURSES = 50 * 22;

const LISTS: [string, () => Promise<unknown>, number][] = [
  ...ORDERS.flatMap((sort): [string, () => Promise<unknown>, number][] => [
    [`open by ${sort}`, () => browse({ sort }), COURSES],
    [`all by ${sort}`, () => browse({ sort, status: "all" }), COURSES],
    [`open by ${sort}, far down`, () => browse({ sort, cursor: placeIn(sort) }), COURSES],
  ]),
  ["a venue", () => browse({ venue: "opinion" }), COURSES],
  ["a category", () => browse({ category: "Label 3" }), COURSES],
  ["a minimum volume", () => browse({ minVolume: "100" }), COURSES],
  ["a range of prices", () => browse({ minPrice: "0.2", maxPrice: "0.8" }), COURSES],
  ["the labels", () => listLabels(db), PAGE],
];

test.each(LISTS)("%s: along an index, nothing scanned", async (_, list, most) => {
  const plans = await explained.plansOf(list);
  expect(plans.length).toBeGreaterThan(0);
  for (const node of plans.flatMap(nodesOf)) {
    expect(["Seq Scan", node["Relation Name"]]).not.toEqual([node["Node Type"], "market"]);
    expect(["Seq Scan", node["Relation Name"]]).not.toEqual([node["Node Type"], "price_point"]);
    expect(["Seq Scan", node["Relation Name"]]).not.toEqual([node["Node Type"], "trade"]);
    expect(node["Actual Rows"] * node["Actual Loops"]).toBeLessThanOrEqual(most);
  }
});

// A search looks through 1,000 titles and 500 of the most traded markets per status at most; titles and words are small tables of
// their own, which may be scanned.
const SEARCHED = 500 * 7;

test.each([
  ["a word", () => browse({ q: "bitcoin" })],
  ["a word in every title", () => browse({ q: "will", status: "all" })],
  ["several words", () => browse({ q: "move trump 1201" })],
  ["a mistyped word", () => browse({ q: "bitcion" })],
  ["two letters", () => browse({ q: "tr" })],
  ["the search box", () => findMarketsByText(db, "trump", 8)],
])(
  "the search for %s looks markets up by their keys, and at a bounded number",
  async (_, search) => {
    const plans = await explained.plansOf(search);
    for (const node of plans.flatMap(nodesOf)) {
      const relation = node["Relation Name"] ?? "";
      if (["market", "price_point", "trade"].includes(relation)) {
        expect(node["Node Type"], relation).not.toBe("Seq Scan");
        expect(node["Actual Rows"] * node["Actual Loops"]).toBeLessThanOrEqual(SEARCHED);
      }
    }
  },
);

test("an address is looked up by its beginning", async () => {
  expect(await searchWhales(db, addressOf(7), 8)).toEqual([
    { id: 7, address: addressOf(7), label: null },
  ]);
});
