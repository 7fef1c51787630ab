import { existsSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import type { EngineLogger } from "~/inngest/engine/types.ts";
import { startAutovacuum } from "~/lib/database/autovacuum.server.ts";
import { startCheckpoints } from "~/lib/database/checkpoint.server.ts";
import { openEmbedded, postgresFolder } from "~/lib/database/embedded.server.ts";
import { applyMigrations, readMigrations } from "~/lib/database/migrations.server.ts";
import { writeTemplate } from "~/lib/database/template.server.ts";

const MIGRATIONS_DIR = "prisma/migrations";
/** The same one that a build makes. */
const TEMPLATE_FILE = ".cache/database/template.tar.gz";
const CONNECTIONS = 5;

export type EngineDatabase = {
  pool: pg.Pool;
  close(): Promise<void>;
};

/**
 * Opens the engine's own embedded database: below `dataDir`, apart from whatever else is in that folder, or in a temporary folder that is
 * removed at the end of the process.
 * @throws {AppError} with a message fit to be printed alone
 */
export async function openEngineDatabase(options: {
  dataDir: string | null;
  logger: EngineLogger;
  onFailure: (error: Error) => void;
}): Promise<EngineDatabase> {
  const { logger, onFailure } = options;
  const temporary = options.dataDir
    ? null
    : await mkdtemp(path.join(os.tmpdir(), "opinion-scope-engine-"));
  const remove = () => {
    if (temporary) rmSync(temporary, { recursive: true, force: true });
  };
  process.once("exit", remove);
  // A folder of its own: an app's database in the same data folder is another one.
  const dataDir = temporary ?? path.join(options.dataDir ?? "", "engine");
  const migrations = await readMigrations(MIGRATIONS_DIR);
  const isNew = !existsSync(postgresFolder(dataDir));
  if (isNew) await writeTemplate({ file: TEMPLATE_FILE, migrations });
  const embedded = await openEmbedded({
    dataDir,
    migrations,
    templateFile: TEMPLATE_FILE,
    onFailure,
  });
  try {
    await applyMigrations(embedded.connection, migrations);
    await embedded.complete();
  } catch (error) {
    await embedded.close();
    throw error;
  }
  const pool = new pg.Pool({ ...embedded.connection, max: CONNECTIONS });
  const warn = (message: string) => (error: unknown) => logger.warn({ err: error }, message);
  pool.on("error", warn("A database connection was lost"));
  const housekeeping = [
    startCheckpoints(pool, warn("A checkpoint failed")),
    startAutovacuum(pool, warn("A vacuum failed")),
  ];
  return {
    pool,
    async close() {
      for (const stop of housekeeping) stop();
      await pool.end();
      await embedded.close();
      remove();
    },
  };
}
