import { beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { form, NOW, testApp } from "../api/app.tsx";
import { addressOf, seed, seedSync } from "../api/seed.ts";
import { testDatabase } from "../database.ts";

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
});

const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

async function textOf(app: Awaited<ReturnType<typeof testApp>>, path: string) {
  const { status, text } = await app.request(path);
  expect(status, path).toBe(200);
  return text
    .replaceAll("<!-- -->", "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");
}

test("the feed shows every fill with whale, side, outcome, market, price, size, lag and transaction", async () => {
  await seed(db, { whales: 3, markets: 3, trades: 4, newest: NOW });
  await seedSync(db, { type: "whales", startedAt: NOW });
  const text = await textOf(await testApp(db), "/");
  expect(text).toContain(
    "2026-03-01 12:00Z Whale 2 ▲ buy Nein Market 2 ▲ buy Nein by Whale 2 10k+ 12,345.68 0.029 1.00 2 s 0xc4ca…849b",
  );
  expect(text.match(/0\.029/g)).toHaveLength(4);
  expect(text).toContain("— the venue sent no amount");
});

test("a page of the feed leads to the older trades, and back", async () => {
  await seed(db, { whales: 3, markets: 3, trades: 60, newest: NOW });
  const app = await testApp(db);
  const { text } = await app.request("/");
  const older = /href="(\/?\?cursor=[^"]+)"/.exec(text)?.[1] ?? "";
  const next = await app.request(`/${older.replace(/^\//, "")}`);
  expect(next.text.match(/<tr>/g)).toHaveLength(11);
  expect(next.text).toContain("Newest");
  expect(next.text).not.toContain("Older");
});

test("without a key the whale pages say what to set, and the markets are there", async () => {
  await seed(db, { whales: 0, markets: 3, trades: 0, newest: NOW });
  const app = await testApp(db, { environment: {} });
  for (const path of ["/", "/whales"]) expect(await textOf(app, path)).toContain("OPINION_API_KEY");
  expect(await textOf(app, "/markets")).toContain("Market 1");
});

test("while nothing is stored each page says what is happening", async () => {
  const app = await testApp(db);
  expect(await textOf(app, "/")).toContain("No whale is followed yet");
  expect(await textOf(app, "/markets")).toContain("read for the first time");
  expect(await textOf(app, "/whales")).toContain("Discovery looks for large traders");
  expect(await textOf(app, "/syncs")).toContain("No run has been recorded");
  await app.request("/whales", form({ intent: "follow", address: addressOf(1) }));
  expect(await textOf(app, "/")).toContain("The first trades are on their way");
});

test("while the venue is down the pages answer and say since when and how old the data is", async () => {
  await seed(db, { whales: 3, markets: 3, trades: 4, newest: NOW });
  const down = {
    type: "whales" as const,
    status: "failed" as const,
    errorCode: "SERVICE_UNAVAILABLE",
    errorMessage: "answered 503",
  };
  await seedSync(db, { type: "whales", startedAt: minutesAgo(9) });
  await seedSync(db, { ...down, startedAt: minutesAgo(7) });
  await seedSync(db, { type: "whales", status: "skipped", startedAt: minutesAgo(6) });
  await seedSync(db, { ...down, startedAt: minutesAgo(5) });
  await seedSync(db, { type: "whales", status: "running", startedAt: minutesAgo(0) });
  const app = await testApp(db);
  const text = await textOf(app, "/");
  expect(text).toContain("is not being read; the first failure was 7 min ago");
  expect(text).toContain("SERVICE_UNAVAILABLE: answered 503");
  expect(text).toContain("Last data 9 min ago");
  expect(text).toContain("Market 1");
  await seedSync(db, { type: "whales", startedAt: minutesAgo(0) });
  expect(await textOf(app, "/")).not.toContain("is not being read");
});

test("a run in which some wallets failed still counts as data", async () => {
  await seedSync(db, {
    type: "whales",
    status: "incomplete",
    fetched: 20,
    startedAt: minutesAgo(3),
  });
  const app = await testApp(db);
  const { json } = await app.request("/freshness");
  expect(json.lastDataAt).toBe(minutesAgo(3).toISOString());
  expect(await textOf(app, "/")).not.toContain("is not being read");
});

test("markets come by their volume, those without a figure last, open ones unless asked otherwise", async () => {
  await seed(db, { whales: 1, markets: 130, trades: 0, newest: NOW });
  const app = await testApp(db);
  const seen: string[] = [];
  let path = "/markets?status=all";
  for (let page = 0; page < 4 && path; page++) {
    const { text } = await app.request(path);
    seen.push(...[...text.matchAll(/href="\/markets\/(\d+)"/g)].map(([, id]) => id ?? ""));
    const next = /href="[^"]*\?([^"]*cursor=[^"]+)"[^>]*>(?:<[^>]+>)*Next page/.exec(text)?.[1];
    path = next ? `/markets?${next.replaceAll("&amp;", "&")}` : "";
  }
  const markets = await db.market.findMany({ where: { parentId: null } });
  const expected = markets.toSorted(
    (a, b) => Number(b.volume24h ?? -1) - Number(a.volume24h ?? -1) || b.id - a.id,
  );
  expect(seen).toEqual(expected.map(({ id }) => String(id)));
  const open = await textOf(app, "/markets");
  expect(open).not.toContain("resolved ");
});

test("a market shows its group, its outcomes, its trades and its page at the venue", async () => {
  await seed(db, { whales: 3, markets: 7, trades: 14, newest: NOW });
  const app = await testApp(db);
  const child = await app.request("/markets/7");
  expect(child.text).toContain('href="/markets/6"');
  expect(child.text).toContain("detail?topicId=1006&amp;type=multi");
  expect(child.text.match(/title="0\.029" data-decimals="3">0\.029</g)).toHaveLength(2);
  const group = await app.request("/markets/6");
  expect(group.text).toContain("Outcomes of Market 6");
  expect(group.text).toContain('href="/markets/7"');
  const single = await app.request("/markets/1");
  expect(single.text).toContain('detail?topicId=1001"');
});

test("following from the page leads to the whale, a wrong address back to the form with the reason", async () => {
  const app = await testApp(db);
  const wrong = await app.request("/whales", form({ intent: "follow", address: "0x12" }));
  expect(wrong.status).toBe(400);
  expect(wrong.text).toContain("must be a wallet address");
  expect(wrong.text).toContain('value="0x12"');
  const right = await app.request(
    "/whales",
    form({ intent: "follow", address: addressOf(9), label: "" }),
  );
  expect([right.status, right.headers.get("location")]).toEqual([302, "/whales/1"]);
  await app.request("/whales/1", form({ intent: "unfollow" }));
  expect(await textOf(app, "/whales/1")).toContain("Not followed");
  await app.request("/whales/1", form({ intent: "follow" }));
  const off = await app.request("/whales", form({ intent: "unfollow", id: "1" }));
  expect(off.headers.get("location")).toBe("/whales?unfollowed=1");
  expect(await textOf(app, "/whales")).toContain("No whale is followed yet");
});
