import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { MigrationList, SchemaEngine } from "@prisma/schema-engine-wasm";
import pg from "pg";
import { type AppError, createError } from "~/reliability/errors.ts";
import { socketConnection, startPglite } from "./pglite.server.ts";
import { withSchemaEngine } from "./schema-engine.server.ts";

/** Key of the advisory lock that the migrating process holds; any number that nobody else uses in this database. */
const MIGRATION_LOCK = 7_233_190;
const NO_FILTER = { externalTables: [], externalEnums: [] };
const LOCK_FILE = `# Prisma's mark of the SQL dialect that these migrations are written in.\nprovider = "postgresql"\n`;

/** Every migration of a folder, oldest first. Line ends are normalised, so that a checkout with CRLF has the same checksums. */
export async function readMigrations(migrationsDir: string): Promise<MigrationList> {
  const baseDir = path.resolve(migrationsDir);
  const entries = await readdir(baseDir, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const migrationDirectories = await Promise.all(
    names.map(async (name) => ({
      path: name,
      migrationFile: {
        path: "migration.sql",
        content: {
          tag: "ok" as const,
          value: await readText(path.join(baseDir, name, "migration.sql")),
        },
      },
    })),
  );
  return {
    baseDir,
    lockfile: { path: "migration_lock.toml", content: LOCK_FILE },
    shadowDbInitScript: "",
    migrationDirectories,
  };
}

/** Hash over names and contents: two folders of migrations with the same hash make the same database. */
export function migrationsHash(list: MigrationList): string {
  const hash = createHash("sha256");
  for (const { path: name, migrationFile } of list.migrationDirectories) {
    hash.update(JSON.stringify([name, migrationFile.content]));
  }
  return hash.digest("hex");
}

/**
 * Brings a database to the state of a list of migrations. Of several processes that do so at once, one works and the others wait for it.
 * @returns the names that were applied now, oldest first
 * @throws {AppError} INVALID_CONFIG when the database was made by a newer version, holds a migration that was edited since, or one fails
 */
export async function applyMigrations(
  connection: pg.PoolConfig,
  migrations: MigrationList,
): Promise<string[]> {
  const client = new pg.Client(connection);
  // The query in progress rejects with the same error.
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK]);
    try {
      return await withSchemaEngine({ connection }, (engine) => applyPending(engine, migrations));
    } finally {
      // A connection that was lost has given the lock back, and its error is on its way already.
      await client.query("SELECT pg_advisory_unlock($1)", [MIGRATION_LOCK]).catch(() => {});
    }
  } finally {
    await client.end();
  }
}

async function applyPending(engine: SchemaEngine, migrationsList: MigrationList) {
  const diagnose = () =>
    engine.diagnoseMigrationHistory({
      migrationsList,
      optInToShadowDatabase: false,
      filters: NO_FILTER,
    });
  const before = await diagnose();
  refuseForeignHistory(before);
  // A script runs as a whole or not at all, so a failed one left nothing behind and may be tried again.
  for (const migrationName of before.failedMigrationNames) {
    await engine.markMigrationRolledBack({ migrationName });
  }
  try {
    const result = await engine.applyMigrations({ migrationsList, filters: NO_FILTER });
    return result.appliedMigrationNames;
  } catch (error) {
    const after = await diagnose();
    throw migrationFailure(after.failedMigrationNames[0], error);
  }
}

function refuseForeignHistory(state: {
  history: { diagnostic: string; unpersistedMigrationNames?: string[] } | null;
  editedMigrationNames: string[];
  failedMigrationNames: string[];
}) {
  const unknown = state.history?.unpersistedMigrationNames ?? [];
  if (unknown.length > 0) {
    throw createError(
      "INVALID_CONFIG",
      `This database was made by a newer version of Opinion Scope: it holds the migration${
        unknown.length === 1 ? "" : "s"
      } ${unknown.join(", ")}, which this version does not know. Start the newer version, or use another DATA_DIR or DATABASE_URL.`,
    );
  }
  // One that failed is there to be corrected.
  const edited = state.editedMigrationNames.filter(
    (name) => !state.failedMigrationNames.includes(name),
  );
  if (edited.length > 0) {
    throw createError(
      "INVALID_CONFIG",
      `The migration ${edited.join(", ")} was changed after it had been applied to this database. Restore the file, or use a new DATA_DIR or an empty database.`,
    );
  }
}

function migrationFailure(name: string | undefined, error: unknown): AppError {
  const message = error instanceof Error ? error.message : String(error);
  // Below its own lines the engine's message lists where in the engine it happened.
  const [reason = message] = message.split(/\n\s+0: /);
  const text = reason.replace(/^external connector error\n/, "").trim();
  return createError(
    "INVALID_CONFIG",
    name
      ? `The migration ${name} failed: ${text}. Nothing of it was kept. Correct the cause and start again (it is tried again), or go on with the version you had before.`
      : `The database could not be migrated: ${text}.`,
    { cause: error },
  );
}

/** A Prisma schema as [path, content] of each of its files. */
export async function readSchema(schemaDir: string): Promise<[string, string][]> {
  const names = (await readdir(schemaDir)).filter((name) => name.endsWith(".prisma")).sort();
  return Promise.all(
    names.map(async (name): Promise<[string, string]> => {
      const file = path.resolve(schemaDir, name);
      return [file, await readFile(file, "utf8")];
    }),
  );
}

/** SQL that leads from the migrations to the schema; "" when they agree. Works on in-memory databases only. */
export async function diffMigrationsToSchema(options: {
  migrations: MigrationList;
  schema: [string, string][];
  workerFile?: string;
}): Promise<string> {
  const shadow = await startPglite({ workerFile: options.workerFile });
  const connection = socketConnection(shadow.socketDir);
  try {
    const result = await withSchemaEngine(
      { connection, shadow: connection, schema: options.schema },
      (engine) =>
        engine.diff({
          from: { tag: "migrations", ...options.migrations },
          to: {
            tag: "schemaDatamodel",
            files: options.schema.map(([file, content]) => ({ path: file, content })),
          },
          script: true,
          exitCode: true,
          filters: NO_FILTER,
        }),
    );
    return result.exitCode === 0 ? "" : (result.stdout ?? "");
  } finally {
    await shadow.close();
  }
}

/** Writes a new migration folder with one script below `migrationsDir`. */
export async function writeMigration(options: {
  migrationsDir: string;
  name: string;
  script: string;
}): Promise<void> {
  const folder = path.join(options.migrationsDir, options.name);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "migration.sql"), options.script);
  await writeFile(path.join(options.migrationsDir, "migration_lock.toml"), LOCK_FILE);
}

async function readText(file: string): Promise<string> {
  return (await readFile(file, "utf8")).replaceAll("\r\n", "\n");
}
