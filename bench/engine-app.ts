import { setTimeout as sleep } from "node:timers/promises";
import { Inngest, type InngestFunction } from "inngest";
import { serve } from "inngest/edge";
import { createEngine, type Engine } from "~/inngest/engine/engine.ts";
import { systemClock } from "~/lib/clock.ts";
import type { Database } from "~/lib/db.server.ts";
import { createLogger } from "~/lib/logger.server.ts";
import type { MovableTime } from "./movable-time.ts";

const ORIGIN = "http://engine.local";
const silent = { info() {}, warn() {}, error() {}, debug() {} };

export type BenchApp = {
  client: Inngest;
  engine: Engine;
  /** Milliseconds. */
  registrationTook: number;
};

/** Functions served in this process and an engine for them on emptied tables, not started yet; stopped after `work`. */
export async function withBenchApp<T>(
  options: {
    database: Database;
    functions(client: Inngest): InngestFunction.Any[];
    checkpointing?: boolean;
    time?: MovableTime;
  },
  work: (app: BenchApp) => Promise<T>,
): Promise<T> {
  const { database, time } = options;
  await emptyTables(database);
  const client = new Inngest({
    id: "bench",
    isDev: true,
    baseUrl: ORIGIN,
    fetch: (input: string | URL | Request, init?: RequestInit) => engine.fetch(input, init),
    logger: silent,
    internalLogger: silent,
    ...(options.checkpointing === false && { checkpointing: false }),
  });
  const engine: Engine = createEngine({
    pool: database.pool,
    clock: time?.clock ?? systemClock,
    wait: time?.wait,
    transport: serve({ client, functions: options.functions(client) }),
    logger: createLogger("warn"),
    exclusive: database.kind === "embedded",
  });
  const began = performance.now();
  await engine.register(`${ORIGIN}/api/inngest`);
  const registrationTook = performance.now() - began;
  try {
    return await work({ client, engine, registrationTook });
  } finally {
    await engine.stop();
  }
}

export function title(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

async function emptyTables({ pool }: Database): Promise<void> {
  const { rows } = await pool.query<{ tables: string }>(
    "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') AS tables FROM pg_tables WHERE schemaname = 'engine'",
  );
  await pool.query(`TRUNCATE ${rows[0]?.tables} RESTART IDENTITY`);
}

/** Waits until a reading is as wanted, looking often enough to measure by. */
export async function until(wanted: () => boolean | Promise<boolean>, everyMs = 5): Promise<void> {
  while (!(await wanted())) await sleep(everyMs);
}

/** Share of one core that the process uses while nothing is asked of it for `ms`; a Postgres server's own share is not in it. */
export async function idleCpu(ms: number): Promise<number> {
  const before = process.cpuUsage();
  const began = performance.now();
  await sleep(ms);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (performance.now() - began);
}
