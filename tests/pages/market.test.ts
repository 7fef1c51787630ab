import { beforeEach, expect, test } from "vitest";
import type { Prisma, PrismaClient } from "~/generated/prisma/client.ts";
import { NOW, testApp } from "../api/app.tsx";
import { addressOf } from "../api/seed.ts";
import { testDatabase } from "../database.ts";

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
  await db.whale.createMany({
    data: [
      {
        venue: "opinion",
        address: addressOf(1),
        label: "Big fish",
        source: "manual",
        ledgerSince: new Date(0),
      },
      { venue: "opinion", address: addressOf(2), source: "manual" },
    ],
  });
});

const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);

let numbers = 0;

function market(data: Partial<Prisma.MarketUncheckedCreateInput> = {}) {
  numbers += 1;
  return db.market.create({
    data: {
      venue: "opinion",
      kind: "binary",
      externalId: String(numbers),
      title: `Will it rain ${numbers}?`,
      status: "activated",
      yesLabel: "Rain",
      noLabel: "Dry",
      ...data,
    },
  });
}

function trade(marketId: number, data: Partial<Prisma.TradeUncheckedCreateInput> = {}) {
  return db.trade.create({
    data: {
      identity: crypto.randomUUID(),
      venue: "opinion",
      whaleId: 1,
      txHash: `0x${"ab".repeat(32)}`,
      marketId,
      outcomeSide: "yes",
      side: "buy",
      price: "0.4",
      shares: "100",
      amount: "40.5",
      ordinal: 0,
      tradedAt: hoursAgo(2),
      seenAt: hoursAgo(2),
      ...data,
    },
  });
}

const price = (marketId: number, hours: number, value: string) =>
  db.pricePoint.create({ data: { marketId, outcome: "yes", at: hoursAgo(hours), price: value } });

async function textOf(path: string) {
  const { status, text } = await (await testApp(db)).request(path);
  expect(status, path).toBe(200);
  return text
    .replaceAll("<!-- -->", "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");
}

test("both prices are shown, the no price as derived, with the change since a day ago", async () => {
  const { id } = await market({
    yesPrice: "0.719",
    yesPriceAt: hoursAgo(0),
    priceCheckedAt: hoursAgo(0),
  });
  await price(id, 30, "0.6");
  await price(id, 0, "0.719");
  const text = await textOf(`/markets/${id}`);
  expect(text).toContain("Rain 0.719 as of");
  expect(text).toContain("Dry 0.281 1 − price of Rain");
  expect(text).toContain("▲ +0.119");
  expect(text).toContain(
    "Rain rose from 0.600 to 0.719 in the last 7 days, between 0.600 and 0.719.",
  );
});

test("the chart says its course in words, and is drawn before any script runs", async () => {
  const { id } = await market({
    yesPrice: "0.5",
    yesPriceAt: hoursAgo(1),
    priceCheckedAt: hoursAgo(1),
  });
  await price(id, 20, "0.3");
  await price(id, 1, "0.5");
  await trade(id, { price: "0.45" });
  const { text } = await (await testApp(db)).request(`/markets/${id}?window=24h`);
  const chart = /role="img" aria-label="(Rain [^"]+)"/.exec(text)?.[1];
  expect(chart).toBe(
    "Rain rose from 0.300 to 0.500 in the last 24 hours, between 0.300 and 0.500. 1 whale trade is marked.",
  );
  expect(text).toMatch(/<path d="M\d+ \d+H\d+V/);
});

test("without any price it says why: not read yet, never traded, or only one", async () => {
  const unread = await market();
  expect(await textOf(`/markets/${unread.id}`)).toContain("No price is known");
  expect(await textOf(`/markets/${unread.id}`)).toContain("— not measured yet");
  expect(await textOf(`/markets/${unread.id}`)).not.toContain("Whale flow");
  const never = await market({ priceCheckedAt: hoursAgo(1) });
  expect(await textOf(`/markets/${never.id}`)).toContain("Never traded The venue has no price");
  const one = await market({
    yesPrice: "0.25",
    yesPriceAt: hoursAgo(3),
    priceCheckedAt: hoursAgo(1),
  });
  await price(one.id, 3, "0.25");
  expect(await textOf(`/markets/${one.id}`)).toContain(
    "One price so far: 0.250 Of 2026-03-01 09:00Z.",
  );
});

test("a price that only a whale has shown is said to be that", async () => {
  const { id } = await market();
  await trade(id, { outcomeSide: "no", price: "0.7" });
  const text = await textOf(`/markets/${id}`);
  expect(text).toContain("not measured yet; a whale traded at 0.300");
  expect(text).toContain("One price so far: 0.300");
});

test("a whale trade that is newer than the price read is said beside it", async () => {
  const { id } = await market({
    yesPrice: "0.6",
    yesPriceAt: hoursAgo(3),
    priceCheckedAt: hoursAgo(3),
  });
  await price(id, 3, "0.6");
  expect(await textOf(`/markets/${id}`)).not.toContain("since then");
  await trade(id, { price: "0.45" });
  expect(await textOf(`/markets/${id}`)).toContain("; since then a whale traded at 0.450");
});

test("flow says what was bought and sold of each outcome in the window, and what it counts", async () => {
  const { id } = await market();
  await trade(id, { amount: "1000" });
  await trade(id, { side: "sell", amount: "1500.5", whaleId: 2 });
  await trade(id, { outcomeSide: "no", amount: "7" });
  await trade(id, { side: "split" });
  await trade(id, { amount: "9999", tradedAt: hoursAgo(24 * 9) });
  const text = await textOf(`/markets/${id}`);
  expect(text).toContain("Every trade of followed whales in the last 7 days. 2 whales.");
  expect(text).toContain("The history of 1 of them is not complete");
  expect(text).toContain("Not counted: 1 split, merge or row without an amount.");
  expect(text).toContain(
    "Rain net ▼ 500.50 sold ▲ Bought 1,000.00 ▼ Sold 1,500.50 2 trades of 2 whales",
  );
  expect(text).toContain("Dry net ▲ 7.00 bought ▲ Bought 7.00 ▼ Sold 0.00 1 trade of 1 whale");
  expect(await textOf(`/markets/${id}?window=24h`)).not.toContain("9,999");
});

test("whales are listed with what they hold, or why that is withheld", async () => {
  const { id } = await market({
    yesPrice: "0.6",
    yesPriceAt: hoursAgo(1),
    priceCheckedAt: hoursAgo(1),
  });
  const held = { marketId: id, firstAt: hoursAgo(9), lastAt: hoursAgo(2), tradeCount: 2 };
  await db.position.createMany({
    data: [
      {
        ...held,
        whaleId: 1,
        outcomeSide: "no",
        boughtShares: "300",
        boughtAmount: "90",
        soldShares: "100",
        soldAmount: "50",
      },
      { ...held, whaleId: 2, outcomeSide: "yes", boughtShares: "10", boughtAmount: "5" },
    ],
  });
  const text = await textOf(`/markets/${id}`);
  expect(text).toContain("Big fish Dry 90.00 50.00 200.00 0.300 80.00 2026-03-01 10:00Z");
  expect(text).toMatch(
    /Rain 5\.00 0\.00(?: — The history of this wallet is still being read\.){3}/,
  );
  expect((await (await testApp(db)).request(`/markets/${id}`)).text).not.toContain("whales=all");
});

test("once the result is known, shares are worth what they pay", async () => {
  const { id } = await market({ status: "resolved", resultSide: "no", yesPrice: "0.3" });
  const held = { marketId: id, whaleId: 1, firstAt: hoursAgo(9), lastAt: hoursAgo(2) };
  await db.position.createMany({
    data: [
      { ...held, outcomeSide: "no", boughtShares: "300", boughtAmount: "90" },
      { ...held, outcomeSide: "yes", boughtShares: "10", boughtAmount: "5" },
    ],
  });
  const text = await textOf(`/markets/${id}`);
  expect(text).toContain("Big fish Dry 90.00 0.00 300.00 0.300 300.00");
  expect(text).toContain("Big fish Rain 5.00 0.00 10.00 0.500 0.00");
});

test("of many whales the largest 20 are shown, and all when asked for", async () => {
  const { id } = await market();
  await db.whale.createMany({
    data: Array.from({ length: 30 }, (_, n) => ({
      id: 100 + n,
      venue: "opinion",
      address: addressOf(100 + n),
      label: `Nr ${n}.`,
      source: "manual" as const,
    })),
  });
  await db.position.createMany({
    data: Array.from({ length: 30 }, (_, n) => ({
      whaleId: 100 + n,
      marketId: id,
      outcomeSide: "yes",
      boughtAmount: String(n + 1),
      firstAt: hoursAgo(9),
      lastAt: hoursAgo(2),
    })),
  });
  const first = await textOf(`/markets/${id}`);
  expect(first).toContain("Nr 29.");
  expect(first).toContain("Nr 10.");
  expect(first).not.toContain("Nr 9.");
  expect(await textOf(`/markets/${id}?whales=all`)).toContain("Nr 0.");
});

test("trades can be filtered in the URL and lead on to older ones", async () => {
  const { id } = await market();
  await trade(id, { amount: "777" });
  await trade(id, { amount: "5000", side: "sell", whaleId: 2 });
  const all = await textOf(`/markets/${id}`);
  expect(all).toContain("777");
  const large = await textOf(`/markets/${id}?min=1000&side=sell`);
  expect(large.slice(large.indexOf("Whale trades"))).not.toContain("777");
  const of = await textOf(`/markets/${id}?whale=1`);
  expect(of).toContain("Whale: Big fish");
  for (const wrong of ["window=1h", "whales=20", "min=x", "page=2", "whale=99", "cursor=x"]) {
    const { status } = await (await testApp(db)).request(`/markets/${id}?${wrong}`);
    expect([wrong, status]).toEqual([wrong, 400]);
  }
});

test("a market without trades in the window offers the longer ones", async () => {
  const { id } = await market();
  await trade(id, { tradedAt: hoursAgo(24 * 20), amount: "4321" });
  const { text } = await (await testApp(db)).request(`/markets/${id}`);
  expect(text).toContain("No followed whale has traded here in the last 7 days.");
  expect(text).toContain("?window=all");
  expect(await textOf(`/markets/${id}?window=all`)).toContain("4,321");
});

test("a resolved market shows its result, its times and its rules as plain text", async () => {
  const { id } = await market({
    status: "resolved",
    resultSide: "no",
    openedAt: hoursAgo(90),
    cutoffAt: hoursAgo(60),
    resolvedAt: hoursAgo(48),
    rules: `<script>alert(1)</script>\n${"Long rules. ".repeat(60)}`,
    labels: ["Weather"],
  });
  const { text } = await (await testApp(db)).request(`/markets/${id}`);
  expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(text).toMatch(/<details[^>]*><summary>Rules/);
  const words = await textOf(`/markets/${id}`);
  expect(words).toContain("Result Dry");
  expect(words).toContain("not read while it was open");
  expect(words).not.toContain("Change in 24 h");
  expect(words).toContain("resolved 2 d ago");
  expect(words).toContain("Labels Weather");
});

test("an outcome leads to its group and the other outcomes; the group shows all of them with their flow", async () => {
  const group = await market({ kind: "categorical", title: "Who wins?" });
  const child = (title: string, yesPrice: string | null) =>
    market({
      parentId: group.id,
      title,
      yesPrice,
      yesPriceAt: yesPrice && hoursAgo(1),
      priceCheckedAt: hoursAgo(1),
    });
  const anna = await child("Anna", "0.55");
  const ben = await child("Ben", "0.35");
  await child("Nobody", null);
  await price(anna.id, 50, "0.4");
  await price(anna.id, 1, "0.55");
  await price(ben.id, 1, "0.35");
  await trade(anna.id, { amount: "120" });
  await trade(anna.id, { amount: "30", side: "sell", whaleId: 2 });

  const { text } = await (await testApp(db)).request(`/markets/${ben.id}`);
  expect(text).toContain("<title>Ben · Who wins? · Opinion Scope</title>");
  expect(text).toContain(`href="/markets/${group.id}"`);
  expect(text).toContain(`href="/markets/${anna.id}"`);

  const page = await (await testApp(db)).request(`/markets/${group.id}`);
  expect(/role="img" aria-label="(Anna [^"]+)"/.exec(page.text)?.[1]).toBe(
    "Anna rose from 0.400 to 0.550 in the last 7 days, between 0.400 and 0.550. Ben stayed at 0.350 in the last 7 days.",
  );
  const words = await textOf(`/markets/${group.id}`);
  expect(words).toContain("Outcomes 3");
  expect(words).toContain("Nobody — never traded");
  expect(words).toContain("Anna 120.00 30.00 0.00 0.00 2 2");
});

test("a group whose outcomes are not known yet says so", async () => {
  const { id } = await market({ kind: "categorical" });
  const text = await textOf(`/markets/${id}?window=all`);
  expect(text).toContain("No outcome is known yet");
  expect(text).toContain("No outcome of this group has been priced yet.");
});
