import papaparse from "papaparse";
import { beforeEach, expect, test } from "vitest";
import { TRADE_COLUMNS } from "~/features/trades/csv.ts";
import { apiTradeOf, listTrades } from "~/features/trades/queries.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { testDatabase } from "../database.ts";
import { NOW, testApp } from "./app.tsx";
import { seed } from "./seed.ts";

const CSV_COLUMNS = Object.keys(TRADE_COLUMNS);

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
});

async function csvOf(path: string) {
  const { status, text, headers } = await (await testApp(db)).request(path);
  expect(status).toBe(200);
  const parsed = papaparse.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: true,
  });
  expect(parsed.errors).toEqual([]);
  return { text, headers, rows: parsed.data };
}

test("the CSV has every trade of the filter, each figure exactly, over any number of batches", async () => {
  await seed(db, { whales: 7, markets: 9, trades: 1_234, newest: NOW });
  const { rows, headers, text } = await csvOf("/trades.csv?side=buy&min=10000");
  const { data } = await listTrades(db, { side: "buy", min: "10000", limit: 2_000 });
  expect(data.length).toBeGreaterThan(600);
  const wanted = data.map((trade) => {
    const { market, whale } = trade;
    const row: Record<string, unknown> = {
      ...apiTradeOf(trade),
      whaleLabel: whale.label,
      marketTitle: market.title,
      parentTitle: market.parentTitle,
      outcomeLabel: market.outcomeLabel,
    };
    return Object.fromEntries(CSV_COLUMNS.map((name) => [name, String(row[name] ?? "")]));
  });
  expect(rows).toEqual(wanted);
  expect(headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(headers.get("content-disposition")).toBe('attachment; filename="trades-2026-03-01.csv"');
  expect(headers.get("cache-control")).toContain("no-transform");
  expect(text.split("\r\n")).toHaveLength(data.length + 2);
});

test("quotes, line breaks and separators come back as they were, and nothing runs as a formula", async () => {
  await seed(db, { whales: 4, markets: 4, trades: 4, newest: NOW });
  const titles = ['Will "it", then;\r\nrain?', "=HYPERLINK(1)", "+1 goal", "-3 to -1"];
  for (const [n, title] of titles.entries()) {
    await db.market.update({ where: { id: n + 1 }, data: { title } });
  }
  await db.whale.updateMany({ data: { label: "@SUM(A1)" } });
  await db.trade.updateMany({ data: { fee: "-0.25" } });
  const { rows } = await csvOf("/trades.csv");
  expect(rows.map(({ marketTitle }) => marketTitle)).toEqual(
    expect.arrayContaining([titles[0], `'${titles[1]}`, `'${titles[2]}`, `'${titles[3]}`]),
  );
  expect(rows[0]?.whaleLabel).toBe("'@SUM(A1)");
  expect(rows[0]?.fee).toBe("-0.25");
});

test("a filter that finds nothing gives a file with only its header", async () => {
  await seed(db, { whales: 1, markets: 1, trades: 3, newest: NOW });
  const { text } = await csvOf("/trades.csv?min=999999");
  expect(text).toBe(`${CSV_COLUMNS.join(",")}\r\n`);
});

test.each(["whale=99", "market=99", "venue=elsewhere", "min=much", "cursor=x", "window=1y"])(
  "%s is refused rather than answered with an empty file",
  async (query) => {
    await seed(db, { whales: 1, markets: 1, trades: 3, newest: NOW });
    const { status, json } = await (await testApp(db)).request(`/trades.csv?${query}`);
    expect(status).toBe(400);
    expect(json.error.message).toBeTruthy();
  },
);
