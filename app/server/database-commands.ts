import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { backupEmbedded, writeBackup } from "~/lib/database/backup.server.ts";
import { openEmbedded, postgresFolder } from "~/lib/database/embedded.server.ts";
import { findHolder } from "~/lib/database/folder-lock.server.ts";
import {
  diffMigrationsToSchema,
  readMigrations,
  readSchema,
  writeMigration,
} from "~/lib/database/migrations.server.ts";
import { socketConnection } from "~/lib/database/pglite.server.ts";
import { checkPostgres, postgresConnection } from "~/lib/database/postgres.server.ts";
import { restoreBackup } from "~/lib/database/restore.server.ts";
import { writeTemplate } from "~/lib/database/template.server.ts";
import { openDatabase } from "~/lib/db.server.ts";
import { type Env, EnvironmentError, parseEnv } from "~/lib/env.server.ts";
import { createLogger } from "~/lib/logger.server.ts";
import { AppError, createError } from "~/reliability/errors.ts";
import { createRedactor } from "~/reliability/redaction.ts";

const MIGRATIONS_DIR = "prisma/migrations";
const SCHEMA_DIR = "prisma";
const USAGE = `Usage: database-commands COMMAND [--demo]
  migrate           apply pending migrations (the server does so by itself when it starts)
  migration NAME    write the migration that leads from the migrations to the schema
  backup [FILE]     write everything to a gzipped SQL file, also while the server runs
  restore FILE      fill a new data folder or an empty database from a backup
  template FILE     write the dump that new data folders start from
--demo: the database of "npm run demo" instead of the one of "npm start"`;

const COMMANDS: Record<string, (env: Env, argument: string | undefined) => Promise<string>> = {
  migrate,
  migration,
  backup,
  restore,
  template,
};

async function migrate(env: Env): Promise<string> {
  const database = await openDatabase({
    databaseUrl: env.DATABASE_URL,
    dataDir: env.DATA_DIR,
    world: env.world,
    migrationsDir: MIGRATIONS_DIR,
    logger: createLogger(env.LOG_LEVEL, createRedactor(env)),
  });
  await database.close();
  return database.applied.length > 0
    ? `Applied ${database.applied.join(", ")}.`
    : "The database is up to date.";
}

async function migration(_env: Env, name: string | undefined): Promise<string> {
  const words = name?.toLowerCase().replace(/[\s-]+/g, "_");
  if (!words || !/^[a-z0-9_]+$/.test(words)) {
    throw createError(
      "INVALID_INPUT",
      "Name the migration in letters, digits and dashes: npm run db:migration -- add-market-tags",
    );
  }
  const script = await diffMigrationsToSchema({
    migrations: await readMigrations(MIGRATIONS_DIR),
    schema: await readSchema(SCHEMA_DIR),
  });
  if (script === "") return "Schema and migrations agree: there is nothing to write.";
  const time = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  const folder = `${time}_${words}`;
  await writeMigration({ migrationsDir: MIGRATIONS_DIR, name: folder, script });
  return `Wrote ${path.join(MIGRATIONS_DIR, folder, "migration.sql")}. Read it before you commit it.`;
}

async function backup(env: Env, given: string | undefined): Promise<string> {
  const time = new Date().toISOString().replaceAll(":", "-").slice(0, 19);
  const file = path.resolve(given ?? `.data/backups/${env.world}-${time}.sql.gz`);
  await mkdir(path.dirname(file), { recursive: true });
  const { bytes } = env.DATABASE_URL
    ? await backupServer(env.DATABASE_URL, file)
    : await backupFolder(env.DATA_DIR, file);
  return `Wrote ${file} (${bytes.toLocaleString("en")} bytes).`;
}

async function backupServer(databaseUrl: string, file: string): Promise<{ bytes: number }> {
  await checkPostgres(databaseUrl);
  return writeBackup(postgresConnection(databaseUrl), file);
}

/** Through the socket of the process that has the folder open, or by opening it as it is, without migrating it. */
async function backupFolder(dataDir: string, file: string): Promise<{ bytes: number }> {
  if (!existsSync(postgresFolder(dataDir))) {
    throw createError(
      "INVALID_CONFIG",
      `There is no database in ${dataDir}. Set DATA_DIR, or add --demo for the one of "npm run demo".`,
    );
  }
  const holder = findHolder(dataDir);
  if (holder && !holder.socketDir) {
    throw createError(
      "SERVICE_UNAVAILABLE",
      "The server is still starting. Try again in a moment.",
    );
  }
  if (holder?.socketDir) {
    return backupEmbedded(socketConnection(holder.socketDir), { dataDir }, file);
  }
  const embedded = await openEmbedded({
    dataDir,
    migrations: await readMigrations(MIGRATIONS_DIR),
    onFailure: (error) => console.error(error.message),
  });
  try {
    return await writeBackup(embedded.connection, file);
  } finally {
    await embedded.close();
  }
}

async function restore(env: Env, file: string | undefined): Promise<string> {
  if (!file) throw createError("INVALID_INPUT", `Name the backup to restore.\n${USAGE}`);
  const header = await restoreBackup({
    file,
    databaseUrl: env.DATABASE_URL,
    dataDir: env.DATA_DIR,
    migrationsDir: MIGRATIONS_DIR,
  });
  const target = env.DATABASE_URL ? "the database of DATABASE_URL" : env.DATA_DIR;
  return `Restored the backup of ${header.createdAt} (${header.world ?? "unmarked"} data) into ${target}.`;
}

async function template(_env: Env, file: string | undefined): Promise<string> {
  if (!file) throw createError("INVALID_INPUT", `Name the file to write.\n${USAGE}`);
  const migrations = await readMigrations(MIGRATIONS_DIR);
  return (await writeTemplate({ file, migrations })) ? `Wrote ${file}.` : `${file} is up to date.`;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { demo: { type: "boolean", default: false } },
  });
  const [name = "", argument] = positionals;
  const command = COMMANDS[name];
  if (!command) throw createError("INVALID_INPUT", USAGE);
  if (existsSync(".env")) process.loadEnvFile(".env");
  console.log(await command(parseEnv(process.env, values.demo ? "demo" : "live"), argument));
}

try {
  await main();
} catch (error) {
  const expected = error instanceof AppError || error instanceof EnvironmentError;
  console.error(expected ? error.message : error);
  process.exitCode = 1;
}
