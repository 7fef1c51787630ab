import { beforeEach, expect, test } from "vitest";
import { computeStats } from "~/features/whales/compute-stats.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { form, NOW, testApp } from "../api/app.tsx";
import { addressOf, seed } from "../api/seed.ts";
import { testDatabase } from "../database.ts";

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
});

type App = Awaited<ReturnType<typeof testApp>>;

async function textOf(app: App, path: string) {
  const { status, text } = await app.request(path);
  expect(status, path).toBe(200);
  return text
    .replaceAll("<!-- -->", "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");
}

/** Whale 2 with a history of six fills in markets 2 and 3, its figures computed. */
async function whaleWithHistory() {
  await seed(db, { whales: 2, markets: 3, trades: 12, newest: NOW });
  await db.streamState.create({
    data: {
      venue: "opinion",
      kind: "trades",
      wallet: addressOf(2),
      completeSince: new Date(0),
      storedTotal: 1_200,
      venueTotal: 1_200,
    },
  });
  await db.market.updateMany({ data: { yesPrice: "0.25", labels: ["Crypto"] } });
  await computeStats(db, 0, NOW);
}

test("a whale shows its figures or why they are withheld, and how far its history goes", async () => {
  await seed(db, { whales: 3, markets: 3, trades: 6, newest: NOW });
  const figures = { whaleId: 2, computedAt: NOW };
  await db.whaleStats.createMany({
    data: [
      { ...figures, window: "h24", volume: "1234.5", tradeCount: 7, lastTradeAt: NOW },
      { ...figures, window: "d7", withheld: "history incomplete" },
    ],
  });
  const app = await testApp(db);
  const reading = await textOf(app, "/whales/2");
  expect(reading).toContain("24 hours 1,234.50 7 2026-03-01 12:00Z");
  expect(reading).toContain("7 days withheld history incomplete");
  expect(reading).toContain("30 days — not computed yet");
  expect(reading).toContain("History complete since still being read");
  await db.streamState.create({
    data: {
      venue: "opinion",
      kind: "trades",
      wallet: addressOf(2),
      completeSince: new Date("2025-05-04T03:02:01Z"),
      storedTotal: 1_200,
      venueTotal: 1_300,
    },
  });
  const complete = await textOf(app, "/whales/2");
  expect(complete).toContain("History complete since 2025-05-04 03:02:01 UTC");
  expect(complete).toContain("Trades stored 1,200 of 1,300 the venue counts");
});

test("positions, activity, categories and PnL follow from the fills", async () => {
  await whaleWithHistory();
  const text = await textOf(await testApp(db), "/whales/2");
  expect(text).toContain("History complete since its first trade");
  expect(text).toMatch(/Open [1-9]\d* Closed \d+/);
  expect(text).toMatch(/on 1 of 30 days, most on 2026-03-01/);
  expect(text).toMatch(/2026-03-01 [\d,.]+ [\d,.]+ 6/);
  expect(text).toContain("Crypto");
  expect(text).toMatch(/Realised PnL (withheld|[+−\d])/);
  expect(text).toContain("decided markets");
});

test("trades of one market are a link away, filters keep to the whale, and so does the CSV", async () => {
  await whaleWithHistory();
  const app = await testApp(db);
  const { text } = await app.request("/whales/2");
  const [, market] = /href="[^"]*\?market=(\d+)#trades"/.exec(text) ?? [];
  const filtered = await app.request(`/whales/2?market=${market}&min=100`);
  expect(filtered.status).toBe(200);
  expect(filtered.text).toContain(`whale=2`);
  const list = filtered.text.slice(filtered.text.indexOf('id="trades"'));
  const links = [...list.matchAll(/href="\/markets\/(\d+)"/g)].map(([, id]) => id);
  expect(new Set(links)).toEqual(new Set([market]));
  for (const wrong of ["market=99", "days=31", "positions=all", "rows=none", "venue=opinion"]) {
    expect((await app.request(`/whales/2?${wrong}`)).status, wrong).toBe(400);
  }
  expect((await app.request("/whales/77")).status).toBe(404);
});

test("positions that are over and longer times are a link away", async () => {
  await whaleWithHistory();
  const app = await testApp(db);
  expect(await textOf(app, "/whales/2?positions=done&days=90")).toMatch(/of 90 days/);
  const older = await textOf(app, "/whales/2?rows=all");
  expect(older).not.toContain("Show more");
});

test("a label is given, changed and taken off; a wrong one comes back with the reason", async () => {
  await seed(db, { whales: 3, markets: 1, trades: 0, newest: NOW });
  const app = await testApp(db);
  const label = (text: string) =>
    app.request("/whales/1?days=90", form({ intent: "label", label: text }));
  const given = await label("  The  fox ");
  expect([given.status, given.headers.get("location")]).toEqual([302, "/whales/1?days=90"]);
  expect(await textOf(app, "/whales/1")).toContain("The fox · Opinion Scope");
  const long = await label("x".repeat(81));
  expect(long.status).toBe(400);
  expect(long.text).toContain("must have at most 80 characters");
  expect(long.text).toContain(`value="${"x".repeat(81)}"`);
  expect((await label("a\u0007b")).text).toContain("must not contain control characters");
  expect((await db.whale.findUniqueOrThrow({ where: { id: 1 } })).label).toBe("The  fox");
  await label(" ");
  expect((await db.whale.findUniqueOrThrow({ where: { id: 1 } })).label).toBeNull();
  expect(await textOf(app, "/whales/1")).toContain("Add a label");
});

test("following ends and begins on the page; what does not exist or is not offered is refused", async () => {
  await seed(db, { whales: 1, markets: 1, trades: 0, newest: NOW });
  const app = await testApp(db);
  await app.request("/whales/1", form({ intent: "unfollow" }));
  expect(await textOf(app, "/whales/1")).toContain("Not followed");
  await app.request("/whales/1", form({ intent: "follow" }));
  expect(await textOf(app, "/whales/1")).toContain("Followed since 2026-03-01 12:00:30 UTC");
  expect((await app.request("/whales/1", form({ intent: "delete" }))).status).toBe(400);
  for (const intent of ["follow", "unfollow", "label"]) {
    expect((await app.request("/whales/9", form({ intent }))).status, intent).toBe(404);
  }
});

test("a wallet without a trade so far says so, and shows no empty chart and no zeros", async () => {
  await seed(db, { whales: 1, markets: 1, trades: 0, newest: NOW });
  const text = await textOf(await testApp(db), "/whales/1");
  expect(text).toContain("No trades yet The history of this wallet is not read yet.");
  expect(text).not.toContain("whole history, by average cost");
  expect(text).not.toContain("0.00");
});
