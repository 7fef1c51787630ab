import { beforeAll, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { addressOf, seed } from "../../../tests/api/seed.ts";
import { testDatabase } from "../../../tests/database.ts";
import { type LeaderboardQuery, listLeaderboard, type RankedWhale } from "./leaderboard.server.ts";
import { LEADERBOARD_WINDOWS, METRICS, type Metric } from "./leaderboard.ts";

const NOW = new Date("2026-03-01T12:00:00.000Z");
const WHALES = 60;
const STATS_WINDOW = { "24h": "h24", "7d": "d7", "30d": "d30", all: "all" } as const;

let db: PrismaClient;

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
  await seed(db, { whales: WHALES, markets: 0, trades: 0, newest: NOW });
  await database.pool.query(`
    UPDATE whale SET source = 'imported' WHERE id % 3 = 0;
    UPDATE whale SET venue = 'elsewhere' WHERE id % 7 = 0;
    UPDATE whale SET label = '100%_Sure "Thing"' WHERE id = 8;
    UPDATE whale SET last_trade_at = '2026-03-01T11:00:00Z' WHERE id IN (4, 12, 26)`);
  await db.whaleStats.createMany({ data: statsOf(WHALES) });
});

/** Figures with ties, withheld ones, negative ones, and whales (every eleventh) that have none yet. */
function statsOf(whales: number) {
  return Object.values(STATS_WINDOW).flatMap((window, place) =>
    Array.from({ length: whales }, (_, index) => index + 1)
      .filter((whaleId) => whaleId % 11 !== 0)
      .map((whaleId) => {
        const known = (whaleId + place) % 6 !== 0;
        return {
          whaleId,
          window,
          volume: known ? `${(whaleId * (place + 3)) % 17}.000000000000000001` : null,
          tradeCount: known ? (whaleId * (place + 5)) % 9 : null,
          withheld: known ? null : "The history of this wallet is still being read.",
          pnl: window === "all" && whaleId % 4 !== 0 ? `${(whaleId % 13) - 6}.5` : null,
          pnlWithheld: window === "all" && whaleId % 4 === 0 ? "A price is not measured." : null,
          computedAt: NOW,
        };
      }),
  );
}

async function walk(query: Omit<LeaderboardQuery, "limit" | "cursor">, limit = 7) {
  const seen: RankedWhale[] = [];
  let cursor: string | undefined;
  do {
    const page = await listLeaderboard(db, { ...query, limit, cursor });
    seen.push(...page.data);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && seen.length < 10 * WHALES);
  return seen;
}

async function expected(query: Omit<LeaderboardQuery, "limit" | "cursor">): Promise<number[]> {
  const whales = await db.whale.findMany({ include: { stats: true } });
  const figureOf = (whale: (typeof whales)[number]): number | null => {
    const stats = whale.stats.find(({ window }) => window === STATS_WINDOW[query.window]);
    const value = {
      volume: stats?.volume,
      trades: stats?.tradeCount,
      pnl: stats?.pnl,
      last: whale.lastTradeAt?.getTime(),
    }[query.metric];
    return value == null ? null : Number(value);
  };
  return whales
    .filter(({ followed }) => query.followed === undefined || followed === query.followed)
    .filter(({ source }) => query.source === undefined || source === query.source)
    .filter(({ venue }) => query.venue === undefined || venue === query.venue)
    .toSorted((a, b) => {
      const [x, y] = [figureOf(a), figureOf(b)];
      if (x === null || y === null) return Number(x === null) - Number(y === null) || b.id - a.id;
      return y - x || b.id - a.id;
    })
    .map(({ id }) => id);
}

const RANKINGS = METRICS.flatMap((metric): [Metric, (typeof LEADERBOARD_WINDOWS)[number]][] =>
  LEADERBOARD_WINDOWS.filter((window) => metric !== "pnl" || window === "all").map((window) => [
    metric,
    window,
  ]),
);

test.each(RANKINGS)(
  "by %s over %s every whale comes once, the largest first, equal ones by their row, unknown ones last",
  async (metric, window) => {
    for (const filter of [
      {},
      { followed: true },
      { followed: false },
      { source: "imported" as const },
      { followed: true, venue: "elsewhere" },
    ]) {
      const query = { metric, window, ...filter };
      const seen = await walk(query);
      expect(seen.map(({ id }) => id)).toEqual(await expected(query));
      const ranks = seen.flatMap(({ rank }) => rank ?? []);
      expect(ranks).toEqual(ranks.map((_, place) => place + 1));
      expect(seen.slice(ranks.length).every(({ rank }) => rank === null)).toBe(true);
    }
  },
);

test("figures are exact, their share is of the largest of the window, and what is missing says why", async () => {
  const [first, ...others] = await walk({ metric: "volume", window: "7d" });
  expect(first).toMatchObject({ rank: 1, volume: "16.000000000000000001", share: 1 });
  const withheld = others.find((whale) => whale.withheld !== null);
  expect(withheld).toMatchObject({ volume: null, share: null, rank: null });
  const uncomputed = others.find(({ id }) => id === 11);
  expect(uncomputed).toMatchObject({ computedAt: null, volume: null, withheld: null, rank: null });
});

test("a whale is found by a part of its label in any case, or by the start of its address", async () => {
  const found = async (q: string) =>
    (await walk({ metric: "volume", window: "7d", q }))
      .map(({ id }) => id)
      .toSorted((a, b) => a - b);
  expect(await found("WHALE 5")).toEqual([50, 52, 54, 56, 58]);
  expect(await found(`0x${"0".repeat(38)}1`)).toEqual(
    Array.from({ length: 16 }, (_, index) => 16 + index),
  );
  expect(await found('100%_sure "')).toEqual([8]);
  expect(await found("_")).toEqual([8]);
  expect(await found("\\")).toEqual([]);
  expect(await found("%")).toEqual([8]);
  expect(await found("🐋")).toEqual([]);
  expect(await found("0".repeat(38))).toHaveLength(WHALES);
  expect(await found(`${"0".repeat(37)}3c`)).toEqual([]);
  expect(await found(addressOf(60))).toEqual([60]);
  expect(await found("shure thing")).toEqual([8]);
  expect(await found("wahle 52")).toContain(52);
});

test("a cursor of another ranking is refused", async () => {
  const { nextCursor } = await listLeaderboard(db, { metric: "last", window: "7d", limit: 5 });
  const other = listLeaderboard(db, {
    metric: "trades",
    window: "7d",
    limit: 5,
    cursor: nextCursor ?? "",
  });
  await expect(other).rejects.toMatchObject({ status: 400 });
});
