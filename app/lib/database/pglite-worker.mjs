// Runs PGlite in a worker thread and serves the Postgres protocol on a Unix socket. Plain JavaScript, so that it starts without a
// TypeScript loader from the source tree and from the build alike.
import { readFile } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { createNotificationScanner } from "./notification-scanner.mjs";

/**
 * @typedef {object} WorkerOptions
 * @property {string | null} dataDir folder of the Postgres files; null = in memory
 * @property {string | null} templateFile gzipped tar that a new folder is filled from
 * @property {string} socketPath
 * @property {number} maxConnections
 * @property {string} channel notifications on it are posted
 */
/** @typedef {{ type: "close" } | { type: "dump" }} Request what the main thread may post */
/**
 * @typedef {{ type: "ready" } | { type: "closed" } | { type: "dumped", bytes: Uint8Array } | { type: "notified", payload: string }
 *   | { type: "failed", message: string }} Report what this thread posts; `failed` is final
 */

/** @type {WorkerOptions} */
const options = workerData;
const port = parentPort;
if (!port) throw new Error("pglite-worker.mjs is started as a worker thread only");

/** @param {Report} report */
const post = (report) => port.postMessage(report);

/** @param {unknown} error */
function fail(error) {
  post({ type: "failed", message: error instanceof Error ? error.message : String(error) });
}

/**
 * A throw out of the protocol loop means that Postgres itself broke (SQL errors travel inside the protocol); the socket server would
 * wait for ever after one.
 * @param {PGlite} database
 */
function reportCrashes(database) {
  const run = database.execProtocolRawStream.bind(database);
  database.execProtocolRawStream = async (message, streamOptions) => {
    try {
      await run(message, streamOptions);
    } catch (error) {
      fail(error);
      throw error;
    }
  };
}

/** Client messages after which Postgres is between two queries: Sync, simple Query, CopyDone, CopyFail, Terminate. */
const LAST_OF_QUERY = new Set([..."SQcfX"].map((letter) => letter.charCodeAt(0)));

/**
 * The socket server queues single protocol messages and keeps to one client only inside a transaction, so that another client's Parse
 * could come between a Parse and its Bind, and its statement be run with the wrong parameters. An extended query that has begun counts
 * as a transaction here, which makes the server keep to its client up to the Sync.
 * @param {PGlite} database
 */
function keepQueriesWhole(database) {
  let begun = false;
  const run = database.execProtocolRawStream.bind(database);
  database.execProtocolRawStream = async (message, streamOptions) => {
    await run(message, streamOptions);
    // A startup message has no type; its first byte is 0.
    const type = message[0] ?? 0;
    begun = type !== 0 && !LAST_OF_QUERY.has(type);
  };
  const inTransaction = database.isInTransaction.bind(database);
  database.isInTransaction = () => begun || inTransaction();
}

/**
 * The one session of the database listens for all. Postgres puts a notification into the answer to whoever committed it; it is read
 * there on its way to the client.
 * @param {PGlite} database after `keepQueriesWhole`
 */
function reportNotifications(database) {
  const scanner = createNotificationScanner((channel, payload) => {
    if (channel === options.channel) post({ type: "notified", payload });
  });
  const run = database.execProtocolRawStream.bind(database);
  database.execProtocolRawStream = async (message, streamOptions) => {
    // Between two queries all has been sent, also what a client that left in the middle of one did not wait for.
    if (!database.isInTransaction()) scanner.reset();
    await run(message, {
      ...streamOptions,
      onRawData: (data) => {
        scanner.read(data);
        streamOptions.onRawData(data);
      },
    });
  };
}

async function start() {
  const template = options.templateFile
    ? new Blob([new Uint8Array(await readFile(options.templateFile))])
    : undefined;
  const database = await PGlite.create({
    extensions: { pg_trgm },
    ...(options.dataDir ? { dataDir: options.dataDir } : {}),
    ...(template ? { loadDataDir: template } : {}),
  });
  // Every socket client shares this one session, and options of its startup packet are not applied.
  await database.exec(`SET TIME ZONE 'UTC'; LISTEN "${options.channel}"`);
  reportCrashes(database);
  keepQueriesWhole(database);
  reportNotifications(database);
  const server = new PGLiteSocketServer({
    db: database,
    path: options.socketPath,
    maxConnections: options.maxConnections,
  });
  await server.start();
  return { database, server };
}

const { database, server } = await start().catch((error) => {
  fail(error);
  process.exit(1);
});

port.on("message", async (/** @type {Request} */ request) => {
  try {
    if (request.type === "dump") {
      const dump = await database.dumpDataDir("gzip");
      post({ type: "dumped", bytes: new Uint8Array(await dump.arrayBuffer()) });
      return;
    }
    await server.stop();
    await database.close();
    post({ type: "closed" });
    port.close();
  } catch (error) {
    fail(error);
    process.exit(1);
  }
});

post({ type: "ready" });
