import { serve } from "inngest/remix";
import type { Pool } from "pg";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { createInngest, type JobDeps } from "~/inngest/client.ts";
import { createEngine, type Engine } from "~/inngest/engine/engine.ts";
import { createFunctions } from "~/inngest/functions/index.ts";
import { type Clock, systemClock } from "~/lib/clock.ts";
import { type Env, parseEnv } from "~/lib/env.server.ts";
import { createLogger, type Logger } from "~/lib/logger.server.ts";
import type { Preset } from "~/reliability/retry.server.ts";
import { createVenues } from "~/venues/index.ts";
import type { Venue } from "~/venues/venue.ts";

const ORIGIN = "http://engine.local";

export type Jobs = {
  engine: Engine;
  venues: Venue[];
  deps: JobDeps;
  /** Sends an event and waits until nothing is due any more (what waits in backoff is left waiting). */
  run(name: string, data: Record<string, unknown>): Promise<void>;
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
  /** How a hiccup is tried again inside a step. */
  retry?: Preset;
  /** Fixed time before a failed step is tried again. */
  retryIntervalMs?: number;
}): Promise<Jobs> {
  const { db, pool, clock = systemClock } = options;
  const env: Env = { ...parseEnv({}, "live"), ...options.env };
  const logger = options.logger ?? createLogger("silent");
  const venues = createVenues(env, { clock, logger, fetch: options.fetch, retry: options.retry });
  const deps: JobDeps = { env, clock, logger, db, venues };
  const engine: Engine = createEngine({
    pool,
    clock,
    transport: (request) => handler({ request }),
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
    run: async (name, data) => {
      await inngest.send({ name, data });
      await engine.drain();
    },
    stop: () => engine.stop({ graceMs: 1000 }),
  };
}
