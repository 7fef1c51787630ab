import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import type pg from "pg";
import { expect, test, vi } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { restoreBackup } from "~/lib/database/restore.server.ts";
import { createDatabase } from "./create-database.ts";
import { open, temporaryFolder } from "./data-folder.ts";

vi.setConfig({ testTimeout: 120_000 });

const TRADES = 1_200;

async function namesOfMigrations(): Promise<string[]> {
  const entries = await readdir("prisma/migrations", { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Rows of every kind that is hard to write down: children before parents, quotes, line breaks, arrays, JSON null, 33 decimals. */
async function fill(db: PrismaClient) {
  const market = { venue: "opinion", kind: "binary" } as const;
  await db.market.createMany({
    data: Array.from({ length: 600 }, (_, index) => ({
      ...market,
      externalId: String(index),
      title: `It's a \\ "title"\r\nof ; two\u2028lines\u2029${index}`,
      labels: ["a,b", "{c}", 'd"e', "NULL", ""],
      rules: index % 2 ? null : "",
    })),
  });
  const parent = await db.market.create({
    data: { ...market, kind: "categorical", externalId: "1", title: "Parent" },
  });
  await db.market.updateMany({ where: { id: { lte: 10 } }, data: { parentId: parent.id } });
  const whale = await db.whale.create({
    data: { venue: "opinion", address: "0xabc", source: "manual" },
  });
  const seenAt = new Date("2026-11-01T05:30:00.123Z");
  await db.trade.createMany({
    data: Array.from({ length: TRADES }, (_, ordinal) => ({
      identity: `00000000-0000-0000-0000-${String(ordinal).padStart(12, "0")}`,
      venue: "opinion",
      whaleId: whale.id,
      txHash: "0xfeed",
      marketId: 1 + (ordinal % 600),
      outcomeSide: "yes",
      side: "buy",
      price: "0.123456789012345678901234567890123",
      shares: `${ordinal}.000000000000000000000000000000001`,
      ordinal,
      tradedAt: seenAt,
      seenAt,
    })),
  });
  await db.$executeRaw`INSERT INTO quarantined_row (venue, kind, content_hash, payload, path, message, first_seen_at, last_seen_at)
    VALUES ('opinion', 'trades', 'h', 'null'::jsonb, '', 'E''\\n', now(), now())`;
}

/** Every row of every table as text, in an order of its own. */
async function contents(pool: pg.Pool) {
  const tables = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname IN ('public', 'engine') AND tablename <> '_prisma_migrations' ORDER BY 1`,
  );
  const rows: Record<string, string[]> = {};
  for (const { name } of tables.rows) {
    const found = await pool.query<{ row: string }>(
      `SELECT t::text AS row FROM ${name} t ORDER BY 1`,
    );
    rows[name] = found.rows.map(({ row }) => row);
  }
  return rows;
}

test("a backup made while rows are written restores to the same rows, and ids go on", async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, "backup.sql.gz");
  const source = await open(path.join(folder, "source"));
  await fill(source.db);
  const before = await contents(source.pool);

  const backup = source.backup(file);
  let writes = 0;
  let done = false;
  const writer = (async () => {
    while (!done) {
      await source.db.notification.create({
        data: {
          kind: "recovery",
          severity: "success",
          scope: "app",
          title: `title ${writes++}`,
          body: "",
          createdAt: new Date(),
        },
      });
    }
  })();
  expect((await backup).bytes).toBeGreaterThan(1_000);
  done = true;
  await writer;
  expect(writes).toBeGreaterThan(1);
  await source.close();

  const dataDir = path.join(folder, "target");
  const header = await restoreBackup({ file, dataDir, migrationsDir: "prisma/migrations" });
  expect(header).toMatchObject({ world: "live", migrations: await namesOfMigrations() });
  const target = await open(dataDir);
  const { "public.notification": notifications, ...restored } = await contents(target.pool);
  const { "public.notification": _none, ...original } = before;
  expect(restored).toEqual(original);
  expect(restored["public.trade"]).toHaveLength(TRADES);
  expect(notifications?.length).toBeLessThanOrEqual(writes);
  const next = await target.db.whale.create({
    data: { venue: "opinion", address: "0xdef", source: "manual" },
  });
  expect(next.id).toBe(2);
  await target.close();
  await expect(open(dataDir, { world: "demo" })).rejects.toThrow(/holds live data/);
});

test.runIf(process.env.TEST_DATABASE_URL)(
  "the embedded database moves to a Postgres server by backup and restore, and back",
  async () => {
    const folder = temporaryFolder();
    const source = await open(path.join(folder, "source"));
    await fill(source.db);
    const original = await contents(source.pool);
    const file = path.join(folder, "backup.sql.gz");
    await source.backup(file);
    const databaseUrl = await createDatabase(process.env.TEST_DATABASE_URL ?? "");
    const options = { dataDir: folder, migrationsDir: "prisma/migrations" };
    await restoreBackup({ ...options, file, databaseUrl });

    const server = await open(folder, { databaseUrl });
    expect(server).toMatchObject({ kind: "postgres", applied: [] });
    expect(await contents(server.pool)).toEqual(original);
    await server.backup(file);
    await expect(restoreBackup({ ...options, file, databaseUrl })).rejects.toThrow(/not empty/);
    await expect(open(folder, { databaseUrl, world: "demo" })).rejects.toThrow(/holds live data/);

    const dataDir = path.join(folder, "target");
    await restoreBackup({ ...options, file, dataDir });
    expect(await contents((await open(dataDir)).pool)).toEqual(original);
  },
);

test("a backup is not restored over a database", async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, "backup.sql.gz");
  const database = await open(path.join(folder, "data"));
  await database.backup(file);
  await database.close();
  const options = { file, dataDir: path.join(folder, "data"), migrationsDir: "prisma/migrations" };
  await expect(restoreBackup(options)).rejects.toThrow(/holds a database already/);
});

test("a file that was cut off restores nothing", async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, "backup.sql.gz");
  const database = await open(path.join(folder, "source"));
  await fill(database.db);
  await database.backup(file);
  await database.close();
  truncateSync(file, readFileSync(file).length - 100);
  const dataDir = path.join(folder, "target");
  const options = { file, dataDir, migrationsDir: "prisma/migrations" };
  await expect(restoreBackup(options)).rejects.toMatchObject({ code: "EXECUTION_FAILED" });
  const target = await open(dataDir);
  expect(await target.db.trade.count()).toBe(0);
});

test("a file that is no backup is refused by name", async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, "letter.txt");
  writeFileSync(file, "Dear reader,");
  const options = { file, dataDir: path.join(folder, "data"), migrationsDir: "prisma/migrations" };
  await expect(restoreBackup(options)).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: expect.stringContaining(file),
  });
});
