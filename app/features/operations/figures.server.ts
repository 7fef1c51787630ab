import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { Logger } from "~/lib/logger.server.ts";
import type { Figures } from "~/lib/metrics.server.ts";
import { within } from "~/lib/within.ts";
import type { Pacer } from "~/reliability/pacer.server.ts";
import { readJobFacts } from "../syncs/job-facts.server.ts";
import { jobState } from "../syncs/job-state.ts";
import { SYNC_SCHEDULE, SYNC_TYPES } from "../syncs/schedule.ts";

/** Counts end here, so that a scrape costs the same however much has piled up. */
const COUNTED_TO = 10_000;

/** A scrape gets what the process knows, however long the database takes. */
const DATABASE_TIMEOUT_MS = 5_000;

/** Connections of one pool, and the queries that wait for one. */
export type PoolState = { total: number; idle: number; waiting: number };

type FigureSources = {
  db: PrismaClient;
  logger: Logger;
  /** Null = an Inngest server keeps the queue. */
  queue: (() => Promise<Record<string, number>>) | null;
  pacers: { venue: string; pacer: Pick<Pacer, "state"> }[];
  pools: Record<string, PoolState>;
  liveClients: number;
  /** Epoch milliseconds. */
  now: number;
};

/**
 * Everything that is measured at a scrape. Without an answer of the database `database_up` is 0, and what it would have said is absent.
 */
export async function readFigures(sources: FigureSources): Promise<Figures> {
  const process = processFigures(sources);
  try {
    const read = Promise.all([readDatabaseFigures(sources.db, sources.now), sources.queue?.()]);
    const [database, queue] = await within(DATABASE_TIMEOUT_MS, read, "The database");
    return { ...process, ...database, ...queueFigures(queue ?? {}) };
  } catch (error) {
    sources.logger.error({ err: error }, "the figures of the database could not be read");
    return { ...process, database_up: [{ value: 0 }] };
  }
}

/** By index lookups and bounded counts. */
async function readDatabaseFigures(db: PrismaClient, now: number): Promise<Figures> {
  const [facts, counts] = await Promise.all([readJobFacts(db, SYNC_TYPES), countOpen(db)]);
  const jobs = [...facts].map(([job, fact]) => ({ labels: { job }, job, fact }));
  const seconds = (iso: string) => new Date(iso).getTime() / 1000;
  return {
    database_up: [{ value: 1 }],
    data_age_seconds: jobs.flatMap(({ labels, job, fact: { dataAt } }) =>
      SYNC_SCHEDULE[job].readsVenue && dataAt
        ? [{ labels, value: Math.max(0, now / 1000 - seconds(dataAt)) }]
        : [],
    ),
    job_last_success_timestamp_seconds: jobs.flatMap(({ labels, fact: { completedAt } }) =>
      completedAt ? [{ labels, value: seconds(completedAt) }] : [],
    ),
    job_failing: jobs.flatMap(({ labels, job, fact }) =>
      fact.ended ? [{ labels, value: jobState(job, fact, now).health === "failing" ? 1 : 0 }] : [],
    ),
    job_paused: jobs.map(({ labels, fact }) => ({ labels, value: fact.pause ? 1 : 0 })),
    dead_letters_open: [{ value: counts.letters }],
    notifications_unread: [{ value: counts.unread }],
    incidents_open: [{ value: counts.incidents }],
  };
}

/** Worded as the indexes dead_letter_status_…, notification_unread_idx and notification_open_incident are. */
async function countOpen(db: PrismaClient) {
  const [counts] = await db.$queryRaw<{ letters: number; unread: number; incidents: number }[]>`
    SELECT
      (SELECT count(*)::int FROM (
        SELECT FROM dead_letter WHERE status = 'open' LIMIT ${COUNTED_TO}::int) l) AS letters,
      (SELECT count(*)::int FROM (
        SELECT FROM notification WHERE read_at IS NULL LIMIT ${COUNTED_TO}::int) n) AS unread,
      (SELECT count(*)::int FROM (
        SELECT FROM notification WHERE kind = 'incident' AND resolved_at IS NULL
        LIMIT ${COUNTED_TO}::int) i) AS incidents`;
  return counts ?? { letters: 0, unread: 0, incidents: 0 };
}

function processFigures(state: Pick<FigureSources, "pacers" | "pools" | "liveClients">): Figures {
  const pacers = state.pacers.map(({ venue, pacer }) => ({ venue, ...pacer.state() }));
  const pools = Object.entries(state.pools);
  return {
    pacer_limit_requests_per_second: pacers.map((pacer) => ({
      labels: { venue: pacer.venue },
      value: pacer.requestsPerSecond,
    })),
    pacer_rate_requests_per_second: pacers.map((pacer) => ({
      labels: { venue: pacer.venue },
      value: pacer.currentRate,
    })),
    pacer_waiting_requests: pacers.flatMap(({ venue, waiting }) =>
      Object.entries(waiting).map(([priority, value]) => ({ labels: { venue, priority }, value })),
    ),
    pacer_paused: pacers.map(({ venue, pauseReason }) => ({
      labels: { venue },
      value: pauseReason === null ? 0 : 1,
    })),
    live_clients: [{ value: state.liveClients }],
    pool_connections: pools.flatMap(([pool, { total, idle }]) => [
      { labels: { pool, state: "idle" }, value: idle },
      { labels: { pool, state: "busy" }, value: total - idle },
    ]),
    pool_waiting_queries: pools.map(([pool, { waiting }]) => ({
      labels: { pool },
      value: waiting,
    })),
  };
}

function queueFigures(stats: Record<string, number>): Figures {
  return {
    queue_jobs: Object.entries(stats).map(([state, value]) => ({ labels: { state }, value })),
  };
}
