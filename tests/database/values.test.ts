import { PrismaPg } from "@prisma/adapter-pg";
import fc from "fast-check";
import pg from "pg";
import { beforeEach, expect, test } from "vitest";
import { PrismaClient } from "~/generated/prisma/client.ts";
import { testDatabase } from "../database.ts";
import { open, temporaryFolder } from "./data-folder.ts";

const { db, connection, reset } = await testDatabase();

beforeEach(reset);

const decimal = fc
  .tuple(
    fc.boolean(),
    fc.bigInt({ min: 0n, max: 10n ** 29n - 1n }),
    fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 36 }),
  )
  .map(([negative, whole, digits]) => {
    const fraction = digits.join("").replace(/0+$/, "");
    const text = fraction ? `${whole}.${fraction}` : `${whole}`;
    return negative && /[1-9]/.test(text) ? `-${text}` : text;
  });

test("a size with 33 decimals comes back digit for digit", async () => {
  const volume = "1234567.123456789012345678901234567890123";
  const market = { venue: "opinion", kind: "binary", externalId: "1", title: "T", volume } as const;
  await db.market.create({ data: market });
  expect((await db.market.findFirstOrThrow()).volume?.toFixed()).toBe(volume);
});

test("every decimal that fits the column survives the round trip", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(decimal, { minLength: 1, maxLength: 50 }), async (volumes) => {
      await reset();
      await db.market.createMany({
        data: volumes.map((volume, index) => ({
          venue: "opinion",
          kind: "binary",
          externalId: String(index),
          title: "T",
          volume,
        })),
      });
      const rows = await db.market.findMany({ orderBy: { id: "asc" } });
      expect(rows.map((row) => row.volume?.toFixed())).toEqual(volumes);
    }),
    { numRuns: 20 },
  );
});

const MOMENTS = [
  "1970-01-01T00:00:00.000Z",
  "2026-03-08T06:59:59.999Z",
  "2026-03-08T07:00:00.000Z",
  "2026-11-01T05:30:00.123Z",
  "2026-11-01T06:30:00.123Z",
].map((text) => new Date(text));

async function expectTimesToSurvive(client: PrismaClient, pool: pg.Pool) {
  await client.whale.createMany({
    data: MOMENTS.map((lastTradeAt, index) => ({
      venue: "opinion",
      address: `0x${index}`,
      source: "manual" as const,
      lastTradeAt,
    })),
  });
  const read = await client.whale.findMany({ orderBy: { id: "asc" } });
  expect(read.map((row) => row.lastTradeAt)).toEqual(MOMENTS);
  const { rows } = await pool.query<{ ms: string }>(
    "SELECT (extract(epoch FROM last_trade_at) * 1000)::bigint::text AS ms FROM whale ORDER BY id",
  );
  expect(rows.map((row) => Number(row.ms))).toEqual(MOMENTS.map((moment) => moment.getTime()));
}

test("times are not shifted by an embedded database that was set to another time zone", {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const first = await open(folder);
  await first.pool.query("ALTER DATABASE postgres SET timezone TO 'America/New_York'");
  await first.close();
  const second = await open(folder);
  await expectTimesToSurvive(second.db, second.pool);
});

test.runIf(process.env.TEST_DATABASE_URL)(
  "times are not shifted by a Postgres server in another time zone",
  async () => {
    const name = new pg.Client(connection);
    await name.connect();
    const { rows } = await name.query<{ name: string }>("SELECT current_database() AS name");
    await name.query(`ALTER DATABASE ${rows[0]?.name} SET timezone TO 'America/New_York'`);
    await name.end();
    const pool = new pg.Pool(connection);
    const client = new PrismaClient({ adapter: new PrismaPg(pool) });
    await expectTimesToSurvive(client, pool);
    await client.$disconnect();
    await pool.end();
  },
);
