import { beforeEach, expect, test } from "vitest";
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

const wordsOf = (html: string) =>
  html
    .replace(/<style[^>]*>.*?<\/style>/gs, "")
    .replaceAll("<!-- -->", "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");

async function textOf(app: App, path: string) {
  const { status, text } = await app.request(path);
  expect(status, path).toBe(200);
  return wordsOf(text);
}

/** Ids of the whales of a page, in order. */
async function rowsOf(app: App, path: string) {
  const { text } = await app.request(path);
  const links = text.slice(text.indexOf("<tbody")).matchAll(/href="\/whales\/(\d+)"/g);
  return [...links].map(([, id]) => Number(id));
}

async function seedFigures() {
  await seed(db, { whales: 4, markets: 0, trades: 0, newest: NOW });
  const computedAt = new Date(NOW.getTime() - 12 * 60_000);
  const withheld = "Complete only since 2026-02-28.";
  await db.whaleStats.createMany({
    data: [
      { whaleId: 1, window: "d7", volume: "500", tradeCount: 40, computedAt },
      { whaleId: 2, window: "d7", volume: "2000.25", tradeCount: 9, computedAt },
      { whaleId: 3, window: "d7", withheld, computedAt },
      {
        whaleId: 1,
        window: "all",
        volume: "900",
        tradeCount: 50,
        pnl: "-12.5",
        wins: null,
        decided: 7,
        computedAt,
      },
      {
        whaleId: 2,
        window: "all",
        volume: "800",
        tradeCount: 60,
        pnl: "77",
        wins: 15,
        decided: 25,
        computedAt,
      },
      { whaleId: 3, window: "all", withheld, pnlWithheld: "A price is not measured.", computedAt },
    ],
  });
}

test("the followed whales are ranked by their volume of seven days, and the page says how old that is", async () => {
  await seedFigures();
  const app = await testApp(db);
  const text = await textOf(app, "/whales");
  expect(await rowsOf(app, "/whales")).toEqual([2, 1, 4, 3]);
  expect(text).toContain("Ranked by volume, 7 days. Figures computed 12 min ago , hourly.");
  expect(text).toContain("1 Whale 2 0x0000…0002 2,000.25 9");
  expect(text).toContain("withheld Complete only since 2026-02-28.");
  expect(text).toContain("not computed yet");
  expect(text).not.toContain("PnL");
});

test("other figures and windows rank anew; PnL and win rate stand with the whole history", async () => {
  await seedFigures();
  const app = await testApp(db);
  expect(await rowsOf(app, "/whales?sort=trades")).toEqual([1, 2, 4, 3]);
  expect(await rowsOf(app, "/whales?sort=last")).toEqual([1, 2, 3, 4]);
  expect(await rowsOf(app, "/whales?window=all")).toEqual([1, 2, 4, 3]);
  expect(await rowsOf(app, "/whales?window=all&sort=pnl")).toEqual([2, 1, 4, 3]);
  const text = await textOf(app, "/whales?window=all&sort=pnl");
  expect(text).toContain("Ranked by realised PnL, all kept.");
  expect(text).toContain("+77.00 60 % of 25 decided");
  expect(text).toContain(
    "−12.50 withheld Only 7 markets are decided; a rate over so few says nothing.",
  );
  expect(text).toContain("withheld A price is not measured.");
  const fallen = await textOf(app, "/whales?sort=pnl");
  expect(fallen).toContain("Ranked by volume, 7 days. PnL is known over the whole history only");
});

test("headings and filters keep the rest of the search, and a wrong one is refused", async () => {
  await seedFigures();
  const app = await testApp(db);
  const { text } = await app.request("/whales?window=all&followed=all&q=whale");
  expect(text).toContain('href="/whales?window=all&amp;followed=all&amp;q=whale&amp;sort=trades"');
  expect(text).toMatch(/aria-sort="descending"[^>]*><a[^>]*>Volume/);
  expect(await rowsOf(app, "/whales?q=whale+2&followed=&source=&sort=")).toEqual([2]);
  for (const search of [
    "window=1h",
    "sort=x",
    "followed=yes",
    "source=x",
    "venue=%00",
    "q=%00",
    `q=${"x".repeat(101)}`,
    "cursor=W10",
    "page=2",
  ]) {
    expect([search, (await app.request(`/whales?${search}`)).status]).toEqual([search, 400]);
  }
});

test("pages go on in rank, with the search kept", async () => {
  await seed(db, { whales: 130, markets: 0, trades: 0, newest: NOW });
  const app = await testApp(db);
  const seen: number[] = [];
  let path = "/whales?followed=all&sort=last";
  for (let page = 0; page < 4 && path; page++) {
    seen.push(...(await rowsOf(app, path)));
    const { text } = await app.request(path);
    const next = /href="[^"]*\?([^"]*cursor=[^"]+)"[^>]*>(?:<[^>]+>)*Next page/.exec(text)?.[1];
    if (page === 1) expect(wordsOf(text)).toMatch(/ 51 (Whale|0x)/);
    path = next ? `/whales?${next.replaceAll("&amp;", "&")}` : "";
  }
  expect(seen).toHaveLength(130);
  expect(new Set(seen).size).toBe(130);
});

test("a whale that is unfollowed leaves the list with a way back that keeps the search", async () => {
  await seedFigures();
  const app = await testApp(db);
  const gone = await app.request("/whales?sort=trades", form({ intent: "unfollow", id: "2" }));
  expect(gone.headers.get("location")).toBe("/whales?sort=trades&unfollowed=2");
  const text = await textOf(app, "/whales?sort=trades&unfollowed=2");
  expect(text).toContain("Whale 2 is no longer followed. Its trades stay; no new ones are read.");
  expect(await rowsOf(app, "/whales?followed=no")).toEqual([2]);
  expect(await textOf(app, "/whales?followed=no")).toContain("their figures stand still");
  const back = await app.request(
    "/whales?sort=trades&unfollowed=2",
    form({ intent: "refollow", id: "2" }),
  );
  expect(back.headers.get("location")).toBe("/whales?sort=trades");
  expect(await textOf(app, "/whales?sort=trades&unfollowed=2")).not.toContain("no longer followed");
  expect((await app.request("/whales", form({ intent: "refollow", id: "99" }))).status).toBe(404);
  expect((await app.request("/whales", form({ intent: "sell", id: "1" }))).status).toBe(400);
});

test("an address is taken as people paste it, one that is followed already leads to its whale", async () => {
  const app = await testApp(db);
  const address = `0x${"aB".repeat(20)}`;
  const follow = (fields = {}) =>
    app.request(
      "/whales",
      form({ intent: "follow", address: `  ${address} `, label: "", ...fields }),
    );
  expect((await follow({ label: "Mine" })).headers.get("location")).toBe("/whales/1");
  const again = await follow();
  expect(again.status).toBe(409);
  expect(wordsOf(again.text)).toContain("Followed already: Mine");
  expect((await follow({ label: "Renamed" })).status).toBe(302);
  const wrong = await follow({ address: "0x12", label: "x".repeat(81) });
  expect(wrong.status).toBe(400);
  expect(wrong.text).toContain('value="0x12"');
  expect(wordsOf(wrong.text)).toContain("must have at most 80 characters");
  expect((await follow({ venue: "elsewhere" })).status).toBe(400);
});

test("what the list lacks says what helps", async () => {
  const app = await testApp(db);
  expect(await textOf(app, "/whales")).toContain("No whale is followed yet");
  await seed(db, { whales: 4, markets: 0, trades: 0, newest: NOW });
  expect(await textOf(app, "/whales")).toContain("No figures have been computed yet");
  const none = await app.request("/whales?q=nobody&window=30d");
  expect(wordsOf(none.text)).toContain("No whale matches");
  expect(none.text).toContain('href="/whales?window=30d"');
  const closed = await testApp(db, { environment: {} });
  expect(await textOf(closed, "/whales/import")).toContain("OPINION_API_KEY");
});

const send = (app: App, intent: string, list: string, fields = {}) =>
  app.request("/whales/import", form({ intent, list, ...fields }));

test("a list is previewed line by line, stored when it is confirmed, and its result is shown", async () => {
  await seed(db, { whales: 5, markets: 0, trades: 0, newest: NOW });
  await db.$executeRaw`SELECT setval('whale_id_seq', 5)`;
  const app = await testApp(db);
  const list = `address,label\r\n${addressOf(2)},Renamed\n${addressOf(5)}\n${addressOf(77)},Fresh\n0x12`;
  const preview = await send(app, "preview", list);
  expect(preview.status).toBe(200);
  const words = wordsOf(preview.text);
  expect(words).toContain("5 0x12 address: must be a wallet address");
  expect(words).toContain(`2 ${addressOf(2)} Renamed followed already its label is “Whale 2”`);
  expect(words).toContain(`3 ${addressOf(5)} — the list gives no label followed again`);
  expect(words).toContain(`4 ${addressOf(77)} Fresh new`);
  expect(words).toContain("Follow 2 wallets");
  expect(await db.whale.count()).toBe(5);

  const carried = /<textarea[^>]*name="list"[^>]*>([^<]*)</.exec(preview.text)?.[1] ?? "";
  const done = await send(app, "import", carried, { relabel: "yes" });
  expect(done.status).toBe(302);
  const result = await textOf(app, done.headers.get("location") ?? "");
  expect(result).toContain("New 1 Followed again 1 Labels changed 1 Unchanged 0 Lines left out 1");
  expect((await db.whale.findFirstOrThrow({ where: { id: 2 } })).label).toBe("Renamed");
  const again = await send(app, "import", carried, { relabel: "yes" });
  expect(again.headers.get("location")).toContain(
    "created=0&refollowed=0&relabelled=0&unchanged=3",
  );
});

test("back from the preview the list is still there, and a list that cannot be used comes back with the reason", async () => {
  const app = await testApp(db);
  const edit = await send(app, "edit", `${addressOf(1)},<One>`);
  expect(edit.text).toContain(`${addressOf(1)},&lt;One&gt;`);
  const empty = await send(app, "preview", "  ");
  expect([empty.status, wordsOf(empty.text)]).toEqual([
    400,
    expect.stringContaining("The list is empty"),
  ]);
  const nothing = await send(app, "preview", "0x12");
  expect(wordsOf(nothing.text)).toContain("No line of the list can be used");
  await app.request("/whales", form({ intent: "follow", address: addressOf(1) }));
  const known = await send(app, "preview", addressOf(1));
  expect(wordsOf(known.text)).toContain("every wallet of the list is followed already");
  const labelled = await send(app, "preview", `${addressOf(1)},One`);
  expect(wordsOf(labelled.text)).toContain("Update the labels");
  expect(wordsOf(labelled.text)).toContain("followed already gets this label");
  expect((await send(app, "delete", "")).status).toBe(400);
});

test("5,000 wallets are previewed in part and imported whole; more, or 1 MB, is refused with the list kept", async () => {
  const app = await testApp(db);
  const rows = Array.from({ length: 5_000 }, (_, n) => `${addressOf(n)},Wallet number ${n}`);
  const preview = await send(app, "preview", rows.join("\n"));
  expect(wordsOf(preview.text)).toContain("The first 100 of 5,000.");
  const done = await send(app, "import", rows.join("\n"));
  expect(done.headers.get("location")).toContain("created=5000");
  const more = await send(app, "preview", [...rows, addressOf(5_000)].join("\n"));
  expect([more.status, wordsOf(more.text)]).toEqual([400, expect.stringContaining("at most 5000")]);
  const large = await send(app, "preview", "ü".repeat(600_000));
  expect([large.status, wordsOf(large.text)]).toEqual([
    400,
    expect.stringContaining("larger than 1 MB"),
  ]);
  expect(large.text).toContain("üüü");
  expect((await send(app, "preview", "x".repeat(5_000_000))).status).toBe(413);
}, 30_000);
