import { beforeEach, expect, test } from "vitest";
import { testDatabase } from "../database.ts";

const { db, pool, reset } = await testDatabase();

beforeEach(reset);

test("a test starts with empty tables and ids from 1", async () => {
  for (let round = 0; round < 2; round++) {
    const whale = await db.whale.create({
      data: { venue: "opinion", address: "0x1", source: "manual" },
    });
    expect(whale.id).toBe(1);
    await reset();
    expect(await db.whale.count()).toBe(0);
  }
});

test("the pool and Prisma see the same database", async () => {
  await db.whale.create({ data: { venue: "opinion", address: "0x2", source: "manual" } });
  const { rows } = await pool.query("SELECT address FROM whale");
  expect(rows).toEqual([{ address: "0x2" }]);
});
