import { mkdirSync } from "node:fs";
import path from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { inject } from "vitest";
import { PrismaClient } from "~/generated/prisma/client.ts";
import { listenOnServer } from "~/lib/database/listen.server.ts";
import { applyMigrations, readMigrations } from "~/lib/database/migrations.server.ts";
import { socketConnection, startPglite } from "~/lib/database/pglite.server.ts";
import { postgresConnection } from "~/lib/database/postgres.server.ts";
import type { Database } from "~/lib/db.server.ts";
import { LIVE_CHANNEL } from "~/lib/live-topics.ts";
import { createLogger } from "~/lib/logger.server.ts";

export type TestDatabase = {
  db: PrismaClient;
  /** For what does not go through Prisma. */
  pool: pg.Pool;
  /** How to open further connections. */
  connection: pg.PoolConfig;
  /** Empties every table and starts its ids at 1 again (~20 ms). */
  reset(): Promise<void>;
  /** As `listen` of an opened database. */
  listen: Database["listen"];
};

const CACHE = Symbol.for("opinion-scope.test-database");

/**
 * The database of this test worker, migrated, made at the first call and shared by every file the worker runs; call `reset()` before
 * each test. In memory, or on the Postgres server that TEST_DATABASE_URL names (its user must be allowed to create databases).
 */
export function testDatabase(): Promise<TestDatabase> {
  const cache = globalThis as { [CACHE]?: Promise<TestDatabase> };
  cache[CACHE] ??= create();
  return cache[CACHE];
}

async function create(): Promise<TestDatabase> {
  const url = process.env.TEST_DATABASE_URL;
  const { connection, listen } = url ? await createOnServer(url) : await createInMemory();
  const pool = new pg.Pool({ ...connection, max: 5, allowExitOnIdle: true });
  const db = new PrismaClient({
    adapter: new PrismaPg(new pg.Pool({ ...connection, max: 10, allowExitOnIdle: true })),
  });
  const tables = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname IN ('public', 'engine') AND tablename <> '_prisma_migrations'`,
  );
  const truncate = `TRUNCATE ${tables.rows.map((row) => row.name).join(", ")} RESTART IDENTITY CASCADE`;
  return {
    db,
    pool,
    connection,
    reset: async () => {
      await pool.query(truncate);
    },
    listen,
  };
}

async function createInMemory(): Promise<Pick<TestDatabase, "connection" | "listen">> {
  const socketDir = path.join(inject("databaseSockets"), String(process.pid));
  mkdirSync(socketDir);
  const pglite = await startPglite({ templateFile: inject("databaseTemplate"), socketDir });
  return {
    connection: socketConnection(pglite.socketDir),
    listen: ({ notified }) => {
      const end = pglite.listen(notified);
      return async () => end();
    },
  };
}

async function createOnServer(url: string): Promise<Pick<TestDatabase, "connection" | "listen">> {
  const name = `opinion_scope_test_${process.env.VITEST_POOL_ID ?? "1"}`;
  const admin = new pg.Client(postgresConnection(url));
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const target = new URL(url);
  target.pathname = `/${name}`;
  const connection = postgresConnection(target.href);
  await applyMigrations(connection, await readMigrations("prisma/migrations"));
  const logger = createLogger("silent");
  return {
    connection,
    listen: (listener) => listenOnServer(connection, LIVE_CHANNEL, listener, logger),
  };
}
