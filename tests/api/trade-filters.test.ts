import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { getHighlights } from "~/features/trades/highlights.server.ts";
import { listTrades, type TradeItem } from "~/features/trades/queries.server.ts";
import type { TradeFilter } from "~/features/trades/trade-search.server.ts";
import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { testDatabase } from "../database.ts";
import { NOW, testApp } from "./app.tsx";
import { seed } from "./seed.ts";

const MINIMUMS = [
  "0",
  "0.5",
  "999",
  "1000",
  "1000.5",
  "2500",
  "10000",
  "99999.99",
  "100000",
  "1000000",
];

let db: PrismaClient;
let everyTrade: TradeItem[];

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
  await seed(db, { whales: 5, markets: 5, trades: 600, newest: NOW });
  // Amounts on both sides of every tier's bound, and every kind of fill.
  await db.$executeRaw(Prisma.sql`
    UPDATE trade SET
      amount = (ARRAY[NULL, 0, 0.5, 999.999999999999999999, 1000, 1000.000000000000000001, 2500, 9999.99, 10000, 50000,
        99999.99, 100000, 250000, -3])[1 + (id * 5 % 14)::int],
      side = (ARRAY['buy', 'sell', 'buy', 'split', 'sell', 'merge'])[1 + (id / 3 % 6)::int],
      outcome_side = (ARRAY['yes', 'no', 'yes', 'draw'])[1 + (id / 11 % 4)::int]`);
  everyTrade = (await listTrades(db, { limit: 1000 })).data;
}, 60_000);

/** What the filter means, in the plainest words. */
function keeps(filter: TradeFilter, trade: TradeItem): boolean {
  const { amount } = trade;
  return (
    (filter.venue === undefined || trade.venue === filter.venue) &&
    (filter.whaleId === undefined || trade.whale.id === filter.whaleId) &&
    (filter.marketId === undefined || trade.market.id === filter.marketId) &&
    (filter.side === undefined || trade.side === filter.side) &&
    (filter.outcome === undefined || trade.outcomeSide === filter.outcome) &&
    (filter.min === undefined || (amount !== null && new Prisma.Decimal(amount).gte(filter.min))) &&
    (filter.from === undefined || trade.tradedAt >= filter.from) &&
    (filter.to === undefined || trade.tradedAt < filter.to)
  );
}

/** Every row that a walk over all pages sees. */
async function walk(query: TradeFilter & { limit: number; searchAtMost?: number }) {
  const rows: TradeItem[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await listTrades(db, { ...query, cursor });
    expect(page.data.length).toBeLessThanOrEqual(query.limit);
    rows.push(...page.data);
    cursor = page.nextCursor ?? undefined;
    pages++;
  } while (cursor !== undefined && pages < 700);
  return rows;
}

const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000).toISOString();
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const filters: fc.Arbitrary<TradeFilter> = fc.record({
  venue: optional(fc.constantFrom("opinion", "elsewhere")),
  whaleId: optional(fc.integer({ min: 1, max: 6 })),
  marketId: optional(fc.integer({ min: 1, max: 6 })),
  side: optional(fc.constantFrom("buy", "sell")),
  outcome: optional(fc.constantFrom("yes", "no")),
  min: optional(fc.constantFrom(...MINIMUMS)),
  from: optional(fc.integer({ min: 0, max: 320 }).map(minutesAgo)),
  to: optional(fc.integer({ min: 0, max: 320 }).map(minutesAgo)),
});

test("any combination of filters finds exactly the trades it describes, each once, however they are paged", async () => {
  await fc.assert(
    fc.asyncProperty(
      filters,
      fc.integer({ min: 5, max: 120 }),
      optional(fc.integer({ min: 20, max: 700 })),
      async (filter, limit, searchAtMost) => {
        const found = await walk({ ...filter, limit, searchAtMost });
        const wanted = everyTrade.filter((trade) => keeps(filter, trade));
        expect(found.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
      },
    ),
    { numRuns: 50 },
  );
}, 120_000);

test.each<TradeFilter>([
  { min: "1000" },
  { side: "sell" },
  { outcome: "no" },
  { venue: "opinion" },
  { whaleId: 2 },
  { marketId: 3 },
])("the filter %j alone", async (filter) => {
  const found = await walk({ ...filter, limit: 17 });
  const wanted = everyTrade.filter((trade) => keeps(filter, trade));
  expect(found).toEqual(wanted);
  expect(found.length).toBeGreaterThan(50);
});

describe("a filter that few trades match", () => {
  const rare = { min: "250000", side: "sell", outcome: "no", marketId: 2 } as const;

  test("ends its page after the trades it may look through, and says how far it came", async () => {
    const page = await listTrades(db, {
      side: "buy",
      min: "0.75",
      outcome: "no",
      limit: 50,
      searchAtMost: 30,
    });
    const looked = everyTrade.slice(0, 30);
    expect(page.data).toEqual(
      looked.filter((trade) => keeps({ side: "buy", min: "0.75", outcome: "no" }, trade)),
    );
    expect(page.searched).toEqual({ trades: 30, to: looked.at(-1)?.tradedAt });
    expect(page.nextCursor).not.toBeNull();
  });

  test("is walked to its end", async () => {
    const found = await walk({ ...rare, limit: 5, searchAtMost: 3 });
    expect(found).toEqual(everyTrade.filter((trade) => keeps(rare, trade)));
  });
});

test("the highlights are the largest buy or sell of the hour and of the day, and the sum of the hour", async () => {
  const traded = everyTrade.filter(({ side }) => side === "buy" || side === "sell");
  const since = (minutes: number) =>
    traded.filter(({ tradedAt }) => tradedAt >= minutesAgo(minutes));
  const largest = (trades: TradeItem[]) =>
    trades
      .filter(({ amount }) => amount !== null)
      .toSorted((a, b) => Number(b.amount) - Number(a.amount) || (a.tradedAt < b.tradedAt ? 1 : -1))
      .at(0);
  const { biggest, lastHour, incomplete } = await getHighlights(db, { now: NOW.getTime() });
  expect(biggest.map(({ trade }) => [trade?.amount, trade?.tradedAt])).toEqual(
    [since(60), since(1440)].map((trades) => [largest(trades)?.amount, largest(trades)?.tradedAt]),
  );
  const sum = since(60).reduce(
    (total, { amount }) => total.plus(amount ?? 0),
    new Prisma.Decimal(0),
  );
  expect(lastHour).toEqual({ trades: since(60).length, volume: sum.toFixed() });
  expect(incomplete).toBe(false);
  const elsewhere = await getHighlights(db, { now: NOW.getTime(), venue: "elsewhere" });
  expect(elsewhere.biggest.map(({ trade }) => trade)).toEqual([null, null]);
});

test.each([
  ["999", "only small trades in the hour"],
  ["5000", "none of the largest tier"],
])("the biggest trade is found where nothing is larger than %s", async (most) => {
  const rollback = new Error("rolled back");
  await db
    .$transaction(async (tx) => {
      await tx.$executeRaw(Prisma.sql`DELETE FROM trade WHERE amount > ${most}::numeric`);
      const { biggest } = await getHighlights(tx as PrismaClient, { now: NOW.getTime() });
      const left = everyTrade.filter(
        ({ amount, side }) => Number(amount) <= Number(most) && ["buy", "sell"].includes(side),
      );
      const largest = Math.max(...left.map(({ amount }) => Number(amount)));
      expect(Number(biggest[1]?.trade?.amount)).toBe(largest);
      throw rollback;
    })
    .catch((error: unknown) => {
      if (error !== rollback) throw error;
    });
});

describe("GET /api/v1/trades", () => {
  test("filters by size and outcome; the rows keep their shape", async () => {
    const app = await testApp(db);
    const { json } = await app.request("/api/v1/trades?min=10000&outcome=no&side=sell&limit=500");
    const wanted = everyTrade.filter((trade) =>
      keeps({ min: "10000", outcome: "no", side: "sell" }, trade),
    );
    expect(json.data.map(({ id }: { id: string }) => id)).toEqual(wanted.map(({ id }) => id));
    expect(Object.keys(json)).toEqual(["data", "nextCursor"]);
    expect(Object.keys(json.data[0]).toSorted()).toEqual(
      [
        "id venue wallet txHash marketId outcomeSide side price shares amount fee ordinal tradedAt seenAt",
      ]
        .join()
        .split(" ")
        .toSorted(),
    );
  });

  test.each(["min=-1", "min=1e3", "min=", "min=1,000", "outcome=maybe"])(
    "refuses %s",
    async (query) => {
      const app = await testApp(db);
      const { status, json } = await app.request(`/api/v1/trades?${query}`);
      expect(status).toBe(400);
      expect(json.error.message).toContain(query.split("=")[0]);
    },
  );
});
