import { beforeAll, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { testDatabase } from "../database.ts";
import { NOW, testApp } from "./app.tsx";
import { addressOf, seed, seedSync } from "./seed.ts";

let db: PrismaClient;
let app: Awaited<ReturnType<typeof testApp>>;

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
  app = await testApp(db);
  await seed(db, { whales: 25, markets: 40, trades: 300, newest: NOW });
  for (let minute = 0; minute < 12; minute++) {
    await seedSync(db, {
      type: minute % 2 ? "whales" : "markets",
      status: minute === 3 ? "failed" : "completed",
      startedAt: new Date(NOW.getTime() - Math.floor(minute / 2) * 60_000),
    });
  }
  await db.quarantinedRow.createMany({
    data: Array.from({ length: 9 }, (_, place) => ({
      venue: "opinion",
      kind: "trades",
      wallet: addressOf(1),
      contentHash: `hash-${place}`,
      payload: { place },
      path: "price",
      message: "is not a number",
      status: place === 8 ? ("healed" as const) : ("open" as const),
      firstSeenAt: NOW,
      lastSeenAt: NOW,
    })),
  });
});

async function walk(path: string, limit: number) {
  const rows: { id: string }[] = [];
  let cursor: string | null = null;
  do {
    const search: string = new URLSearchParams({
      limit: String(limit),
      ...(cursor === null ? {} : { cursor }),
    }).toString();
    const answer = await app.request(`${path}${path.includes("?") ? "&" : "?"}${search}`);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.data.length).toBeLessThanOrEqual(limit);
    rows.push(...answer.json.data);
    cursor = answer.json.nextCursor;
  } while (cursor !== null);
  return rows;
}

test.each([
  ["/api/v1/trades", 300, 7],
  ["/api/v1/trades?side=sell", 100, 9],
  [`/api/v1/trades?wallet=${addressOf(3)}`, 12, 5],
  ["/api/v1/trades?market=1005", 8, 3],
  ["/api/v1/markets", 40, 11],
  ["/api/v1/markets?status=resolved", 10, 3],
  ["/api/v1/markets?kind=categorical", 5, 2],
  ["/api/v1/whales", 25, 6],
  ["/api/v1/whales?followed=true", 20, 6],
  ["/api/v1/syncs", 12, 5],
  ["/api/v1/syncs?type=whales", 6, 4],
  ["/api/v1/syncs?status=failed", 1, 1],
  ["/api/v1/quarantine", 9, 4],
  ["/api/v1/quarantine?status=open", 8, 4],
])("walking %s gives each of its %i rows once", async (path, expected, limit) => {
  const ids = (await walk(path, limit)).map(({ id }) => id);
  expect(ids).toHaveLength(expected);
  expect(new Set(ids).size).toBe(expected);
  expect(ids.every((id) => typeof id === "string")).toBe(true);
});

test("trades come newest first, also where times are equal", async () => {
  const rows = (await walk("/api/v1/trades", 7)) as { id: string; tradedAt: string }[];
  const sorted = rows.toSorted(
    (a, b) => b.tradedAt.localeCompare(a.tradedAt) || Number(b.id) - Number(a.id),
  );
  expect(rows).toEqual(sorted);
});

test("a trade has the documented fields: exact decimals, ISO times, the venue's market number", async () => {
  const { json } = await app.request(
    `/api/v1/trades?wallet=${addressOf(3).toUpperCase().replace("X", "x")}&limit=1`,
  );
  expect(json.data[0]).toEqual({
    id: expect.stringMatching(/^\d+$/),
    venue: "opinion",
    wallet: addressOf(3),
    txHash: expect.stringMatching(/^0x[0-9a-f]{32}$/),
    marketId: "1003",
    outcomeSide: "yes",
    side: "buy",
    price: "0.029",
    shares: "1.000000000000000001",
    amount: "12345.678",
    fee: "0",
    ordinal: 0,
    tradedAt: "2026-03-01T11:59:30.000Z",
    seenAt: "2026-03-01T11:59:32.000Z",
  });
});

test("trades can be cut out by time: from is included, to is not", async () => {
  const rows = (await walk(
    "/api/v1/trades?from=2026-03-01T11:50:30Z&to=2026-03-01T12:52:30%2B01:00",
    50,
  )) as unknown as { tradedAt: string }[];
  expect(rows.map(({ tradedAt }) => tradedAt)).toEqual([
    "2026-03-01T11:51:30.000Z",
    "2026-03-01T11:51:30.000Z",
    "2026-03-01T11:50:30.000Z",
    "2026-03-01T11:50:30.000Z",
  ]);
});

test("a wallet or market that is not known has no trades", async () => {
  for (const search of [`wallet=${addressOf(999_999)}`, "market=99999999999999999999"]) {
    const { status, json } = await app.request(`/api/v1/trades?${search}`);
    expect([status, json]).toEqual([200, { data: [], nextCursor: null }]);
  }
});

test("a market and a whale can be read by id", async () => {
  const market = await app.request("/api/v1/markets/7");
  expect(market.json.data).toMatchObject({
    id: "7",
    parentId: "6",
    externalId: "1007",
    volume24h: "10.5",
  });
  const whale = await app.request("/api/v1/whales/3");
  expect(whale.json.data).toMatchObject({ id: "3", address: addressOf(3), followed: true });
});

test("figures of a whale that are not there are null with the reason", async () => {
  await db.whaleStats.createMany({
    data: [
      { whaleId: 3, window: "h24", volume: "0.1", tradeCount: 2, computedAt: NOW },
      { whaleId: 3, window: "d7", withheld: "its history is incomplete", computedAt: NOW },
    ],
  });
  const { json } = await app.request("/api/v1/whales/3");
  expect(json.data.stats).toMatchObject([
    { window: "24h", volume: "0.1", tradeCount: 2, withheld: null },
    { window: "7d", volume: null, tradeCount: null, withheld: "its history is incomplete" },
    { window: "30d", volume: null, withheld: "not computed yet" },
    { window: "all", volume: null, withheld: "not computed yet" },
  ]);
});
