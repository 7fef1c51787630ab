import type { PrismaClient } from "~/generated/prisma/client.ts";
import { readJobFacts } from "./job-facts.server.ts";
import { type JobFacts, jobState } from "./job-state.ts";
import { SYNC_SCHEDULE } from "./schedule.ts";

/** How old the venue's data is, for the frame of every page. */
export type Freshness = {
  /** When the venue last answered a markets or whales run, ISO UTC; null = it never has. */
  lastDataAt: string | null;
  state: "on-time" | "delayed" | "failing" | "never" | "paused";
  /** Whether such a run is under way. */
  running: boolean;
  /** What is wrong, in words; null where nothing is. */
  why: string | null;
};

const DATA_JOBS = ["markets", "whales"] as const;

/** What the frame speaks of, the worst first. */
const TROUBLES = ["failing", "delayed", "paused"] as const;

/**
 * Reads how old the venue's data is and whether its jobs keep to their schedule. A job that has a standing reason not to run (no key,
 * nobody followed) is left out.
 * @param now epoch milliseconds
 */
export async function getFreshness(db: PrismaClient, now: number): Promise<Freshness> {
  return freshnessOf(await readDataJobs(db), now);
}

/** What is known of the jobs that bring the venue's data. */
type DataJobs = ReadonlyMap<(typeof DATA_JOBS)[number], JobFacts>;

/** Reads what `freshnessOf` judges. */
export function readDataJobs(db: PrismaClient): Promise<DataJobs> {
  return readJobFacts(db, DATA_JOBS);
}

/** How old the data is at a time (epoch milliseconds), by what was read of its jobs. */
export function freshnessOf(facts: DataJobs, now: number): Freshness {
  const jobs = [...facts].map(([type, job]) => ({ type, ...job, ...jobState(type, job, now) }));
  const answers = jobs.map(({ dataAt }) => dataAt).filter((time) => time !== null);
  const lastDataAt = answers.sort().at(-1) ?? null;
  const running = jobs.some((job) => job.running);
  for (const state of TROUBLES) {
    const job = jobs.find(({ health }) => health === state);
    if (!job) continue;
    return { lastDataAt, state, running, why: `${SYNC_SCHEDULE[job.type].name}: ${job.why}` };
  }
  const why = lastDataAt ? null : "No run has brought data yet.";
  return { lastDataAt, state: lastDataAt ? "on-time" : "never", running, why };
}
