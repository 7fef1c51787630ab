import { beforeEach, expect, test } from "vitest";
import type { Prisma, PrismaClient } from "~/generated/prisma/client.ts";
import { addressOf } from "../../../tests/api/seed.ts";
import { testDatabase } from "../../../tests/database.ts";
import { listPositions } from "../whales/positions.server.ts";
import { listMarketWhales } from "./market-whales.server.ts";

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
  await db.market.create({
    data: {
      id: 1,
      venue: "opinion",
      kind: "binary",
      externalId: "1",
      title: "Rain?",
      status: "activated",
      yesPrice: "0.6",
    },
  });
});

async function whale(id: number, positions: Partial<Prisma.PositionUncheckedCreateInput>[]) {
  await db.whale.create({
    data: {
      id,
      venue: "opinion",
      address: addressOf(id),
      source: "manual",
      ledgerSince: new Date(0),
    },
  });
  const at = new Date("2026-01-01T00:00:00Z");
  await db.position.createMany({
    data: positions.map((position) => ({
      whaleId: id,
      marketId: 1,
      outcomeSide: "yes",
      firstAt: at,
      lastAt: at,
      ...position,
    })),
  });
}

test("a market says of a position what the whale's own page says", async () => {
  await whale(1, [
    { boughtShares: "100", boughtAmount: "40", mintedShares: "100", mintedAmount: "100" },
    { outcomeSide: "no", mintedShares: "100", soldShares: "40", soldAmount: "20" },
  ]);
  await whale(2, [{ boughtShares: "10", boughtAmount: "4", soldShares: "30", soldAmount: "20" }]);
  await whale(3, [{ boughtShares: "7", boughtAmount: "3", unclearCount: 1 }]);
  const { rows } = await listMarketWhales(db, { marketId: 1, limit: 10 });
  expect(rows).toHaveLength(4);
  for (const { whale, outcomeSide, shares, averageCost, value, why } of rows) {
    const positions = await listPositions(db, whale.id, { open: true, limit: 10 });
    expect(positions.rows.find((row) => row.outcomeSide === outcomeSide)).toMatchObject({
      shares,
      averageCost,
      value,
      why,
    });
  }
});

test("split shares cost half a unit each, and what was sold and never bought is withheld", async () => {
  await whale(1, [
    { boughtShares: "100", boughtAmount: "40", mintedShares: "100", mintedAmount: "100" },
  ]);
  await whale(2, [{ boughtShares: "10", boughtAmount: "4", soldShares: "30", soldAmount: "20" }]);
  const { rows } = await listMarketWhales(db, { marketId: 1, limit: 10 });
  expect(rows).toMatchObject([
    { bought: "40", sold: "0", shares: "200", averageCost: "0.45", value: "120", why: null },
    { bought: "4", sold: "20", shares: null, averageCost: null, value: null },
  ]);
  expect(rows[1]?.why).toBe("More shares were sold than bought: some came in another way.");
});
