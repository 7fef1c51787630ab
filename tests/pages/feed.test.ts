import { beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { NOW, testApp } from "../api/app.tsx";
import { seed } from "../api/seed.ts";
import { testDatabase } from "../database.ts";

let db: PrismaClient;
let app: Awaited<ReturnType<typeof testApp>>;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
  app = await testApp(db);
});

async function page(path: string) {
  const { status, text } = await app.request(path);
  const words = text
    .replaceAll("<!-- -->", "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");
  return { status, html: text, words, rows: text.match(/<tr>/g)?.length ?? 1 };
}

test("what stands out is above the trades: the biggest of the hour and of the day, with market, whale and sum", async () => {
  await seed(db, { whales: 3, markets: 7, trades: 200, newest: NOW });
  await db.trade.update({ where: { id: 31 }, data: { amount: "250000.5" } });
  await db.trade.update({ where: { id: 181 }, data: { amount: "300000", marketId: 7 } });
  const { words } = await page("/");
  expect(words).toMatch(
    /Biggest trade of the last hour 100k\+ 250,000\.50 USD Market 3 ▼ sell Ja by 0x0000…0001 , 15 min ago/,
  );
  expect(words).toMatch(
    /Biggest trade of the last 24 hours 100k\+ 300,000\.00 USD Market 7 · Market 6 ▼ sell Ja by 0x0000…0001 , 1 h ago/,
  );
  expect(words).toMatch(/in the last hour [\d,.]+ USD in 122 trades/);
  expect(words).not.toContain("still being read");
});

test("the highlights are honest: no trade of the hour, and histories that are still being read", async () => {
  await seed(db, {
    whales: 3,
    markets: 3,
    trades: 4,
    newest: new Date(NOW.getTime() - 2 * 3_600_000),
  });
  const { address } = await db.whale.findFirstOrThrow({ where: { followed: true } });
  await db.streamState.create({ data: { venue: "opinion", kind: "trades", wallet: address } });
  const { words } = await page("/");
  expect(words).toContain("Biggest trade of the last hour No trade in that time.");
  expect(words).toContain("Biggest trade of the last 24 hours 10k+ 12,345.68 USD");
  expect(words).toContain("in the last hour 0.00 USD in 0 trades");
  expect(words).toContain("larger trades may be missing");
});

test("the filters of the URL restrict the rows, stay in the links and are shown", async () => {
  await seed(db, { whales: 4, markets: 4, trades: 600, newest: NOW });
  const sellsOfNo = { side: "sell", outcomeSide: "no", marketId: 2 };
  const { html, words, rows } = await page("/?side=sell&outcome=no&min=10000&market=2&window=24h");
  expect(rows).toBe(
    1 + (await db.trade.count({ where: { ...sellsOfNo, amount: { gte: 10_000 } } })),
  );
  expect(rows).toBeGreaterThan(20);
  const list = words.slice(words.indexOf("Newest trades"));
  expect(list).not.toMatch(/▲ buy|Ja Market/);
  expect(words).toContain("Market: Market 2");
  const remove = /<a[^>]*aria-label="Remove the filter Market: Market 2"[^>]*>/.exec(html)?.[0];
  const chip = /href="([^"]+)"/.exec(remove ?? "")?.[1];
  expect(chip).not.toContain("market=");
  expect(chip).toContain("side=sell");
  const csv = /href="(\/trades\.csv[^"]*)"/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? "";
  expect(Object.fromEntries(new URL(csv, "http://host").searchParams)).toEqual({
    side: "sell",
    outcome: "no",
    min: "10000",
    market: "2",
    window: "24h",
  });
});

test("an own minimum size in the URL is among the sizes on offer", async () => {
  await seed(db, { whales: 1, markets: 1, trades: 30, newest: NOW });
  const { html } = await page("/?min=2500");
  expect(html).toMatch(/<option value="2500" selected="">2,500 and more<\/option>/);
});

test("the window leaves out what is older", async () => {
  await seed(db, {
    whales: 2,
    markets: 2,
    trades: 40,
    newest: new Date(NOW.getTime() - 50 * 60_000),
  });
  // Two a minute for ten minutes, and the two exactly an hour ago.
  expect((await page("/?window=1h")).rows).toBe(1 + 22);
  expect((await page("/?window=24h")).rows).toBe(1 + 40);
  expect((await page("/?window=all")).rows).toBe(1 + 40);
});

test("filters that nothing matches say so and can be cleared", async () => {
  await seed(db, { whales: 2, markets: 2, trades: 40, newest: NOW });
  const { html, words } = await page("/?min=100000");
  expect(words).toContain("No trade matches these filters");
  expect(html).toMatch(/href="\/"[^>]*>(<[^>]+>)*Clear the filters/);
});

test.each([
  ["market=99", "there is no market with the id 99"],
  ["whale=99", "there is no whale with the id 99"],
  ["venue=elsewhere", "venue: must be one of opinion"],
  ["min=lots", "min: must be an amount like 1000"],
  ["window=1y", "window: must be one of 1h"],
])("%s is refused in words", async (query, message) => {
  await seed(db, { whales: 1, markets: 1, trades: 3, newest: NOW });
  const { status, words } = await page(`/?${query}`);
  expect(status).toBe(400);
  expect(words).toContain(message);
});

test("fields of the filter form that are empty restrict nothing", async () => {
  await seed(db, { whales: 1, markets: 1, trades: 3, newest: NOW });
  const { status, rows } = await page("/?min=&side=&outcome=");
  expect([status, rows]).toEqual([200, 1 + 3]);
});

test("a trade leads to its transaction at the block explorer; a simulated one does not", async () => {
  await seed(db, { whales: 1, markets: 1, trades: 1, newest: NOW });
  const txHash = `0x${"ab".repeat(32)}`;
  await db.trade.updateMany({ data: { txHash } });
  expect((await page("/")).html).toContain(`href="https://bscscan.com/tx/${txHash}"`);
});

test("a badge says the tier of a trade and what part of the market's day it is", async () => {
  await seed(db, { whales: 1, markets: 1, trades: 1, newest: NOW });
  await db.trade.updateMany({ data: { amount: "12500" } });
  await db.market.updateMany({ data: { volume24h: "50000" } });
  const { html } = await page("/");
  expect(html).toContain(
    'title="At least 10,000 USD; as much as 25 % of what this market trades in 24 hours">10k+',
  );
});

test("a split says that its shares are not known: the venue sends 0 of them", async () => {
  await seed(db, { whales: 1, markets: 1, trades: 1, newest: NOW });
  await db.trade.updateMany({ data: { side: "split", shares: "0", price: "0.5" } });
  const { words } = await page("/");
  expect(words).toContain("0.500 — the venue gives no shares of a split");
});
