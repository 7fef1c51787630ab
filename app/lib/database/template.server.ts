import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { MigrationList } from "@prisma/schema-engine-wasm";
import { applyMigrations, migrationsHash } from "./migrations.server.ts";
import { socketConnection, startPglite } from "./pglite.server.ts";

/** What a template depends on: the migrations and the version of PGlite, whose files it holds. */
export async function templateHash(migrations: MigrationList): Promise<string> {
  const manifest = await readFile("node_modules/@electric-sql/pglite/package.json", "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  return createHash("sha256")
    .update(`${version}\n${migrationsHash(migrations)}`)
    .digest("hex");
}

/**
 * Writes a gzipped dump of a migrated, empty database to `file`, and beside it (`.hash`) what it was made from. Does nothing when a
 * matching one is there.
 * @returns whether it was written now
 */
export async function writeTemplate(options: {
  file: string;
  migrations: MigrationList;
  workerFile?: string;
}): Promise<boolean> {
  if (await templateMatches(options.file, options.migrations)) return false;
  const pglite = await startPglite({ workerFile: options.workerFile });
  let dump: Uint8Array;
  try {
    await applyMigrations(socketConnection(pglite.socketDir), options.migrations);
    dump = await pglite.dump();
  } finally {
    await pglite.close();
  }
  await mkdir(path.dirname(options.file), { recursive: true });
  // Renamed into place: a reader sees the old file or the new one, and the hash only beside a whole file.
  const unfinished = `${options.file}.${process.pid}`;
  await writeFile(unfinished, dump);
  await rename(unfinished, options.file);
  await writeFile(`${options.file}.hash`, await templateHash(options.migrations));
  return true;
}

/** True when `file` exists and was made from these migrations by the PGlite in use. */
export async function templateMatches(file: string, migrations: MigrationList): Promise<boolean> {
  if (!existsSync(file) || !existsSync(`${file}.hash`)) return false;
  return (await readFile(`${file}.hash`, "utf8")) === (await templateHash(migrations));
}
