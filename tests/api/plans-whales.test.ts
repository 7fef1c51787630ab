import { beforeAll, expect, test } from "vitest";
import { type LeaderboardQuery, listLeaderboard } from "~/features/whales/leaderboard.server.ts";
import { METRICS } from "~/features/whales/leaderboard.ts";
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
  await seed(database.db, { whales: 2_000, markets: 10, trades: 0, newest: NOW });
  await database.pool.query(`
    INSERT INTO whale_stats (whale_id, "window", volume, trade_count, pnl, computed_at)
    SELECT id, w, CASE WHEN id % 5 <> 0 THEN id % 700 END, CASE WHEN id % 5 <> 0 THEN id % 300 END,
      CASE WHEN id % 3 <> 0 THEN id % 90 - 45 END, now()
    FROM whale, unnest(enum_range(NULL::stats_window)) w;
    ANALYZE`);
  explained = await explainingClient(database);
  db = explained.db;
}, 60_000);

const MIDDLE = { volume: "350", trades: "150", pnl: "0", last: "2026-02-28T19:00:00.000Z" };

const PAGES = METRICS.flatMap((metric): [string, Omit<LeaderboardQuery, "limit">][] => {
  const query = { metric, window: "all" as const, followed: true };
  return [
    [`the followed by ${metric}`, query],
    [
      `the followed by ${metric}, far down`,
      { ...query, cursor: encodeCursor([MIDDLE[metric], "900", "400"]) },
    ],
    [`all known by ${metric}`, { ...query, followed: undefined }],
    [
      `all known by ${metric}, far down`,
      { ...query, followed: undefined, cursor: encodeCursor([MIDDLE[metric], "900", "400"]) },
    ],
  ];
});

test.each(PAGES)(
  "%s reads no more than its page: an index in order, nothing scanned and sorted",
  async (_, query) => {
    const plans = await explained.plansOf(() => listLeaderboard(db, { ...query, limit: 50 }));
    expect(plans.length).toBe(1);
    for (const node of plans.flatMap(nodesOf)) {
      expect(node["Node Type"]).not.toBe("Seq Scan");
      // Of the followed by last trade and of the others a page each is read and merged.
      const rows = node["Actual Rows"] * node["Actual Loops"];
      expect(rows, JSON.stringify(node)).toBeLessThanOrEqual(110);
    }
  },
);

test("what few whales fit, and the last page, read each whale at most once per step", async () => {
  for (const query of [
    { metric: "volume", window: "7d", source: "imported" },
    { metric: "volume", window: "7d", q: "whale 1999" },
    { metric: "volume", window: "7d", cursor: encodeCursor([null, "60", "1"]) },
    { metric: "last", window: "7d", q: "whale 1999" },
  ] as const) {
    const plans = await explained.plansOf(() => listLeaderboard(db, { ...query, limit: 50 }));
    for (const node of plans.flatMap(nodesOf)) {
      expect(node["Actual Rows"] * node["Actual Loops"]).toBeLessThanOrEqual(2_000);
    }
  }
});
