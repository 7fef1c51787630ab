import { randomUUID } from "node:crypto";
import { listenedNames } from "./announce.ts";
import { createCheckpoints } from "./checkpoint.ts";
import { acceptEvents, parseEvents } from "./events/events.ts";
import { newRun } from "./events/new-run.ts";
import { type RoutableEvent, route } from "./events/routing.ts";
import { createSchedule } from "./events/schedule.ts";
import { createExecutor } from "./executor.ts";
import { createFetch } from "./http/http.ts";
import { createReads } from "./http/reads.ts";
import { createApps } from "./registration/apps.ts";
import { indexTriggers } from "./registration/triggers.ts";
import { createStore } from "./store.ts";
import type { Engine, EngineEvent, EngineOptions, NewRun, Routed } from "./types.ts";
import { createWorker } from "./worker.ts";
import { createWriter } from "./writer.ts";

export type { Engine, EngineOptions } from "./types.ts";

const DEFAULT_LEASE_MS = 30_000;
const DEFAULT_GRACE_MS = 10_000;
/** How long a finished run is kept. What is sent twice is told by keys of their own, which live for 24 hours. */
const KEEP_FINISHED_MS = 2 * 3_600_000;
const PRUNE_EVERY_MS = 10 * 60_000;
const PRUNE_BATCH = 1_000;
/** Events of one request that are committed together: none waits for long behind a large one. */
const SEND_BATCH = 500;
const SEND_LENGTH = 1_000_000;

/** Parts of a request's events, none with more than `SEND_BATCH` of them or (but for a single event) `SEND_LENGTH` characters of JSON. */
function* batches<T extends RoutableEvent>(events: T[]): Generator<T[]> {
  let batch: T[] = [];
  let length = 0;
  for (const event of events) {
    const own = JSON.stringify(event.event).length;
    if (batch.length === SEND_BATCH || (batch.length > 0 && length + own > SEND_LENGTH)) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(event);
    length += own;
  }
  if (batch.length > 0) yield batch;
}

const starting = (runs: NewRun[]): Routed => ({ events: [], runs, resumes: [], cancels: [] });

/**
 * An executor for Inngest functions: it calls the unchanged serve handlers of one or more apps over Inngest's protocol and keeps its state
 * in schema "engine" of a database. A step may be executed again after a crash; its result counts once.
 */
export function createEngine(options: EngineOptions): Engine {
  const { clock, logger } = options;
  const leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
  const schedule = createSchedule([], clock.now());
  const store = createStore(options, randomUUID(), () => listened);
  const writer = createWriter(store, clock, leaseMs);
  const apps = createApps(options, store, changed);
  let functionsFor = indexTriggers([]);
  let listened: string[] = [];
  let unsentTicks: NewRun[] = [];
  let stopped = false;
  let pruning: NodeJS.Timeout | undefined;

  function changed(): void {
    const functions = [...apps.functions().values()];
    functionsFor = indexTriggers(functions);
    listened = listenedNames(functions);
    schedule.replace(functions, clock.now());
    worker.wake();
  }

  const routeEvents = (incoming: RoutableEvent[]): Promise<Routed> =>
    route(incoming, {
      functionsFor,
      pauses: (events) => store.pauses(events, clock.now()),
      now: clock.now(),
    });

  const checkpoints = createCheckpoints({ writer });
  const execute = createExecutor({
    options,
    writer,
    checkpoints,
    functions: apps.functions,
    route: routeEvents,
  });
  const worker = createWorker({
    options,
    leaseMs,
    store,
    execute,
    async tick() {
      unsentTicks.push(...schedule.take(clock.now()));
      if (unsentTicks.length > 0) {
        await writer.send(starting(unsentTicks));
        unsentTicks = [];
      }
      return schedule.next();
    },
  });

  async function send(body: unknown, seed: string | null): Promise<{ ids: string[] }> {
    if (stopped) throw new Error("The job engine has stopped and takes no more events");
    const accepted = acceptEvents(parseEvents(body), clock.now(), seed);
    for (const batch of batches(accepted)) {
      await writer.send(await routeEvents(batch));
      worker.wake();
    }
    return { ids: accepted.map(({ id }) => id) };
  }

  async function cancel(runId: string): Promise<boolean> {
    const cancelled = await store.cancel(runId, clock.now());
    worker.wake();
    return cancelled;
  }

  async function rerun(runId: string): Promise<string | null> {
    const origin = await store.origin(runId);
    const definition = origin && apps.functions().get(origin.functionId);
    if (!definition) return null;
    const run = newRun(definition, JSON.parse(origin.events) as EngineEvent[], {
      now: clock.now(),
      eventIds: origin.eventIds,
      key: null,
      originalRunId: runId,
    });
    await writer.send(starting([run]));
    worker.wake();
    return (await store.origin(run.id)) ? run.id : null;
  }

  const prune = (before: Date, limit: number) => store.prune(before, clock.now(), limit);

  /** Finished runs age out batch by batch, so that the database is never held for long. */
  async function pruneFinished(): Promise<void> {
    for (let removed = 1; removed > 0 && !stopped; ) {
      const counts = await prune(new Date(clock.now() - KEEP_FINISHED_MS), PRUNE_BATCH);
      removed = Object.values(counts).reduce((sum, count) => sum + count, 0);
    }
  }

  return {
    register: apps.register,
    restore: apps.restore,
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
    fetch: createFetch({
      now: clock.now,
      logger,
      send,
      registerFunctions: apps.registerFunctions,
      removeApp: apps.remove,
      functions: () => apps.functions().values(),
      checkpoint: checkpoints.post,
      cancel,
      rerun,
      reads: createReads(options.pool),
    }),
    send: (events) => send(events, null),
    cancel,
    rerun,
    nextRunOf(functionId) {
      const next = schedule.next(apps.fullId(functionId));
      return next === null ? null : new Date(next);
    },
    stats: () => store.stats(clock.now()),
    drain: worker.drain,
    prune,
  };
}
