import { randomBytes } from "node:crypto";
import path from "node:path";
import { createChannels } from "~/channels/index.ts";
import type { AppServices } from "~/context.ts";
import { createFrame } from "~/features/operations/frame.server.ts";
import { type Check, readReadiness } from "~/features/operations/readiness.server.ts";
import { closeCutOff } from "~/features/syncs/cut-off.server.ts";
import { requestDueSyncs } from "~/features/syncs/request-due.server.ts";
import { createServiceLevels } from "~/features/syncs/service-levels.server.ts";
import { releaseExecuting } from "~/features/syncs/sync-log.server.ts";
import { openGate } from "~/features/whales/credential-gate.server.ts";
import { createInngest, type JobDeps } from "~/inngest/client.ts";
import { createEngine, type Engine } from "~/inngest/engine/engine.ts";
import { engineSecretHeader } from "~/inngest/engine-secret.ts";
import type { Clock } from "~/lib/clock.ts";
import { type Database, openDatabase } from "~/lib/db.server.ts";
import type { Env } from "~/lib/env.server.ts";
import { createLive } from "~/lib/live.server.ts";
import { LIVE_CHANNEL, type LiveTopic } from "~/lib/live-topics.ts";
import type { Logger } from "~/lib/logger.server.ts";
import { createMetrics } from "~/lib/metrics.server.ts";
import type { OutgoingEvent } from "~/lib/send.ts";
import { createError } from "~/reliability/errors.ts";
import { createRedactor } from "~/reliability/redaction.ts";
import { createVenues } from "~/venues/index.ts";
import { type DemoVenue, startDemoVenue } from "../../demo/server.ts";
import { readOrCreateWorld } from "../../demo/world-file.ts";

/** Where the engine reaches the app; no socket is behind it. */
const ENGINE_ORIGIN = "http://engine.local";

/** How long running steps may go on after a stop was asked for. */
const STOP_GRACE_MS = 3_000;

/** Answers a request as the web server would, without a socket. */
export type Transport = (request: Request) => Promise<Response>;

export type RunningServices = {
  services: AppServices;
  /** Starts the jobs; called once the web server can answer. */
  begin(transport: Transport): Promise<void>;
  /** Ends the answers that would never end by themselves; called before the web server is closed. */
  endStreams(): void;
  /** Stops intake, lets running steps finish or releases them, closes the database. */
  stop(): Promise<void>;
};

type ServicesOptions = {
  env: Env;
  root: string;
  clock: Clock;
  logger: Logger;
  /** The database has stopped for good: nothing works until the process is started again. */
  onFatal(error: Error): void;
  /** Fixed time before the embedded engine tries a failed step again, in place of Inngest's backoff. */
  retryIntervalMs?: number;
};

/**
 * Opens everything that lives as long as the process.
 * @throws AppError with a message fit to be printed alone when the database cannot be opened
 */
export async function startServices(options: ServicesOptions): Promise<RunningServices> {
  const { root, clock, logger } = options;
  const dataDir = path.resolve(root, options.env.DATA_DIR);
  const metrics = createMetrics({ process: true });
  const database = await openDatabase({
    databaseUrl: options.env.DATABASE_URL,
    dataDir,
    world: options.env.world,
    migrationsDir: path.join(root, "prisma/migrations"),
    templateFile: path.join(root, ".cache/database/template.tar.gz"),
    logger,
    onFailure: options.onFatal,
    slowQueryMs: options.env.SLOW_QUERY_MS,
    onSlowQuery: metrics.queryWasSlow,
  });
  const live = createLive();
  const frame = createFrame(database.db);
  const stopListening = database.listen({
    // Before the open pages: they ask for the frame at once.
    notified: (topic) => {
      frame.changed(topic);
      live.changed(topic);
    },
    interrupted: () => {
      frame.allChanged();
      live.allChanged();
    },
  });
  const demo = options.env.world === "demo" ? await startDemo(dataDir, clock) : null;
  const env = demo ? { ...options.env, ...demoEnvironment(demo) } : options.env;
  const venues = createVenues(env, { clock, logger });
  const redact = createRedactor(env);
  const channels = createChannels(env, { clock });
  const deps: JobDeps = { env, clock, logger, db: database.db, venues, metrics, channels, redact };
  const work = env.externalInngest ? null : createEmbedded(database, options);
  const inngest = createInngest(deps, work?.connection);

  let engineCheck: Check = { state: "not ready", reason: "The job engine has not started yet." };
  const services: AppServices = {
    env,
    clock,
    logger,
    db: database.db,
    venues,
    channels,
    inngest,
    send: (event) => send(inngest, event),
    frame: frame.read,
    serviceLevels: createServiceLevels(database.db, clock),
    live,
    metrics,
    pools: database.pools,
    readiness: () =>
      readReadiness({
        db: database.db,
        logger,
        health: database.health,
        engine: work && engineCheck,
        now: clock.now(),
      }),
    engine: work?.engine ?? null,
    queue: work?.engine.stats ?? null,
    engineSecret: work?.secret ?? null,
  };

  async function begin(transport: Transport): Promise<void> {
    const now = new Date(clock.now());
    const cutOff = await closeCutOff(database.db, { now, embedded: work !== null });
    if (cutOff.syncs + cutOff.runs > 0) {
      logger.warn(
        cutOff,
        "syncs and runs that the last end of the app cut off are closed as failed",
      );
    }
    await openGate(database.db);
    if (work) {
      if (database.kind === "embedded") await releaseExecuting(database.db);
      work.connect(transport);
      await work.engine.register(`${ENGINE_ORIGIN}/api/inngest`);
      work.engine.start();
      engineCheck = { state: "ready" };
    }
    try {
      const requested = await requestDueSyncs(database.db, services.send, now);
      logger.info({ requested }, "jobs requested at start");
    } catch (error) {
      // An Inngest server that is not up yet: the crons it runs later ask for the same work.
      if (work) throw error;
      logger.warn(
        { err: error },
        "the Inngest server took no event; its schedule will start the jobs",
      );
    }
  }

  async function stop(): Promise<void> {
    live.close();
    engineCheck = { state: "not ready", reason: "The server stops." };
    try {
      await work?.engine.stop({ graceMs: STOP_GRACE_MS });
    } finally {
      await demo?.close();
      await stopListening();
      await database.close();
    }
  }

  return { services, begin, endStreams: live.close, stop };
}

/** The embedded engine on the server's database, and how the app and it reach each other. */
function createEmbedded(
  { pool, kind }: Pick<Database, "pool" | "kind">,
  { clock, logger, retryIntervalMs }: Pick<ServicesOptions, "clock" | "logger" | "retryIntervalMs">,
) {
  const secret = randomBytes(24).toString("hex");
  let transport: Transport = async () => {
    throw new Error("The engine called the app before the app could answer.");
  };
  const engine: Engine = createEngine({
    pool,
    clock,
    transport: (request) => transport(request),
    headers: engineSecretHeader(secret),
    logger: logger.child({ part: "engine" }),
    exclusive: kind === "embedded",
    notify: { channel: LIVE_CHANNEL, payload: "runs" satisfies LiveTopic },
    retryIntervalMs,
  });
  return {
    secret,
    engine,
    connection: { isDev: true as const, baseUrl: ENGINE_ORIGIN, fetch: engine.fetch },
    connect: (to: Transport) => {
      transport = to;
    },
  };
}

async function send(inngest: AppServices["inngest"], event: OutgoingEvent): Promise<string> {
  const { ids } = await inngest.send(event).catch((cause: unknown) => {
    throw createError("SERVICE_UNAVAILABLE", "The job engine took no event.", {
      cause,
      userMessage: "The job engine takes no events now. Is the Inngest server up?",
    });
  });
  const [id] = ids;
  if (!id) throw createError("INVALID_RESPONSE", "The job engine gave an event no id.");
  return id;
}

async function startDemo(dataDir: string, clock: Clock): Promise<DemoVenue> {
  const world = await readOrCreateWorld(dataDir, clock.now());
  return startDemoVenue({ ...world, now: () => clock.now() });
}

function demoEnvironment(demo: DemoVenue) {
  return {
    OPINION_API_URL: demo.apiUrl,
    OPINION_FRONTEND_URL: demo.frontendUrl,
    OPINION_API_KEY: demo.apiKey,
    OPINION_REQUESTS_PER_SECOND: undefined,
  };
}
