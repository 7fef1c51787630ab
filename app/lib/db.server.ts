import path from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import type { MigrationList } from "@prisma/schema-engine-wasm";
import pg from "pg";
import { PrismaClient } from "~/generated/prisma/client.ts";
import { startAutovacuum } from "~/lib/database/autovacuum.server.ts";
import { backupEmbedded, writeBackup } from "~/lib/database/backup.server.ts";
import { startCheckpoints } from "~/lib/database/checkpoint.server.ts";
import { openEmbedded } from "~/lib/database/embedded.server.ts";
import { listenOnServer, type NotificationListener } from "~/lib/database/listen.server.ts";
import { applyMigrations, readMigrations } from "~/lib/database/migrations.server.ts";
import { checkPostgres, postgresConnection } from "~/lib/database/postgres.server.ts";
import { createSlowQueryLog, timeQueries } from "~/lib/database/slow-queries.server.ts";
import { markWorld, refuseOtherWorld, type World } from "~/lib/database/world.server.ts";
import { LIVE_CHANNEL } from "~/lib/live-topics.ts";
import type { Logger } from "~/lib/logger.server.ts";
import { within } from "~/lib/within.ts";
import { AppError, createError } from "~/reliability/errors.ts";

const PRISMA_CONNECTIONS = 10;
const ENGINE_CONNECTIONS = 5;
const HEALTH_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** Postgres servers only: PGlite cannot interrupt a statement. */
const SERVER_SETTINGS = {
  statement_timeout: 60_000,
  lock_timeout: 30_000,
  idle_in_transaction_session_timeout: 60_000,
};
/** The embedded database lets one transaction in at a time, so waiting for the turn is no fault. */
const TRANSACTION_OPTIONS = { maxWait: 10_000, timeout: 30_000 };

export type DatabaseOptions = {
  /** A Postgres server; without it the embedded database in `dataDir` is used. */
  databaseUrl?: string;
  dataDir: string;
  world: World;
  migrationsDir: string;
  /** Dump that a new data folder starts from, when it exists and fits the migrations. */
  templateFile?: string;
  /** The embedded database's worker; default: where it lies in the project that is the current working directory. */
  workerFile?: string;
  logger: Logger;
  /** Called when the embedded database's thread has died: no query can succeed any more. */
  onFailure?: (error: AppError) => void;
  /** Queries that take so long are logged, without their parameters; 0 or left out = none. */
  slowQueryMs?: number;
  /** Called for each of them with its pool's name. */
  onSlowQuery?: (pool: string) => void;
};

export type Database = {
  db: PrismaClient;
  /** For the job engine: connections of its own, so that pages and jobs do not take them from it. */
  pool: pg.Pool;
  kind: "embedded" | "postgres";
  /** Connections by pool, and queries that wait for one. */
  pools(): Record<"pages" | "engine", { total: number; idle: number; waiting: number }>;
  /** Names of the migrations that this start applied. */
  applied: string[];
  /**
   * Tells of every committed change that was announced (`announce` of live.server.ts).
   * @returns ends it, to be called before `close`
   */
  listen(listener: NotificationListener): () => Promise<void>;
  /** Ends the connections, writes everything out and frees the folder. May be called more than once. */
  close(): Promise<void>;
  /** Writes everything to a gzipped SQL file while the database is in use. */
  backup(file: string): Promise<{ bytes: number }>;
  /** Rejects when the database does not answer. */
  health(): Promise<void>;
};

/** A database that is open, before anything is done with it. */
type Source = {
  kind: Database["kind"];
  /** The database in words, for messages. */
  name: string;
  /** For migrations and backups, which may take long. */
  unlimited: pg.PoolConfig;
  /** For the application. */
  connection: pg.PoolConfig;
  listen: Database["listen"];
  complete(): Promise<void>;
  close(): Promise<void>;
  backup(file: string): Promise<{ bytes: number }>;
  failure(): AppError | undefined;
};

/**
 * Opens the database: locks and makes the folder or checks the server, refuses the other world, applies pending migrations.
 * @throws {AppError} INVALID_CONFIG or SERVICE_UNAVAILABLE; its message says what is wrong and what to do, and can be printed alone
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const migrations = await readMigrations(options.migrationsDir);
  const source = options.databaseUrl
    ? await openServer(options.databaseUrl, options.logger)
    : await openFolder(options, migrations);
  try {
    const applied = await prepare(source, migrations, options.world);
    return connectClients(source, applied, options);
  } catch (error) {
    const failure = source.failure();
    await source.close();
    if (failure || error instanceof AppError) throw failure ?? error;
    const reason = error instanceof Error ? error.message : String(error);
    throw createError("SERVICE_UNAVAILABLE", `${source.name} could not be opened: ${reason}`, {
      cause: error,
    });
  }
}

async function openServer(databaseUrl: string, logger: Logger): Promise<Source> {
  await checkPostgres(databaseUrl);
  const unlimited = postgresConnection(databaseUrl);
  return {
    kind: "postgres",
    name: "The database of DATABASE_URL",
    unlimited,
    connection: postgresConnection(databaseUrl, SERVER_SETTINGS),
    listen: (listener) => listenOnServer(unlimited, LIVE_CHANNEL, listener, logger),
    complete: async () => {},
    close: async () => {},
    backup: (file) => writeBackup(unlimited, file),
    failure: () => undefined,
  };
}

async function openFolder(options: DatabaseOptions, migrations: MigrationList): Promise<Source> {
  let failure: AppError | undefined;
  const embedded = await openEmbedded({
    ...options,
    migrations,
    onFailure: (error) => {
      failure = error;
      options.logger.error({ error: error.message }, "embedded database stopped");
      options.onFailure?.(error);
    },
  });
  return {
    kind: "embedded",
    name: `The data folder ${path.resolve(options.dataDir)}`,
    unlimited: embedded.connection,
    connection: embedded.connection,
    listen: ({ notified }) => {
      const end = embedded.listen(notified);
      return async () => end();
    },
    complete: embedded.complete,
    close: embedded.close,
    backup: (file) => backupEmbedded(embedded.connection, options, file),
    failure: () => failure,
  };
}

async function prepare(source: Source, migrations: MigrationList, world: World) {
  const client = new pg.Client(source.unlimited);
  client.on("error", () => {});
  await client.connect();
  try {
    await refuseOtherWorld(client, world, source.name);
    const applied = await applyMigrations(source.unlimited, migrations);
    await markWorld(client, world);
    await source.complete();
    return applied;
  } finally {
    await client.end();
  }
}

function connectClients(source: Source, applied: string[], options: DatabaseOptions): Database {
  const { logger } = options;
  const logSlowQuery = createSlowQueryLog(logger);
  const openPool = (name: string, max: number) => {
    const pool = new pg.Pool({ ...source.connection, max, idleTimeoutMillis: 60_000 });
    timeQueries(pool, (text, durationMs) => {
      if (!options.slowQueryMs || durationMs < options.slowQueryMs) return;
      options.onSlowQuery?.(name);
      logSlowQuery({ pool: name, text, durationMs });
    });
    // A lost idle connection is replaced at the next use.
    pool.on("error", (error) => logger.warn({ error: error.message }, "database connection lost"));
    return pool;
  };
  const pool = openPool("engine", ENGINE_CONNECTIONS);
  const prismaPool = openPool("pages", PRISMA_CONNECTIONS);
  const db = new PrismaClient({
    adapter: new PrismaPg(prismaPool),
    transactionOptions: TRANSACTION_OPTIONS,
  });
  const housekeeping = source.kind === "embedded" ? keepHouse(pool, logger) : [];
  const close = async () => {
    for (const stop of housekeeping) stop();
    await db.$disconnect();
    // A query that never ends must not keep the process from ending.
    const ended = Promise.all([pool.end(), prismaPool.end()]);
    await Promise.race([ended, pause(CLOSE_TIMEOUT_MS)]);
    await source.close();
  };
  let closing: Promise<void> | undefined;
  return {
    db,
    pool,
    kind: source.kind,
    pools: () => ({ pages: stateOf(prismaPool), engine: stateOf(pool) }),
    applied,
    backup: source.backup,
    listen: source.listen,
    close: () => {
      closing ??= close();
      return closing;
    },
    health: () => checkHealth(source, pool),
  };
}

/** What a Postgres server does in processes of its own. */
function keepHouse(pool: pg.Pool, logger: Logger): (() => void)[] {
  const warn = (message: string) => (error: unknown) =>
    logger.warn({ error: String(error) }, message);
  return [
    startCheckpoints(pool, warn("checkpoint failed")),
    startAutovacuum(pool, warn("vacuum failed")),
  ];
}

function stateOf(pool: pg.Pool) {
  return { total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount };
}

async function checkHealth(source: Source, pool: pg.Pool): Promise<void> {
  const failure = source.failure();
  if (failure) throw failure;
  const answer = pool.query("SELECT 1").catch((error: Error) => {
    throw createError("SERVICE_UNAVAILABLE", `The database fails: ${error.message}`, {
      cause: error,
    });
  });
  await within(HEALTH_TIMEOUT_MS, answer, "The database");
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
