import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type Database, openDatabase } from "~/lib/db.server.ts";
import { createLogger } from "~/lib/logger.server.ts";

/** Runs `work` on an empty, migrated database: embedded in a folder that is removed after it, or the Postgres of BENCH_DATABASE_URL. */
export async function withScratchDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), "opinion-scope-bench-"));
  const database = await openDatabase({
    databaseUrl: process.env.BENCH_DATABASE_URL,
    dataDir,
    world: "demo",
    migrationsDir: path.resolve("prisma/migrations"),
    templateFile: path.resolve(".cache/database/template.tar.gz"),
    logger: createLogger("warn"),
  });
  try {
    await database.pool.query("TRUNCATE market, whale, trade, stream_state CASCADE");
    return await work(database);
  } finally {
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** One line of the report. */
export function print(name: string, value: number, unit: string, digits = 0): void {
  const figure = value.toLocaleString("en", {
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  });
  process.stdout.write(`${name.padEnd(48)} ${figure.padStart(10)} ${unit}\n`);
}

/** The value below which `share` (0 to 1) of the samples lie. */
export function percentile(samples: number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
