import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import { createEngine, type Engine } from "~/inngest/engine/engine.ts";
import { systemClock } from "~/lib/clock.ts";
import { openDatabase } from "~/lib/db.server.ts";
import { createLogger } from "~/lib/logger.server.ts";
import { openEffectLog } from "./engine-effects.ts";
import { chaosFunctions } from "./engine-kinds.ts";

// An engine with its app and database in a process of its own, told by messages what to do, until it is stopped or killed.

export type ProcessOptions = {
  name: string;
  effectsFile: string;
  checkpointing: boolean;
  dataDir: string;
  databaseUrl?: string;
  templateFile?: string;
  retryIntervalMs: number;
  leaseMs: number;
};

export type Order =
  | { do: "send"; body: unknown; seed: string | null }
  | { do: "query"; sql: string }
  | { do: "stop" };
type Numbered = Order & { id: number };
export type Report =
  | { ready: true }
  | { id: number; answer: unknown }
  | { id: number; failure: string };

const ORIGIN = "http://engine.local";
const silent = { info() {}, warn() {}, error() {}, debug() {} };

const options: ProcessOptions = JSON.parse(process.argv[2] ?? "");
const database = await openDatabase({
  databaseUrl: options.databaseUrl,
  dataDir: options.dataDir,
  world: "demo",
  migrationsDir: "prisma/migrations",
  templateFile: options.templateFile,
  logger: createLogger("warn"),
});
const client = new Inngest({
  id: "chaos",
  isDev: true,
  baseUrl: ORIGIN,
  fetch: (input: string | URL | Request, init?: RequestInit) => engine.fetch(input, init),
  logger: silent,
  internalLogger: silent,
  ...(!options.checkpointing && { checkpointing: false }),
});
const functions = chaosFunctions(client, openEffectLog(options.effectsFile, options.name));
const engine: Engine = createEngine({
  pool: database.pool,
  clock: systemClock,
  transport: serve({ client, functions }),
  logger: createLogger("error"),
  retryIntervalMs: options.retryIntervalMs,
  leaseMs: options.leaseMs,
  exclusive: database.kind === "embedded",
});

async function carryOut(order: Order): Promise<unknown> {
  if (order.do === "query") return (await database.pool.query(order.sql)).rows;
  if (order.do === "stop") return engine.stop();
  const response = await engine.fetch(`${ORIGIN}/e/key`, {
    method: "POST",
    headers: order.seed ? { "x-inngest-event-id-seed": order.seed } : {},
    body: JSON.stringify(order.body),
  });
  if (!response.ok) throw new Error(`The events were refused: ${await response.text()}`);
  return response.json();
}

const report = (message: Report) => process.send?.(message);

process.on("message", ({ id, ...order }: Numbered) => {
  carryOut(order).then(
    (answer) => report({ id, answer: answer ?? null }),
    (error: Error) => report({ id, failure: String(error.stack) }),
  );
});
// The one that gives the orders is gone, or has all that it wanted.
process.on("disconnect", () => database.close().finally(() => process.exit(0)));

await engine.register(`${ORIGIN}/api/inngest`);
engine.start();
report({ ready: true });
