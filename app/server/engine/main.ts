import path from "node:path";
import { fileURLToPath } from "node:url";
import { createEngine } from "~/inngest/engine/engine.ts";
import type { Engine } from "~/inngest/engine/types.ts";
import { systemClock } from "~/lib/clock.ts";
import { AppError } from "~/reliability/errors.ts";
import { followApps } from "./apps.ts";
import { type EngineArguments, parseEngineArguments, USAGE, UsageError } from "./arguments.ts";
import { type EngineDatabase, openEngineDatabase } from "./database.ts";
import { createLineLogger } from "./line-logger.ts";
import { ListenError, type Listener, startListener } from "./listener.ts";
import { callApp } from "./transport.ts";

/** `npm run engine`: the embedded engine alone, as an offline development server for any Inngest app. */

/** How long running calls may go on after a stop was asked for. */
const STOP_GRACE_MS = 5_000;
/** One Ctrl-C arrives twice: from the terminal, and from npm, which passes it on. */
const SAME_SIGNAL_MS = 500;

// The Inngest SDK copies the environment several times a call; a plain object is copied ten times as fast as the process's own.
process.env = { ...process.env };

type Running = {
  listener: Listener;
  database: EngineDatabase;
  engine: Engine;
  unfollow: () => void;
};

const logger = createLineLogger((line) => process.stdout.write(line));

function fail(error: unknown): never {
  const expected = [UsageError, ListenError, AppError].some((known) => error instanceof known);
  const text = error instanceof Error ? (expected ? error.message : error.stack) : String(error);
  // The database's messages speak of the server's variable.
  process.stderr.write(`\n${text?.replaceAll("DATA_DIR", "--data")}\n\n`);
  process.exit(1);
}

async function start(options: EngineArguments): Promise<Running> {
  const listener = await startListener(options);
  const database = await openEngineDatabase({ ...options, logger, onFailure: fail });
  const engine = createEngine({
    pool: database.pool,
    clock: systemClock,
    transport: callApp,
    logger,
    retryIntervalMs: options.retryIntervalMs,
    exclusive: true,
  });
  await engine.restore();
  engine.start();
  listener.serve(engine.fetch);
  const unfollow = followApps({ urls: options.apps, engine, transport: callApp, logger });
  return { listener, database, engine, unfollow };
}

/** Running calls post to the engine until they end, so it listens as long as they run. */
async function stop({ listener, database, engine, unfollow }: Running): Promise<void> {
  unfollow();
  await engine.stop({ graceMs: STOP_GRACE_MS });
  await listener.close();
  await database.close();
}

/** A first SIGTERM or SIGINT stops in order, a second one at once. */
function stopOnSignal(started: Promise<Running>): void {
  let stoppingSince: number | null = null;
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => {
      if (stoppingSince === null) {
        stoppingSince = performance.now();
        process.stdout.write(`\nStopping; running calls have ${STOP_GRACE_MS / 1000} s to end.\n`);
        started.then(stop).then(() => process.exit(0), fail);
      } else if (performance.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(1);
    });
  }
}

function announce(url: string, { apps, dataDir }: EngineArguments, tookMs: number): void {
  const next =
    apps.length > 0
      ? `Apps are registered as soon as they answer: ${apps.join(", ")}`
      : `Start your app with INNGEST_DEV=${url} and register it: curl -X PUT http://localhost:3000/api/inngest`;
  const kept = dataDir
    ? `What is queued and running survives a restart, in ${dataDir}.`
    : "Events and runs are gone when it ends; --data DIR keeps them.";
  process.stdout.write(
    `\nThe engine is ready after ${(tookMs / 1000).toFixed(1)} s: ${url}/\n${next}\n${kept}\n\n`,
  );
}

async function main(): Promise<void> {
  const startedAt = performance.now();
  const argv = process.argv.slice(2);
  if (argv.some((word) => word === "--help" || word === "-h")) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const options = parseEngineArguments(argv, process.cwd());
  // The migrations and the database's worker are found from there.
  process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../.."));
  const started = start(options);
  stopOnSignal(started);
  const { listener } = await started;
  announce(listener.url, options, performance.now() - startedAt);
}

main().catch(fail);
