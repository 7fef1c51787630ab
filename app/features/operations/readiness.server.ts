import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { Logger } from "~/lib/logger.server.ts";
import { readJobFacts } from "../syncs/job-facts.server.ts";
import { isLate, type JobFacts, jobState, lastGoodAt } from "../syncs/job-state.ts";
import { SYNC_SCHEDULE } from "../syncs/schedule.ts";

/** "not measured yet": nothing is known, or nothing is asked at present; it keeps nothing from being ready. */
export type Check = {
  state: "ready" | "not ready" | "not measured yet";
  /** Why it is not ready or not measured, in words. */
  reason?: string;
};

const DATA_JOBS = ["markets", "whales"] as const;

export type Readiness = {
  status: "ready" | "not ready";
  /** What is not ready, in words; only where something is not. */
  reasons?: string[];
  checks: {
    database: Check;
    engine: Check;
    data: Record<(typeof DATA_JOBS)[number], Check>;
  };
};

/** An Inngest server that is there has started a run within this time: one job runs every minute. */
const SERVER_SILENT_MS = 5 * 60_000;

/**
 * Whether the process can serve and work, and whether its data is as young as its schedule promises.
 * @param sources.health rejects when the database does not answer
 * @param sources.engine the embedded engine's state; null = an Inngest server does the work
 * @param sources.now epoch milliseconds
 */
export async function readReadiness(sources: {
  db: PrismaClient;
  logger: Logger;
  health: () => Promise<void>;
  engine: Check | null;
  now: number;
}): Promise<Readiness> {
  const { db, logger, now } = sources;
  try {
    await sources.health();
    const [engine, data] = await Promise.all([
      sources.engine ?? readServer(db, now),
      readData(db, now),
    ]);
    return conclude({ database: { state: "ready" }, engine, data });
  } catch (error) {
    logger.error({ err: error }, "the database does not answer");
    const unknown: Check = { state: "not measured yet", reason: "The database does not answer." };
    return conclude({
      database: { state: "not ready", reason: "The database does not answer." },
      engine: sources.engine ?? unknown,
      data: { markets: unknown, whales: unknown },
    });
  }
}

function conclude(checks: Readiness["checks"]): Readiness {
  const { database, engine, data } = checks;
  const reasons = [database, engine, ...Object.values(data)].flatMap(({ state, reason }) =>
    state === "not ready" && reason ? [reason] : [],
  );
  if (reasons.length === 0) return { status: "ready", checks };
  return { status: "not ready", reasons, checks };
}

/** An Inngest server cannot be asked; that it works shows in the runs it has this app execute. */
async function readServer(db: PrismaClient, now: number): Promise<Check> {
  const [newest] = await db.$queryRaw<{ at: Date | null }[]>`
    SELECT max(newest.started_at) AS at FROM unnest(enum_range(NULL::action_status)) s(status),
      LATERAL (SELECT started_at FROM run WHERE run.status = s.status ORDER BY started_at DESC LIMIT 1) newest`;
  if (newest?.at && now - newest.at.getTime() < SERVER_SILENT_MS) return { state: "ready" };
  const reason = newest?.at
    ? `The Inngest server has started no run since ${newest.at.toISOString()}.`
    : "The Inngest server has started no run yet.";
  return { state: "not measured yet", reason };
}

async function readData(db: PrismaClient, now: number): Promise<Readiness["checks"]["data"]> {
  const facts = await readJobFacts(db, DATA_JOBS);
  const check = (type: (typeof DATA_JOBS)[number]) => checkOfJob(type, facts.get(type), now);
  return { markets: check("markets"), whales: check("whales") };
}

/** A job that fails while its last data is young enough is ready still; of one that is not to run nothing is expected. */
function checkOfJob(
  type: (typeof DATA_JOBS)[number],
  job: JobFacts | undefined,
  now: number,
): Check {
  const { name, words } = SYNC_SCHEDULE[type];
  const { health, why } = job ? jobState(type, job, now) : { health: "never", why: null };
  if (!job?.dataAt || health === "skipped" || health === "paused") {
    const reason = `${name}: ${why ?? "No run has brought data yet."}`;
    return { state: "not measured yet", reason };
  }
  if (!isLate(type, lastGoodAt(job) ?? job.dataAt, now)) return { state: "ready" };
  const failure = health === "failing" ? ` ${why}` : "";
  const last = `the venue last answered at ${job.dataAt}`;
  return { state: "not ready", reason: `${name}: it runs ${words}; ${last}.${failure}` };
}
