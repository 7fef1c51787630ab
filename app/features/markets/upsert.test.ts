import { beforeEach, expect, test } from "vitest";
import type { MarketRow } from "~/lib/rows.ts";
import { testDatabase } from "../../../tests/database.ts";
import { pricesToRead, recordPrices } from "./prices.server.ts";
import { marketsToCheck, markGone, upsertMarkets } from "./upsert.server.ts";

const { db, reset } = await testDatabase();
const at = (minutes: number) => new Date(Date.UTC(2026, 5, 1) + minutes * 60_000);

function market(externalId: string, changes: Partial<MarketRow> = {}): MarketRow {
  return {
    venue: "opinion",
    kind: "binary",
    externalId,
    parentExternalId: null,
    title: `Market ${externalId}`,
    slug: null,
    rules: "Rules.",
    status: "activated",
    yesLabel: "YES",
    noLabel: "NO",
    yesTokenId: `1${externalId}`,
    noTokenId: `2${externalId}`,
    conditionId: null,
    questionId: null,
    resultSide: null,
    volume: "3421749.647",
    volume24h: "0",
    volume7d: "0.000000000000000001",
    quoteToken: null,
    chainId: "56",
    labels: ["Business"],
    thumbnailUrl: null,
    openedAt: at(0),
    cutoffAt: null,
    resolvedAt: null,
    ...changes,
  };
}

beforeEach(reset);

test("a parent and a binary with the same number are two markets, and children find their parent", async () => {
  const counts = await upsertMarkets(
    db,
    [
      market("337", { kind: "categorical", title: "Which companies?" }),
      market("337"),
      market("5342", { parentExternalId: "337", title: "Perplexity AI" }),
    ],
    at(1),
  );
  expect(counts).toEqual({ created: 3, updated: 0 });
  const child = await db.market.findFirstOrThrow({
    where: { externalId: "5342" },
    include: { parent: true },
  });
  expect(child.parent).toMatchObject({ kind: "categorical", externalId: "337" });
  expect(child.volume7d?.toFixed()).toBe("0.000000000000000001");
});

test("only what changed counts as updated, and a list's blanks do not erase a detail", async () => {
  const rows = Array.from({ length: 600 }, (_, n) => market(String(n), { conditionId: "c0" }));
  expect(await upsertMarkets(db, rows, at(1))).toEqual({ created: 600, updated: 0 });
  expect(await upsertMarkets(db, rows, at(2))).toEqual({ created: 0, updated: 0 });
  const changed = rows.map((row, n) => ({
    ...row,
    conditionId: null,
    rules: null,
    volume: n < 3 ? "4000000" : row.volume,
  }));
  expect(await upsertMarkets(db, changed, at(3))).toEqual({ created: 0, updated: 3 });
  expect(await db.market.findFirst({ where: { externalId: "1" } })).toMatchObject({
    conditionId: "c0",
    rules: "Rules.",
    catalogSeenAt: at(3),
    updatedAt: at(3),
  });
});

test("markets that the catalog no longer shows are asked for until they are over", async () => {
  await upsertMarkets(
    db,
    [
      market("1", { kind: "categorical" }),
      market("2", { parentExternalId: "1" }),
      market("3"),
      market("4", { status: "resolved" }),
    ],
    at(1),
  );
  await upsertMarkets(db, [market("3")], at(10));
  await db.market.create({
    data: { venue: "opinion", kind: "binary", externalId: "9", title: "?" },
  });
  const left = await marketsToCheck(db, "opinion", at(10), 10);
  expect(left.map(({ kind, externalId }) => `${kind} ${externalId}`)).toEqual([
    "binary 9",
    "categorical 1",
  ]);
  await markGone(
    db,
    left.map(({ id }) => id),
    at(11),
  );
  expect(await marketsToCheck(db, "opinion", at(12), 10)).toMatchObject([{ externalId: "3" }]);
  expect(await db.market.findFirst({ where: { externalId: "2" } })).toMatchObject({
    status: "deleted",
  });
});

test("prices are asked for most traded first; a point is kept only when the price changed", async () => {
  await upsertMarkets(db, [market("1", { volume: "5" }), market("2", { volume: "50" })], at(1));
  const wanted = await pricesToRead(db, "opinion", at(2), 10);
  expect(wanted.map(({ yesTokenId }) => yesTokenId)).toEqual(["12", "11"]);
  const [first, second] = wanted;
  if (!first || !second) throw new Error("two markets expected");
  const price = (value: string, minute: number) => ({
    tokenId: first.yesTokenId,
    price: value,
    at: at(minute),
  });
  const record = (value: string, minute: number, now: number) =>
    recordPrices(db, [{ marketId: first.marketId, price: price(value, minute) }], at(now));

  expect(await recordPrices(db, [{ marketId: second.marketId, price: null }], at(3))).toEqual({
    updated: 0,
  });
  expect(await record("0.719", 2, 3)).toEqual({ updated: 1 });
  expect(await record("0.719", 4, 5)).toEqual({ updated: 0 });
  expect(await record("0.5", 1, 6)).toEqual({ updated: 0 });
  expect(await record("0.72", 6, 7)).toEqual({ updated: 1 });
  expect(
    (await db.pricePoint.findMany({ orderBy: { at: "asc" } })).map((point) =>
      point.price.toFixed(),
    ),
  ).toEqual(["0.719", "0.72"]);
  const stored = await db.market.findMany({ orderBy: { externalId: "asc" } });
  expect(stored.map((row) => row.yesPrice?.toFixed() ?? null)).toEqual([null, "0.72"]);
  expect(await pricesToRead(db, "opinion", at(3), 10)).toEqual([]);
});
