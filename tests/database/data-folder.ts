import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { inject, onTestFinished } from "vitest";
import { type DatabaseOptions, openDatabase } from "~/lib/db.server.ts";
import { createLogger } from "~/lib/logger.server.ts";

/** A folder that is deleted when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "opinion-scope-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens the embedded database of a folder as the server does; closed when the test ends, unless that was done before. */
export async function open(dataDir: string, options: Partial<DatabaseOptions> = {}) {
  const database = await openDatabase({
    dataDir,
    world: "live",
    migrationsDir: "prisma/migrations",
    templateFile: inject("databaseTemplate"),
    logger: createLogger("silent"),
    ...options,
  });
  onTestFinished(() => database.close());
  return database;
}
