import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, inject, test } from "vitest";
import {
  applyMigrations,
  diffMigrationsToSchema,
  readMigrations,
  readSchema,
} from "~/lib/database/migrations.server.ts";
import { testDatabase } from "../database.ts";
import { open, temporaryFolder } from "./data-folder.ts";

const { pool, connection } = await testDatabase();

/** The project's migrations in a folder of their own, and a way to add to them. */
function copyOfMigrations() {
  const migrationsDir = path.join(temporaryFolder(), "migrations");
  cpSync("prisma/migrations", migrationsDir, { recursive: true });
  const write = (name: string, sql: string) => {
    mkdirSync(path.join(migrationsDir, name), { recursive: true });
    writeFileSync(path.join(migrationsDir, name, "migration.sql"), sql);
  };
  const apply = async () => applyMigrations(connection, await readMigrations(migrationsDir));
  return { migrationsDir, write, apply };
}

afterEach(async () => {
  await pool.query("DROP SCHEMA IF EXISTS scratch CASCADE");
  await pool.query("DELETE FROM _prisma_migrations WHERE migration_name LIKE '2099%'");
});

test("schema and migrations agree", { timeout: 60_000 }, async () => {
  const difference = await diffMigrationsToSchema({
    migrations: await readMigrations("prisma/migrations"),
    schema: await readSchema("prisma"),
  });
  expect(difference).toBe("");
});

test("a model without a migration is noticed", { timeout: 60_000 }, async () => {
  const extra: [string, string] = [
    path.resolve("prisma/extra.prisma"),
    'model Extra {\n  id Int @id\n  @@map("extra")\n  @@schema("public")\n}',
  ];
  const difference = await diffMigrationsToSchema({
    migrations: await readMigrations("prisma/migrations"),
    schema: [...(await readSchema("prisma")), extra],
  });
  expect(difference).toContain('CREATE TABLE "extra"');
});

test("a failing migration stops the start and says which", { timeout: 60_000 }, async () => {
  const { migrationsDir, write } = copyOfMigrations();
  write("20991231000000_broken", "CREATE SCHEMA scratch;\nSELECT 1 / 0;");
  const options = { migrationsDir, templateFile: inject("databaseTemplate") };
  await expect(open(temporaryFolder(), options)).rejects.toMatchObject({
    code: "INVALID_CONFIG",
    message: expect.stringMatching(/20991231000000_broken failed: .*division by zero\. Nothing/),
  });
});

test("a failed migration leaves nothing behind and is tried again", async () => {
  const { write, apply } = copyOfMigrations();
  write("20991231000000_broken", "CREATE SCHEMA scratch;\nSELECT 1 / 0;");
  await expect(apply()).rejects.toThrow(/20991231000000_broken failed/);
  await expect(apply()).rejects.toThrow(/20991231000000_broken failed/);
  write("20991231000000_broken", "CREATE SCHEMA scratch;\nSELECT 'a;b';");
  expect(await apply()).toEqual(["20991231000000_broken"]);
});

// The embedded database is migrated by the one process that has its folder.
const onServer = test.runIf(process.env.TEST_DATABASE_URL);

onServer("of two processes that migrate at once, one does it", async () => {
  const { write, apply } = copyOfMigrations();
  write("20991231000000_slow", "CREATE SCHEMA scratch;\nSELECT pg_sleep(0.3);");
  const applied = await Promise.all([apply(), apply()]);
  expect(applied.flat()).toEqual(["20991231000000_slow"]);
});

test("a function body with semicolons is one statement", async () => {
  const { write, apply } = copyOfMigrations();
  write(
    "20991231000000_function",
    "CREATE SCHEMA scratch;\nCREATE FUNCTION scratch.answer() RETURNS int AS $$ BEGIN PERFORM 1; RETURN 42; END; $$ LANGUAGE plpgsql;",
  );
  await apply();
  const { rows } = await pool.query("SELECT scratch.answer()");
  expect(rows).toEqual([{ answer: 42 }]);
});

describe("a database that was migrated with other files", () => {
  test("is refused when a newer version made it", async () => {
    const newer = copyOfMigrations();
    newer.write("20991231000000_future", "CREATE SCHEMA scratch;");
    await newer.apply();
    await expect(copyOfMigrations().apply()).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringMatching(/newer version of Opinion Scope.*20991231000000_future/),
    });
    expect(await newer.apply()).toEqual([]);
  });

  test("is refused when a migration was edited after it had been applied", async () => {
    const { write, apply } = copyOfMigrations();
    write("20991231000000_edited", "CREATE SCHEMA scratch;");
    await apply();
    write("20991231000000_edited", "CREATE SCHEMA scratch; -- and more");
    await expect(apply()).rejects.toThrow(/20991231000000_edited was changed after/);
  });

  test("is accepted when only the line ends differ, as in a checkout on Windows", async () => {
    const { write, apply } = copyOfMigrations();
    write("20991231000000_lines", "CREATE SCHEMA\nscratch;\n");
    await apply();
    write("20991231000000_lines", "CREATE SCHEMA\r\nscratch;\r\n");
    expect(await apply()).toEqual([]);
  });
});
