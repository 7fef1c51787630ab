import { randomUUID } from "node:crypto";
import { acceptEvents, parseEvents, runsFor } from "./events.ts";
import { createExecutor } from "./executor.ts";
import { createFetch } from "./http.ts";
import { fetchRegistration, readRegistration } from "./registration.ts";
import { createSchedule } from "./schedule.ts";
import { createStore } from "./store.ts";
import type { Engine, EngineOptions, FunctionDefinition, NewRun } from "./types.ts";
import { createWorker } from "./worker.ts";
import { createWriter } from "./writer.ts";

export type { Engine, EngineOptions } from "./types.ts";

const DEFAULT_LEASE_MS = 30_000;
const DEFAULT_GRACE_MS = 10_000;
/** How long a finished run is kept. What is sent twice is told by keys of their own, which live for 24 hours. */
const KEEP_FINISHED_MS = 2 * 3_600_000;
const PRUNE_EVERY_MS = 10 * 60_000;
const PRUNE_BATCH = 1_000;

/**
 * An executor for Inngest functions inside this process: it calls the app's unchanged serve handler over Inngest's protocol and keeps its
 * state in schema "engine" of the app's database. A step may be executed again after a crash; its result counts once.
 */
export function createEngine(options: EngineOptions): Engine {
  const { clock, logger } = options;
  const leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
  const store = createStore(options.pool, randomUUID());
  const writer = createWriter(store, clock, leaseMs);
  let appId = "";
  let functions = new Map<string, FunctionDefinition>();
  let schedule = createSchedule([], clock.now());
  let unregistered: string[] = [];
  let unsentTicks: NewRun[] = [];
  let stopped = false;
  let pruning: NodeJS.Timeout | undefined;

  const prune = (before: Date, limit: number) => store.prune(before, clock.now(), limit);

  /** Finished runs age out batch by batch, so that the database is never held for long. */
  async function pruneFinished(): Promise<void> {
    for (let removed = 1; removed > 0 && !stopped; ) {
      const counts = await prune(new Date(clock.now() - KEEP_FINISHED_MS), PRUNE_BATCH);
      removed = Object.values(counts).reduce((sum, count) => sum + count, 0);
    }
  }

  const execute = createExecutor({ options, writer, functions: () => functions });
  const worker = createWorker({
    options,
    leaseMs,
    store,
    execute,
    limits: () =>
      new Map([
        ...unregistered.map((id) => [id, null] as const),
        ...[...functions.values()].map(({ id, concurrency }) => [id, concurrency] as const),
      ]),
    async tick() {
      unsentTicks.push(...schedule.take(clock.now()));
      if (unsentTicks.length > 0) {
        await writer.send([], unsentTicks);
        unsentTicks = [];
      }
      return schedule.next();
    },
  });

  async function send(body: unknown, seed: string | null): Promise<{ ids: string[] }> {
    if (stopped) throw new Error("The job engine has stopped and takes no more events");
    const now = clock.now();
    const accepted = acceptEvents(parseEvents(body), now, seed);
    const runs = runsFor(accepted, functions.values(), now);
    const events = accepted.map(({ internalId, event }) => ({ id: internalId, name: event.name }));
    const { queued } = await writer.send(events, runs);
    if (queued > 0) worker.wake();
    return { ids: events.map(({ id }) => id) };
  }

  return {
    async register() {
      const registration = readRegistration(await fetchRegistration(options));
      const known = await store.functionIds();
      appId = registration.appId;
      functions = registration.functions;
      unregistered = known.filter((id) => !functions.has(id));
      schedule = createSchedule(functions.values(), clock.now());
      logger.info({ functions: [...functions.keys()] }, "Inngest functions registered");
      worker.wake();
    },
    start() {
      worker.start();
      pruning ??= setInterval(() => {
        pruneFinished().catch((error) =>
          logger.warn({ err: error }, "Old runs could not be removed"),
        );
      }, PRUNE_EVERY_MS).unref();
    },
    async stop({ graceMs = DEFAULT_GRACE_MS } = {}) {
      clearInterval(pruning);
      await worker.stop(graceMs).finally(() => {
        stopped = true;
      });
    },
    fetch: createFetch({ send, functionIds: () => [...functions.keys()] }),
    send: (events) => send(events, null),
    nextRunOf(functionId) {
      const id = functions.has(functionId) ? functionId : `${appId}-${functionId}`;
      const next = schedule.next(id);
      return next === null ? null : new Date(next);
    },
    stats: () => store.stats(clock.now()),
    drain: worker.drain,
    prune,
  };
}
