import { serve } from "inngest/remix";
import type { Pool } from "pg";
import type { Channel } from "~/channels/channel.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { type AppInngest, createInngest, type JobDeps } from "~/inngest/client.ts";
import { createEngine, type Engine } from "~/inngest/engine/engine.ts";
import type { EngineOptions } from "~/inngest/engine/types.ts";
import { createFunctions } from "~/inngest/functions/index.ts";
import { type Clock, systemClock } from "~/lib/clock.ts";
import { type Env, parseEnv } from "~/lib/env.server.ts";
import { createLogger, type Logger } from "~/lib/logger.server.ts";
import { createMetrics } from "~/lib/metrics.server.ts";
import type { Elapsed } from "~/reliability/pacer.server.ts";
import { createRedactor } from "~/reliability/redaction.ts";
import type { Preset } from "~/reliability/retry.server.ts";
import { createVenues } from "~/venues/index.ts";
import type { Venue } from "~/venues/venue.ts";
import type { VirtualTime } from "./conformance/virtual-time.ts";

const ORIGIN = "http://engine.local";

export type Jobs = {
  engine: Engine;
  venues: Venue[];
  deps: JobDeps;
  inngest: AppInngest;
  /** Sends an event and waits until nothing is due any more (what waits in backoff is left waiting). */
  run(name: string, data: Record<string, unknown>): Promise<void>;
  /** As `run`, with the event's own id. */
  send(event: { name: string; data: Record<string, unknown>; id?: string }): Promise<void>;
  /** Answers a call as the web server would, for what an Inngest server calls. */
  serve(request: Request): Promise<Response>;
  stop(): Promise<void>;
};

/** The app's jobs on the embedded engine, without a web server: the real functions, venues and database. */
export async function createJobs(options: {
  db: PrismaClient;
  pool: Pool;
  env?: Partial<Env>;
  clock?: Clock;
  fetch?: typeof fetch;
  logger?: Logger;
  channels?: Channel[];
  /** How a hiccup is tried again inside a step. */
  retry?: Preset;
  /** Fixed time before a failed step is tried again. */
  retryIntervalMs?: number;
  /** What the engine, and the venues' pacers, wait by; default: real time. */
  wait?: EngineOptions["wait"];
  elapsed?: Elapsed;
  /** Stands around every call of a function. */
  busy?: VirtualTime["busy"];
}): Promise<Jobs> {
  const { db, pool, clock = systemClock, busy = (call) => call() } = options;
  const env: Env = { ...parseEnv({}, "live"), ...options.env };
  const logger = options.logger ?? createLogger("silent");
  const venues = createVenues(env, {
    clock,
    logger,
    fetch: options.fetch,
    retry: options.retry,
    elapsed: options.elapsed,
  });
  const redact = createRedactor(env);
  const deps: JobDeps = {
    env,
    clock,
    logger,
    db,
    venues,
    metrics: createMetrics(),
    channels: options.channels ?? [],
    redact,
  };
  const engine: Engine = createEngine({
    pool,
    clock,
    wait: options.wait,
    transport: (request) => busy(() => handler({ request })),
    logger,
    exclusive: true,
    retryIntervalMs: options.retryIntervalMs,
  });
  const inngest = createInngest(deps, { isDev: true, baseUrl: ORIGIN, fetch: engine.fetch });
  const handler = serve({ client: inngest, functions: createFunctions(inngest) });
  await engine.register(`${ORIGIN}/api/inngest`);
  return {
    engine,
    venues,
    deps,
    inngest,
    run: async (name, data) => {
      await inngest.send({ name, data });
      await engine.drain();
    },
    send: async (event) => {
      await inngest.send(event);
      await engine.drain();
    },
    serve: (request) => handler({ request }),
    stop: () => engine.stop({ graceMs: 1000 }),
  };
}
