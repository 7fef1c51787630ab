import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { AppServices } from "~/context.ts";
import { storePage } from "~/features/trades/store-page.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { systemClock } from "~/lib/clock.ts";
import type { Database } from "~/lib/db.server.ts";
import { parseEnv } from "~/lib/env.server.ts";
import { announcement, createLive } from "~/lib/live.server.ts";
import { createLogger } from "~/lib/logger.server.ts";
import type { createApp } from "~/server/app.ts";
import { buildIfChanged } from "../app/server/build.mjs";
import { makeStream, makeTrades } from "./ingest.ts";
import { percentile, print, withScratchDatabase } from "./scratch-database.ts";

const CLIENTS = 200;
const ROUNDS = 100;
const WARM_UP_ROUNDS = 20;
/** Longer than the throttle: the next change is told at once. */
const QUIET_MS = 200;
const BAR_MS = 300;

/**
 * How long a page of 20 trades takes from before its commit to each of 200 open pages, over HTTP on loopback: alone, and where other
 * changes have just been told (design: "Bars").
 */
export async function live(): Promise<void> {
  const root = process.cwd();
  await buildIfChanged(root);
  const entry = await import(pathToFileURL(path.join(root, "build/server/index.js")).href);
  await withScratchDatabase(async (database) => {
    const server = await serve(database, entry);
    const query = "topics=trades,markets,whales,syncs";
    const clients = fork("bench/live-clients.mjs", [
      JSON.stringify({ url: `${server.url}/live?${query}`, clients: CLIENTS }),
    ]);
    try {
      await once(clients, "message");
      process.stdout.write(`database: ${database.kind}, ${CLIENTS} clients\n`);
      await measure(database.db, clients, { rounds: WARM_UP_ROUNDS, busy: true });
      const alone = await measure(database.db, clients, { rounds: ROUNDS, busy: false });
      const busy = await measure(database.db, clients, { rounds: ROUNDS, busy: true });
      report("a trade alone", alone);
      report("a trade amid other changes", busy);
      print("memory of database and server", process.memoryUsage().rss / 2 ** 20, "MB");
      if (Math.max(...alone, ...busy) > BAR_MS) {
        process.stdout.write(`A trade took longer than ${BAR_MS} ms to a page.\n`);
        process.exitCode = 1;
      }
    } finally {
      clients.kill();
      await server.close();
    }
  });
}

/** The built app with a database whose writes are made here. */
async function serve(
  database: Database,
  entry: { createApp: typeof createApp; build: Parameters<typeof createApp>[0]["build"] },
) {
  const hub = createLive();
  const stopListening = database.listen({ notified: hub.changed, interrupted: hub.allChanged });
  const env = parseEnv({ LOG_LEVEL: "warn" }, "live");
  const services = { env, live: hub, clock: systemClock, logger: createLogger("warn") };
  const app = entry.createApp({
    services: services as AppServices,
    build: entry.build,
    mode: "production",
    clientDir: null,
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      hub.close();
      server.close();
      await stopListening();
    },
  };
}

/** @returns milliseconds, one for each round and client */
async function measure(
  db: PrismaClient,
  clients: ChildProcess,
  { rounds, busy }: { rounds: number; busy: boolean },
) {
  const stream = await makeStream(db);
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await pause(QUIET_MS);
    const waiting = once(clients, "message");
    // Amid others the change before it is one event, told at once, and the trade's own is the next.
    clients.send(busy ? 2 : 1);
    await waiting;
    const arrived = once(clients, "message");
    if (busy) {
      await announcement(db, "syncs");
      await pause(Math.random() * 100);
    }
    const trades = makeTrades(stream.wallet, 20);
    const startedAt = Number(process.hrtime.bigint()) / 1e6;
    await storePage(db, stream, { trades, bad: [], progress: NOTHING, joined: null }, new Date());
    const [arrivals] = (await arrived) as [number[]];
    took.push(...arrivals.map((at) => at - startedAt));
  }
  return took;
}

const NOTHING = { watermark: null, covered: [], rereadUntil: null, completeSince: null };

function report(name: string, took: number[]) {
  print(`${name}: median`, percentile(took, 0.5), "ms", 1);
  print(`${name}: p99`, percentile(took, 0.99), "ms", 1);
  print(`${name}: longest`, Math.max(...took), "ms", 1);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
