import { createReadStream, existsSync } from "node:fs";
import path from "node:path";
import { createGunzip } from "node:zlib";
import type { MigrationList } from "@prisma/schema-engine-wasm";
import pg from "pg";
import { AppError, createError } from "~/reliability/errors.ts";
import { BACKUP_MARK, type BackupHeader } from "./backup.server.ts";
import { openEmbedded, postgresFolder } from "./embedded.server.ts";
import { applyMigrations, readMigrations } from "./migrations.server.ts";
import { checkPostgres, postgresConnection } from "./postgres.server.ts";

/**
 * Fills an empty data folder or an empty Postgres database from a backup, entirely or not at all. Migrations that are newer than the
 * backup are left to the next start.
 * @returns what the backup says about itself
 * @throws {AppError} INVALID_INPUT when the file is no backup, INVALID_CONFIG when the target is not empty or the backup is too new
 */
export async function restoreBackup(options: {
  file: string;
  databaseUrl?: string;
  dataDir: string;
  migrationsDir: string;
  workerFile?: string;
}): Promise<BackupHeader> {
  const header = await readBackupHeader(options.file);
  const migrations = migrationsOf(header, await readMigrations(options.migrationsDir));
  if (options.databaseUrl) {
    await checkPostgres(options.databaseUrl);
    await fill(postgresConnection(options.databaseUrl), migrations, options.file);
    return header;
  }
  // What an interrupted start or restore left unfinished is made anew.
  const begun = existsSync(path.join(options.dataDir, "unfinished"));
  if (existsSync(postgresFolder(options.dataDir)) && !begun) {
    throw createError(
      "INVALID_CONFIG",
      `The data folder ${options.dataDir} holds a database already. Set DATA_DIR to a new folder, or move that one away.`,
    );
  }
  let failure: AppError | undefined;
  const embedded = await openEmbedded({
    ...options,
    migrations,
    onFailure: (error) => {
      failure = error;
    },
  });
  try {
    await fill(embedded.connection, migrations, options.file);
    await embedded.complete();
  } catch (error) {
    throw failure ?? error;
  } finally {
    await embedded.close();
  }
  return header;
}

async function fill(connection: pg.PoolConfig, migrations: MigrationList, file: string) {
  const client = new pg.Client(connection);
  client.on("error", () => {});
  await client.connect();
  try {
    await refuseFilledDatabase(client);
    await applyMigrations(connection, migrations);
    for await (const line of readLines(file)) {
      if (!line.startsWith("--")) await client.query(line);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw createError(
      "EXECUTION_FAILED",
      `The backup ${file} could not be restored: ${(error as Error).message}. Use an empty database for the next attempt.`,
      { cause: error },
    );
  } finally {
    await client.end();
  }
}

async function refuseFilledDatabase(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'engine') LIMIT 1",
  );
  if (rows.length === 0) return;
  throw createError(
    "INVALID_CONFIG",
    `The database is not empty (it has the table ${rows[0]?.name}). Restore into a new database.`,
  );
}

function migrationsOf(header: BackupHeader, known: MigrationList): MigrationList {
  const names = new Set(header.migrations);
  const directories = known.migrationDirectories.filter(({ path }) => names.delete(path));
  if (names.size > 0) {
    throw createError(
      "INVALID_CONFIG",
      `The backup was made by a newer version of Opinion Scope: it needs the migrations ${[...names].join(", ")}. Restore it with that version.`,
    );
  }
  return { ...known, migrationDirectories: directories };
}

async function readBackupHeader(file: string): Promise<BackupHeader> {
  try {
    for await (const line of readLines(file)) {
      if (!line.startsWith(BACKUP_MARK)) break;
      const header = JSON.parse(line.slice(BACKUP_MARK.length)) as BackupHeader;
      if (header.format === 1) return header;
    }
  } catch (error) {
    throw notABackup(file, error);
  }
  throw notABackup(file, undefined);
}

function notABackup(file: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? ` (${cause.message})` : "";
  return createError(
    "INVALID_INPUT",
    `${file} is no backup that this version can read${reason}. Backups are made with "npm run db:backup".`,
    { cause },
  );
}

async function* readLines(file: string): AsyncGenerator<string> {
  const source = createReadStream(file);
  const unzipped = createGunzip();
  source.on("error", (error) => unzipped.destroy(error));
  source.pipe(unzipped);
  try {
    // Split at "\n" alone: readline also takes Unicode's separators, which a text may hold, for line ends in newer versions of Node.
    let rest = "";
    for await (const chunk of unzipped.setEncoding("utf8")) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    if (rest !== "") yield rest;
  } finally {
    source.destroy();
    unzipped.destroy();
  }
}
