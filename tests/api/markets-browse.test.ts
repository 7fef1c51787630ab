import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { browseMarkets } from "~/features/markets/browse.server.ts";
import { marketPageSearch } from "~/features/markets/market-page-search.ts";
import { upsertMarkets } from "~/features/markets/upsert.server.ts";
import type { Prisma } from "~/generated/prisma/client.ts";
import { testDatabase } from "../database.ts";
import { NOW, testApp } from "./app.tsx";

const { db, reset } = await testDatabase();

const browse = (search: Record<string, string | undefined> = {}, limit = 50) =>
  browseMarkets(db, { search: marketPageSearch.parse(search), limit, now: NOW });

const titlesOf = async (search: Record<string, string>) =>
  (await browse(search)).data.map(({ title }) => title);

let number = 0;

function add(market: Partial<Prisma.MarketUncheckedCreateInput> & { title: string }) {
  number += 1;
  return db.market.create({
    data: {
      venue: "opinion",
      kind: "binary",
      status: "activated",
      externalId: String(number),
      ...market,
    },
  });
}

const group = (title: string, rest: Partial<Prisma.MarketUncheckedCreateInput> = {}) =>
  add({ title, kind: "categorical", ...rest });

describe("every order", () => {
  beforeAll(async () => {
    await reset();
    const statuses = ["activated", "activated", "resolved", "created"] as const;
    await db.market.createMany({
      data: Array.from({ length: 97 }, (_, n) => ({
        venue: "opinion",
        kind: "binary" as const,
        externalId: `m${n}`,
        title: `Market of order ${n}`,
        status: statuses[n % 4],
        // Ties and missing figures in every column.
        volume24h: n % 5 === 0 ? null : String(n % 7),
        volume: n % 6 === 0 ? null : `${n % 4}.5`,
        yesPrice: n % 3 === 0 ? null : `0.${(n % 8) + 1}`,
        openedAt: n % 7 === 0 ? null : new Date(NOW.getTime() - (n % 9) * 3_600_000),
        cutoffAt: n % 4 === 3 ? null : new Date(NOW.getTime() + ((n % 11) - 5) * 3_600_000),
      })),
    });
  });

  const orders = ["volume24h", "volume", "newest", "closing", "price"] as const;
  const ahead = (at: string | null) => (at === null ? 2 : at >= NOW.toISOString() ? 0 : 1);

  test.each(
    orders.flatMap((sort) =>
      [{ status: "all" }, { status: "open" }, { status: "all", q: "order" }].map((filter) => ({
        sort,
        ...filter,
      })),
    ),
  )("%j shows every market once, page after page", async (search) => {
    const rows = [];
    let cursor: string | null = null;
    do {
      const page = await browse({ ...search, ...(cursor ? { cursor } : {}) }, 7);
      rows.push(...page.data);
      cursor = page.nextCursor;
    } while (cursor !== null);
    const wanted = await db.market.count({
      where: search.status === "all" ? {} : { status: "activated" },
    });
    expect(new Set(rows.map(({ id }) => id)).size).toBe(wanted);
    expect(rows).toHaveLength(wanted);
    const values = rows.map((row) => {
      if (search.sort === "newest") return row.openedAt && -Date.parse(row.openedAt);
      if (search.sort !== "closing") {
        const value = { volume24h: row.volume24h, volume: row.volume, price: row.yesPrice }[
          search.sort
        ];
        return value && -Number(value);
      }
      const side = ahead(row.cutoffAt);
      const away = Math.abs(Date.parse(row.cutoffAt ?? "") - NOW.getTime());
      return side === 2 ? null : side * 1e12 + away;
    });
    const known = values.filter((value) => value !== null);
    expect(values.slice(0, known.length)).toEqual(known);
    expect(known).toEqual(known.toSorted((a, b) => Number(a) - Number(b)));
  });

  test("the best matches of a search are walked through as well", async () => {
    const ids = [];
    let cursor: string | null = null;
    do {
      const page = await browse({ q: "order", status: "all", ...(cursor ? { cursor } : {}) }, 7);
      ids.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(new Set(ids).size).toBe(97);
    expect(ids).toHaveLength(97);
  });

  test("a cursor of another order is refused", async () => {
    const { nextCursor } = await browse({ sort: "closing", status: "all" }, 7);
    const app = await testApp(db);
    for (const other of ["sort=volume", "sort=newest", "q=order"]) {
      const { status } = await app.request(`/markets?${other}&status=all&cursor=${nextCursor}`);
      expect(status, other).toBe(400);
    }
  });
});

describe("filters", () => {
  beforeEach(reset);

  test("narrow by status, venue, category, price and volume; a group fits by any of its outcomes", async () => {
    await add({ title: "Cheap", labels: ["Crypto"], yesPrice: "0.1", volume24h: "10" });
    await add({ title: "Dear", labels: ["Sports"], yesPrice: "0.9", volume24h: "1000" });
    await add({ title: "Over", status: "resolved", labels: ["Crypto"], yesPrice: "1" });
    const parent = await group("Who?", { volume24h: "500" });
    await add({ title: "A", parentId: parent.id, yesPrice: "0.15" });
    await add({ title: "B", parentId: parent.id, yesPrice: "0.6" });
    expect(await titlesOf({})).toEqual(["Dear", "Who?", "Cheap"]);
    expect(await titlesOf({ status: "resolved" })).toEqual(["Over"]);
    expect(await titlesOf({ status: "all" })).toHaveLength(4);
    expect(await titlesOf({ category: "Crypto" })).toEqual(["Cheap"]);
    expect(await titlesOf({ category: "Crypto", status: "all" })).toEqual(["Cheap", "Over"]);
    expect(await titlesOf({ minPrice: "0.1", maxPrice: "0.2" })).toEqual(["Who?", "Cheap"]);
    expect(await titlesOf({ minPrice: ".7" })).toEqual(["Dear"]);
    expect(await titlesOf({ minVolume: "500" })).toEqual(["Dear", "Who?"]);
    expect(await titlesOf({ venue: "elsewhere" })).toEqual([]);
  });

  test("the categories on offer are those of the stored markets, also after a change", async () => {
    const market = await add({ title: "One", labels: ["Crypto"] });
    await db.market.update({ where: { id: market.id }, data: { labels: ["Culture"] } });
    const { text } = await (await testApp(db)).request("/markets");
    expect(text).toContain('<option value="Culture"');
  });

  test("what cannot be used is said in place, with the form", async () => {
    const app = await testApp(db);
    for (const [search, words] of [
      ["minPrice=2", "Price from must be a price from 0 to 1"],
      ["minPrice=0.5&maxPrice=0.4", "must not be below the lowest price"],
      ["minVolume=lots", "Min. volume must be an amount"],
      [`q=${"x".repeat(101)}`, "Search must be at most 100 characters"],
      ["open=1.x", "open must be up to 10 market numbers"],
    ]) {
      const { status, text } = await app.request(`/markets?${search}`);
      expect([status, text.includes(words ?? ""), text.includes('name="q"')], search).toEqual([
        400,
        true,
        true,
      ]);
    }
  });
});

describe("a group", () => {
  beforeEach(reset);

  test("shows how many outcomes it has and the likeliest that can be traded, and unfolds in place", async () => {
    const parent = await group("Next chair?");
    await add({ title: "Gone", parentId: parent.id, yesPrice: "1", status: "resolved" });
    await add({ title: "Warsh", parentId: parent.id, yesPrice: "0.41" });
    await add({ title: "Hassett", parentId: parent.id, yesPrice: "0.35" });
    await add({ title: "No price", parentId: parent.id });
    const [folded] = (await browse()).data;
    expect(folded?.group).toMatchObject({
      outcomes: 4,
      leader: { title: "Warsh", yesPrice: "0.41" },
      unfolded: null,
    });
    const app = await testApp(db);
    const { text } = await app.request("/markets");
    expect(text).toContain(`href="/markets?open=${parent.id}"`);
    expect(text).toContain('aria-expanded="false"');
    expect(text).not.toContain("Hassett");
    const unfolded = await app.request(`/markets?open=${parent.id}`);
    expect(unfolded.text).toContain('aria-expanded="true"');
    expect(unfolded.text.indexOf("Warsh")).toBeLessThan(unfolded.text.indexOf("Hassett"));
    expect(unfolded.text).toContain("No price");
  });
});

describe("the course of a price", () => {
  beforeEach(reset);

  test("is sampled over 7 days, with the change since yesterday", async () => {
    const market = await add({ title: "Moves", yesPrice: "0.55" });
    await add({ title: "Has no price" });
    const at = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);
    await db.pricePoint.createMany({
      data: [
        { hours: 100, price: "0.2" },
        { hours: 30, price: "0.6" },
        { hours: 2, price: "0.55" },
      ].map(({ hours, price }) => ({ marketId: market.id, outcome: "yes", at: at(hours), price })),
    });
    const [moves, still] = (await browse()).data.toSorted((a, b) => a.id - b.id);
    expect(moves?.change).toBe("-0.05");
    expect(moves?.course).toHaveLength(22);
    expect(moves?.course[0]).toBeNull();
    expect(moves?.course.filter((price) => price === 0.2).length).toBe(9);
    expect(moves?.course.at(-1)).toBe(0.55);
    expect(still).toMatchObject({ change: null, course: [] });
  });
});

describe("the search", () => {
  const TITLES = [
    "Will Bitcoin be above $100k on December 31?",
    "Bitcoin dominance over 60%?",
    "Will Ethereum flip Bitcoin in 2027?",
    "Will Trump visit China before July?",
    "Trade deal between the U.S. and China?",
    "Who will win the Super Bowl — Kansas_City or Philadelphia?",
    "Shaquille O'Neal at the Super Bowl?",
    "Élysée: Macron out in 2026?",
    "Путин и Зеленский встретятся?",
    "比特币会达到20万美元吗?",
    "To the moon 🚀 by May?",
  ];

  beforeAll(async () => {
    await reset();
    for (const [place, title] of TITLES.entries())
      await add({ title, volume24h: String(100 - place) });
    const fed = await group("Fed decision in December", { volume24h: "7" });
    await add({ title: "50 bps cut", parentId: fed.id, yesPrice: "0.2" });
    await add({ title: "No change", parentId: fed.id, yesPrice: "0.7" });
  });

  test.each([
    ["bitcoin", [1, 0, 2]],
    ["BITCOIN", [1, 0, 2]],
    ["bitcion", [1, 0, 2]],
    ["bitc", [1, 0, 2]],
    ["bitcio", [1, 0, 2]],
    ["trmup", [3]],
    ["etherum", [2]],
    ["phildelphia", [5]],
    ["china trump", [3]],
    ["deal trade", [4]],
    ["december bitcoin", [0]],
    ["decmber bitcoin", [0]],
    ["u.s.", [4]],
    ["$100k", [0]],
    ["60%", [1]],
    ["kansas_city", [5]],
    ["kansasXcity", []],
    ["o’neal", [6]],
    ["élysée", [7]],
    ["ЗЕЛЕНСКИЙ", [8]],
    ["比特币", [9]],
    ["🚀", [10]],
    ["tr", [4, 3]],
    ["qx", []],
    ["'; DROP TABLE market; --", []],
    ["\\", []],
    ["xqzwvkjp", []],
  ])("%j finds %j", async (q, found) => {
    expect(await titlesOf({ q })).toEqual(found.map((place) => TITLES[place]));
  });

  test("says what a mistyped word was taken for", async () => {
    expect((await browse({ q: "bitcion" })).search).toMatchObject({
      corrected: [{ typed: "bitcion", meant: ["bitcoin"] }],
    });
    expect((await browse({ q: "bitcoin" })).search).toMatchObject({ corrected: null });
    const { text } = await (await testApp(db)).request("/markets?q=bitcion");
    expect(text.replaceAll("<!-- -->", "")).toContain(
      "No title holds “bitcion”; these hold <b>bitcoin</b>",
    );
  });

  test.each(["50 bps", "fed 50 bps", "cut december", "decision 50", "50 fed decsion"])(
    "%j leads to the outcome, under its group",
    async (q) => {
      const { data } = await browse({ q });
      const fed = data.find(({ title }) => title === "Fed decision in December");
      expect(fed?.group?.matched?.title).toBe("50 bps cut");
    },
  );

  test("works within the other filters and in another order", async () => {
    expect(await titlesOf({ q: "bitcoin", status: "resolved" })).toEqual([]);
    expect(await titlesOf({ q: "bitcoin", sort: "volume24h" })).toEqual(
      [0, 1, 2].map((n) => TITLES[n]),
    );
  });

  test("any text is answered", { timeout: 60_000 }, async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(..."ab%_\\'\"$ (-?*é🚀"), maxLength: 30 }),
    );
    await fc.assert(
      fc.asyncProperty(text, async (q) => {
        expect((await browse({ q })).data.length).toBeLessThanOrEqual(12);
      }),
      { numRuns: 60 },
    );
  });

  test("a word of any stored title finds it, whole or with its first two letters swapped", async () => {
    for (const title of TITLES.slice(0, 7)) {
      for (const word of title.match(/[A-Za-z]{5,}/g) ?? []) {
        expect(await titlesOf({ q: word }), word).toContain(title);
        const swapped = `${word.slice(0, 2)}${word[3]}${word[2]}${word.slice(4)}`;
        expect(await titlesOf({ q: swapped }), swapped).toContain(title);
      }
    }
  });

  test("follows titles and groups as they change", async () => {
    const market = await add({ title: "Zanzibar ferry" });
    await db.market.update({ where: { id: market.id }, data: { title: "Madagascar ferry" } });
    expect(await titlesOf({ q: "zanzibar" })).toEqual([]);
    expect(await titlesOf({ q: "madagascra" })).toEqual(["Madagascar ferry"]);
    const parent = await group("Island boats");
    await db.market.update({ where: { id: market.id }, data: { parentId: parent.id } });
    expect(await titlesOf({ q: "madagascar" })).toEqual(["Island boats"]);
    await db.market.delete({ where: { id: market.id } });
    expect(await titlesOf({ q: "madagascar" })).toEqual([]);
    await db.market.delete({ where: { id: parent.id } });
  });

  test("knows markets that a catalog walk has brought, and again after it has brought them twice", async () => {
    const row = {
      venue: "opinion" as const,
      kind: "binary" as const,
      externalId: "walked",
      parentExternalId: null,
      title: "Kilimanjaro snow",
      slug: null,
      rules: null,
      status: "activated" as const,
      yesLabel: null,
      noLabel: null,
      yesTokenId: null,
      noTokenId: null,
      conditionId: null,
      questionId: null,
      resultSide: null,
      volume: null,
      volume24h: null,
      volume7d: null,
      quoteToken: null,
      chainId: null,
      labels: ["Weather"],
      thumbnailUrl: null,
      openedAt: null,
      cutoffAt: null,
      resolvedAt: null,
    };
    await upsertMarkets(db, [row], NOW);
    await upsertMarkets(db, [{ ...row, title: "Kilimanjaro ice" }], NOW);
    expect(await titlesOf({ q: "kilimanjaor" })).toEqual(["Kilimanjaro ice"]);
    await db.market.deleteMany({ where: { externalId: "walked" } });
  });
});
