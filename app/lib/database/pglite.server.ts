import { mkdtempSync, rmSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Worker } from "node:worker_threads";
import type pg from "pg";
import { LIVE_CHANNEL } from "~/lib/live-topics.ts";
import { type AppError, createError } from "~/reliability/errors.ts";

/** libpq's naming: a client given the folder as `host` and this port finds the socket. */
const SOCKET_PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${SOCKET_PORT}`;
/** The kernel cuts socket paths off at 107 bytes on Linux and 103 on macOS. */
const LONGEST_SOCKET_PATH = 100;
const MAX_CONNECTIONS = 64;

export type PgliteOptions = {
  /** Folder of the Postgres files; without it the database lives in memory. */
  pgDataDir?: string;
  /** Where the socket should lie; a short private folder is made when this is left out or too long. */
  socketDir?: string;
  /** Gzipped dump that a new folder is filled from. */
  templateFile?: string;
  /** The worker's file; default: where it lies in the project that is the current working directory. */
  workerFile?: string;
  /** Called once when the database breaks after it was ready. */
  onFailure?: (error: AppError) => void;
};

export type Pglite = {
  /** For `socketConnection`. */
  socketDir: string;
  /** The whole database as a gzipped tar that `templateFile` takes. Blocks every client meanwhile. */
  dump(): Promise<Uint8Array>;
  /**
   * Calls `notified` with the payload of every notification on the channel of live changes, whoever sent it.
   * @returns ends it
   */
  listen(notified: (payload: string) => void): () => void;
  /** Ends the connections, writes everything out and stops the thread. */
  close(): Promise<void>;
};

type Report =
  | { type: "ready" }
  | { type: "closed" }
  | { type: "dumped"; bytes: Uint8Array }
  | { type: "notified"; payload: string }
  | { type: "failed"; message: string };

/** How a Postgres client reaches the database whose socket lies in a folder. */
export function socketConnection(socketDir: string): pg.PoolConfig {
  return { host: socketDir, port: SOCKET_PORT, user: "postgres", database: "postgres" };
}

/**
 * Starts PGlite in a worker thread that serves the Postgres protocol on a Unix socket.
 * @throws {AppError} SERVICE_UNAVAILABLE when it does not start
 */
export async function startPglite(options: PgliteOptions): Promise<Pglite> {
  const socket = chooseSocketDir(options.socketDir);
  const socketPath = path.join(socket.dir, SOCKET_NAME);
  // Left behind by a process that was killed.
  await rm(socketPath, { force: true });
  const worker = new Worker(
    options.workerFile ?? path.resolve("app/lib/database/pglite-worker.mjs"),
    {
      name: "pglite",
      workerData: {
        dataDir: options.pgDataDir ?? null,
        templateFile: options.templateFile ?? null,
        socketPath,
        maxConnections: MAX_CONNECTIONS,
        channel: LIVE_CHANNEL,
      },
    },
  );
  const reports = readReports(worker);
  const removeSocket = () => {
    rmSync(socketPath, { force: true });
    if (socket.temporary) rmSync(socket.dir, { recursive: true, force: true });
  };
  process.once("exit", removeSocket);
  const stop = async () => {
    await worker.terminate();
    process.off("exit", removeSocket);
    removeSocket();
  };
  try {
    await reports.next("ready");
    await chmod(socketPath, 0o600);
  } catch (error) {
    await stop();
    throw error;
  }
  reports.onFailure((error) => {
    // Ends the connections, so that callers get an error instead of waiting.
    void worker.terminate();
    options.onFailure?.(error);
  });
  return {
    socketDir: socket.dir,
    dump: async () => {
      worker.postMessage({ type: "dump" });
      return (await reports.next("dumped")).bytes;
    },
    listen: reports.listen,
    close: async () => {
      try {
        if (reports.failure()) return;
        worker.postMessage({ type: "close" });
        await reports.next("closed");
      } finally {
        await stop();
      }
    },
  };
}

function chooseSocketDir(wanted: string | undefined): { dir: string; temporary: boolean } {
  if (wanted) {
    const dir = path.resolve(wanted);
    if (Buffer.byteLength(path.join(dir, SOCKET_NAME)) <= LONGEST_SOCKET_PATH) {
      return { dir, temporary: false };
    }
  }
  // mkdtemp makes the folder with mode 0700.
  return { dir: mkdtempSync(path.join(os.tmpdir(), "opinion-scope-")), temporary: true };
}

/** Turns the worker's messages into promises; a failure rejects what waits and everything after it. */
function readReports(worker: Worker) {
  let failure: AppError | undefined;
  let onFailure: ((error: AppError) => void) | undefined;
  const waiting = new Map<
    Report["type"],
    { resolve: (report: Report) => void; reject: (error: AppError) => void }
  >();
  const fail = (message: string) => {
    if (failure) return;
    failure = createError("SERVICE_UNAVAILABLE", `The embedded database stopped: ${message}`);
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
    onFailure?.(failure);
  };
  const listeners = new Set<(payload: string) => void>();
  let closed = false;
  worker.on("message", (report: Report) => {
    if (report.type === "failed") return fail(report.message);
    if (report.type === "notified") {
      for (const notified of listeners) notified(report.payload);
      return;
    }
    if (report.type === "closed") closed = true;
    waiting.get(report.type)?.resolve(report);
    waiting.delete(report.type);
  });
  worker.on("error", (error) => fail(error.message));
  worker.on("exit", (code) => {
    if (!closed) fail(`its thread ended with code ${code}`);
  });
  return {
    next<Type extends Report["type"]>(type: Type): Promise<Extract<Report, { type: Type }>> {
      if (failure) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        waiting.set(type, { resolve: resolve as (report: Report) => void, reject });
      });
    },
    failure: () => failure,
    listen(notified: (payload: string) => void) {
      listeners.add(notified);
      return () => void listeners.delete(notified);
    },
    onFailure(listener: (error: AppError) => void) {
      onFailure = listener;
    },
  };
}
