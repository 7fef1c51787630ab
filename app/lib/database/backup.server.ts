import { constants, createWriteStream } from "node:fs";
import { cp, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import pg from "pg";
import { postgresFolder } from "./embedded.server.ts";
import { socketConnection, startPglite } from "./pglite.server.ts";
import { readWorld, type World, worldMarkSql } from "./world.server.ts";

const ROWS_PER_STATEMENT = 500;
export const BACKUP_MARK = "-- opinion-scope backup ";

export type BackupHeader = {
  format: 1;
  createdAt: string;
  world: World | null;
  /** Names of the migrations that make the tables which the rows belong to, oldest first. */
  migrations: string[];
};

type ForeignKey = { name: string; source: string; target: string };

/**
 * Writes every row of a database to a gzipped file of plain SQL, one statement a line, as of one moment and without stopping writers.
 * `psql` and `restoreBackup` put it into an empty database with the same tables, of either kind.
 * @param file replaced only once the backup is whole
 */
export async function writeBackup(
  connection: pg.PoolConfig,
  file: string,
): Promise<{ bytes: number }> {
  const client = new pg.Client(connection);
  // The query in progress rejects with the same error.
  client.on("error", () => {});
  await client.connect();
  const unfinished = `${file}.part`;
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    await pipeline(
      backupLines(client),
      createGzip(),
      createWriteStream(unfinished, { mode: 0o600 }),
    );
    await rename(unfinished, file);
    return { bytes: (await stat(file)).size };
  } finally {
    await rm(unfinished, { force: true });
    await client.end();
  }
}

/**
 * The same for the embedded database, where a long transaction would make everybody wait: holds it still only while its files are copied,
 * as a crash would leave them, and reads the rows from a second database on the copy.
 * @param connection of the running database, in this process or another one
 */
export async function backupEmbedded(
  connection: pg.PoolConfig,
  options: { dataDir: string; workerFile?: string },
  file: string,
): Promise<{ bytes: number }> {
  await removeLeftovers(options.dataDir);
  const folder = await mkdtemp(path.join(path.resolve(options.dataDir), "backup-"));
  try {
    const copy = path.join(folder, "postgres");
    await copyWhileStill(connection, postgresFolder(options.dataDir), copy);
    const pglite = await startPglite({ pgDataDir: copy, workerFile: options.workerFile });
    try {
      return await writeBackup(socketConnection(pglite.socketDir), file);
    } finally {
      await pglite.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyWhileStill(connection: pg.PoolConfig, from: string, to: string): Promise<void> {
  const client = new pg.Client(connection);
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query("CHECKPOINT");
    // All clients share one session: while this transaction is open nobody else's statement is run.
    await client.query("BEGIN");
    await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
    await client.query("ROLLBACK");
  } finally {
    await client.end();
  }
}

async function* backupLines(client: pg.Client): AsyncGenerator<string> {
  const header = await readHeader(client);
  const tables = await orderedTables(client);
  const foreignKeys = await readForeignKeys(client);
  const place = new Map(tables.map((table, index) => [table, index]));
  // Rows that refer to rows of their own table, or of one that comes later.
  const deferred = foreignKeys.filter(
    ({ source, target }) => (place.get(target) ?? 0) >= (place.get(source) ?? 0),
  );
  yield `${BACKUP_MARK}${JSON.stringify(header)}\nBEGIN;\nSET LOCAL TIME ZONE 'UTC';\n`;
  for (const { source, name } of deferred) {
    yield `ALTER TABLE ${source} ALTER CONSTRAINT ${name} DEFERRABLE INITIALLY DEFERRED;\n`;
  }
  for (const table of tables) yield* tableLines(client, table);
  yield "SET CONSTRAINTS ALL IMMEDIATE;\n";
  for (const { source, name } of deferred) {
    yield `ALTER TABLE ${source} ALTER CONSTRAINT ${name} NOT DEFERRABLE;\n`;
  }
  yield* sequenceLines(client);
  if (header.world) yield `${worldMarkSql(header.world)};\n`;
  yield "COMMIT;\n";
}

async function readHeader(client: pg.Client): Promise<BackupHeader> {
  const migrations = await client.query<{ migration_name: string }>(
    "SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name",
  );
  return {
    format: 1,
    createdAt: new Date().toISOString(),
    world: await readWorld(client),
    migrations: migrations.rows.map((row) => row.migration_name),
  };
}

/** Tables as quoted names, those first that others refer to. */
async function orderedTables(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname IN ('public', 'engine') AND tablename <> '_prisma_migrations' ORDER BY 1`,
  );
  const foreignKeys = await readForeignKeys(client);
  const ordered: string[] = [];
  const visited = new Set<string>();
  const visit = (table: string) => {
    if (visited.has(table)) return;
    visited.add(table);
    for (const key of foreignKeys) if (key.source === table) visit(key.target);
    ordered.push(table);
  };
  for (const row of rows) visit(row.name);
  return ordered;
}

async function readForeignKeys(client: pg.Client): Promise<ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(
    `SELECT quote_ident(k.conname) AS name,
            format('%I.%I', sn.nspname, s.relname) AS source, format('%I.%I', tn.nspname, t.relname) AS target
     FROM pg_constraint k
     JOIN pg_class s ON s.oid = k.conrelid JOIN pg_namespace sn ON sn.oid = s.relnamespace
     JOIN pg_class t ON t.oid = k.confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
     WHERE k.contype = 'f' AND sn.nspname IN ('public', 'engine') ORDER BY 1`,
  );
  return rows;
}

async function* tableLines(client: pg.Client, table: string): AsyncGenerator<string> {
  const columns = await client.query<{ name: string }>(
    `SELECT quote_ident(attname) AS name FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
    [table],
  );
  const names = columns.rows.map((row) => row.name);
  const insert = `INSERT INTO ${table} (${names.join(", ")}) VALUES `;
  const texts = names.map((name) => `${name}::text`).join(", ");
  await client.query(`DECLARE backup_rows NO SCROLL CURSOR FOR SELECT ${texts} FROM ${table}`);
  for (;;) {
    const { rows } = await client.query<(string | null)[]>({
      text: `FETCH ${ROWS_PER_STATEMENT} FROM backup_rows`,
      rowMode: "array",
    });
    if (rows.length > 0) {
      yield `${insert}${rows.map((row) => `(${row.map(literal).join(",")})`).join(",")};\n`;
    }
    if (rows.length < ROWS_PER_STATEMENT) break;
  }
  await client.query("CLOSE backup_rows");
}

/** An SQL literal without line breaks, those of Unicode included, so that a statement stays on its line however lines are split. */
function literal(value: string | null): string {
  if (value === null) return "NULL";
  if (!/['\\\n\r\u2028\u2029]/.test(value)) return `'${value}'`;
  const escaped = value
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "\\'")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
  return `E'${escaped}'`;
}

async function* sequenceLines(client: pg.Client): AsyncGenerator<string> {
  const { rows } = await client.query<{ name: string; last: string }>(
    `SELECT quote_literal(format('%I.%I', schemaname, sequencename)) AS name, last_value::text AS last FROM pg_sequences
     WHERE schemaname IN ('public', 'engine') AND last_value IS NOT NULL ORDER BY 1`,
  );
  for (const { name, last } of rows) yield `SELECT setval(${name}, ${last});\n`;
}

/** A copy takes minutes at most: what is older was left by a backup that was cut off. */
const LEFTOVER_MS = 6 * 3_600_000;

async function removeLeftovers(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith("backup-")) continue;
    const folder = path.join(dataDir, name);
    const { mtimeMs } = await stat(folder);
    if (Date.now() - mtimeMs > LEFTOVER_MS) await rm(folder, { recursive: true, force: true });
  }
}
