import { isPauseNote, type Pause, pauseNote } from "./pause.ts";
import { errorText } from "./run-words.ts";
import { SYNC_SCHEDULE, type SyncType } from "./schedule.ts";

/** How a run that ended by itself ended. */
export type EndedRun = {
  status: "completed" | "incomplete" | "failed";
  fetched: number;
  errorCode: string | null;
  errorMessage: string | null;
  note: string | null;
  finishedAt: string | null;
};

/** What the state of a job follows from; times ISO UTC, null = there is none. */
export type JobFacts = {
  /** Whether a run is under way. */
  running: boolean;
  /** The newest run of all. */
  newest: {
    id: string;
    status: string;
    startedAt: string;
    finishedAt: string | null;
    note: string | null;
  } | null;
  /** The newest run that ended and did some work. */
  ended: EndedRun | null;
  /** Start of the newest run that completed. */
  completedAt: string | null;
  /** When the venue last answered a run of this job. */
  dataAt: string | null;
  /** Set while a person has stopped its schedule. */
  pause: Pause | null;
};

/** `paused`: whatever its runs say, nothing is expected of the job. */
type JobHealth = "on-time" | "delayed" | "failing" | "skipped" | "never" | "paused";

export type JobState = {
  /** What is shown: a run under way hides everything but that the job fails. */
  state: JobHealth | "running";
  /** The same without regard to a run under way. */
  health: JobHealth;
  /** What is wrong, or why nothing was done; null where nothing is. */
  why: string | null;
};

const MINUTE_MS = 60_000;

/**
 * The state of a job relative to its schedule.
 * @param now epoch milliseconds
 */
export function jobState(type: SyncType, facts: JobFacts, now: number): JobState {
  const [health, why] = healthOf(type, facts, now);
  const state = facts.running && health !== "failing" ? "running" : health;
  return { state, health, why };
}

function healthOf(type: SyncType, facts: JobFacts, now: number): [JobHealth, string | null] {
  const { ended, newest } = facts;
  if (facts.pause) return ["paused", pauseNote(facts.pause)];
  if (ended && hasFailed(ended)) return ["failing", wordsOf(ended)];
  if (newest && skippedLast(facts) && !endedAfter(ended, newest.finishedAt)) {
    return ["skipped", newest.note];
  }
  const last = lastGoodAt(facts);
  if (last === null) return ["never", null];
  if (isLate(type, last, now)) {
    return ["delayed", `It runs ${SYNC_SCHEDULE[type].words}; its last good run is older.`];
  }
  return ["on-time", null];
}

/** When a run last was good, or the venue last answered one (ISO UTC); null = never. */
export function lastGoodAt({ completedAt, dataAt }: JobFacts): string | null {
  const good = [completedAt, dataAt].filter((time) => time !== null).sort();
  return good.at(-1) ?? null;
}

/** A run that was skipped because of a pause says nothing once the pause is over. */
function skippedLast({ newest, running }: JobFacts): boolean {
  return newest?.status === "skipped" && !running && !isPauseNote(newest.note);
}

/**
 * Whether the job's last success is older than its interval, or there is none.
 * @param now epoch milliseconds
 */
export function isOverdue(type: SyncType, facts: JobFacts, now: number): boolean {
  const { completedAt } = facts;
  return completedAt === null || now - Date.parse(completedAt) >= SYNC_SCHEDULE[type].intervalMs;
}

/**
 * Whether the next good run after one at `last` (ISO UTC) is overdue: its time has come, and so has that which a run may take.
 * @param now epoch milliseconds
 */
export function isLate(type: SyncType, last: string, now: number): boolean {
  const { intervalMs } = SYNC_SCHEDULE[type];
  const mayTake = Math.max(MINUTE_MS, Math.min(intervalMs, 30 * MINUTE_MS));
  return now - new Date(last).getTime() > intervalMs + mayTake;
}

/** A run that stored something before it stopped is not a failure of the job. */
export function hasFailed(run: Pick<EndedRun, "status" | "errorCode" | "fetched">): boolean {
  return (
    run.status === "failed" ||
    (run.status === "incomplete" && run.errorCode !== null && run.fetched === 0)
  );
}

/** A run that was skipped because of another says nothing once that one has ended. */
function endedAfter(ended: EndedRun | null, skippedAt: string | null): boolean {
  return ended?.finishedAt != null && skippedAt !== null && ended.finishedAt >= skippedAt;
}

function wordsOf(run: EndedRun): string {
  return errorText(run) || run.note || "The last run failed without a message.";
}
