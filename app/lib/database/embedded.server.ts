import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { MigrationList } from "@prisma/schema-engine-wasm";
import type pg from "pg";
import { type AppError, createError } from "~/reliability/errors.ts";
import { type FolderLock, lockFolder } from "./folder-lock.server.ts";
import { type Pglite, socketConnection, startPglite } from "./pglite.server.ts";
import { templateMatches } from "./template.server.ts";

export type EmbeddedDatabase = {
  connection: pg.PoolConfig;
  /** To be called once the database is migrated; one that never was is made anew at the next start. */
  complete(): Promise<void>;
  listen: Pglite["listen"];
  close(): Promise<void>;
};

/** Where the Postgres files of a data folder lie. */
export function postgresFolder(dataDir: string): string {
  return path.join(path.resolve(dataDir), "postgres");
}

/**
 * Locks a data folder, makes the database in it when there is none, and opens it.
 * @param options.templateFile dump to make a new database from (1 s instead of 3 to 6); ignored when it does not fit the migrations
 * @throws {AppError} INVALID_CONFIG when another process has the folder, SERVICE_UNAVAILABLE when it does not open
 */
export async function openEmbedded(options: {
  dataDir: string;
  migrations: MigrationList;
  templateFile?: string;
  workerFile?: string;
  onFailure: (error: AppError) => void;
}): Promise<EmbeddedDatabase> {
  const dataDir = path.resolve(options.dataDir);
  await makePrivateFolder(dataDir);
  const lock = lockFolder(dataDir);
  try {
    const unfinishedMark = path.join(dataDir, "unfinished");
    const pglite = await openFolder(dataDir, unfinishedMark, options);
    lock.publishSocket(pglite.socketDir);
    return {
      connection: socketConnection(pglite.socketDir),
      complete: () => rm(unfinishedMark, { force: true }),
      listen: pglite.listen,
      close: () => closeAll(pglite, lock),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openFolder(
  dataDir: string,
  unfinishedMark: string,
  options: Parameters<typeof openEmbedded>[0],
): Promise<Pglite> {
  const pgDataDir = postgresFolder(dataDir);
  // The making of it was interrupted: nothing was ever stored in it.
  if (existsSync(unfinishedMark)) await rm(pgDataDir, { recursive: true, force: true });
  const isNew = !existsSync(pgDataDir);
  if (isNew) await writeFile(unfinishedMark, "");
  const useTemplate =
    isNew &&
    options.templateFile &&
    (await templateMatches(options.templateFile, options.migrations));
  try {
    return await startPglite({
      pgDataDir,
      socketDir: dataDir,
      templateFile: useTemplate ? options.templateFile : undefined,
      workerFile: options.workerFile,
      onFailure: options.onFailure,
    });
  } catch (error) {
    throw createError(
      "SERVICE_UNAVAILABLE",
      `The database in ${dataDir} does not open. ${error instanceof Error ? error.message : String(error)}. If the folder was made by another version, start that one and run "npm run db:backup"; otherwise restore a backup into a new DATA_DIR.`,
      { cause: error },
    );
  }
}

async function makePrivateFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw createError(
      "INVALID_CONFIG",
      `The data folder ${dataDir} cannot be made: ${(error as Error).message}. Set DATA_DIR to a folder that this user may write to.`,
      { cause: error },
    );
  }
}

async function closeAll(pglite: Pglite, lock: FolderLock): Promise<void> {
  try {
    await pglite.close();
  } finally {
    lock.release();
  }
}
