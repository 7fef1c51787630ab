import { type Bar, barOf, type Span } from "~/components/time-bars.ts";
import { formatBytes, formatElapsed } from "~/lib/format.ts";
import type { AttemptItem } from "~/reliability/attempt-item.server.ts";
import { KEPT_DAYS } from "~/reliability/kept-days.ts";
import type { SyncItem } from "./queries.server.ts";
import type { StepItem } from "./steps.server.ts";

/** The first attempts of a step; `more` = there are others. */
export type StepAttempts = { attempts: AttemptItem[]; more: boolean };

/** One request with its attempts, or (`request` null) the attempts at a step as a whole. */
type RequestGroup = { key: string; request: string | null; attempts: AttemptItem[] };

/**
 * Attempts by what they were at, in the order the first of each began. A request that was made again later for another reason (a page
 * that is looked at twice) is one of its own: its attempts are counted from 1 again.
 */
export function groupAttempts(attempts: readonly AttemptItem[]): RequestGroup[] {
  const groups: RequestGroup[] = [];
  const newest = new Map<string, RequestGroup>();
  for (const attempt of attempts) {
    const what = `${attempt.step} ${attempt.request}`;
    const group = newest.get(what);
    const last = group?.attempts.at(-1);
    if (group && last && attempt.number > last.number) group.attempts.push(attempt);
    else {
      const begun = { key: attempt.id, request: attempt.request, attempts: [attempt] };
      newest.set(what, begun);
      groups.push(begun);
    }
  }
  return groups;
}

/** Without the attempt at a step as a whole that went well at once: it is the step itself. */
export function worthShowing(attempts: readonly AttemptItem[]): AttemptItem[] {
  return attempts.filter(
    ({ request, number, status }) => request !== null || number > 1 || status !== "success",
  );
}

type Timed = Pick<StepItem, "startedAt" | "finishedAt">;

/**
 * The time that the bars of a sync stand for: from its start to its end, or to what is shown of it that ended last.
 * @param now where what is under way ends for now, epoch milliseconds
 */
export function spanOfSync(
  sync: Pick<SyncItem, "startedAt" | "finishedAt">,
  steps: readonly Timed[],
  now: number,
): Span {
  const start = Date.parse(sync.startedAt);
  const ends = [sync, ...steps].map(({ finishedAt }) =>
    finishedAt === null ? start : Date.parse(finishedAt),
  );
  return { start, end: Math.max(start + 1, ...ends, sync.finishedAt === null ? now : start) };
}

/** The time of one step, so that the bars of its requests fill the width. */
export function spanOfStep(step: Timed, attempts: readonly AttemptItem[], now: number): Span {
  const times = attempts.flatMap((attempt) => [startOf(attempt), endOf(attempt)]);
  const begin = step.startedAt === null ? [] : [Date.parse(step.startedAt)];
  const end = step.finishedAt === null ? now : Date.parse(step.finishedAt);
  const start = Math.min(...begin, ...times, end);
  return { start, end: Math.max(start + 1, end, ...times) };
}

/** A step's time as one bar; none where it is not recorded. */
export function barsOfStep(step: Timed, status: string, span: Span): Bar[] {
  if (step.startedAt === null) return [];
  const end = step.finishedAt === null ? span.end : Date.parse(step.finishedAt);
  return [barOf("step", BAR_OF[status] ?? "waiting", Date.parse(step.startedAt), end, span)];
}

const BAR_OF: Record<string, Bar["status"] | undefined> = {
  completed: "completed",
  failed: "failed",
  running: "running",
  incomplete: "interrupted",
  retrying: "interrupted",
};

/** An attempt as its wait for the host's turn, pale, and the request itself. */
export function barsOfAttempt(attempt: AttemptItem, span: Span): Bar[] {
  const start = startOf(attempt);
  const sent = start + (attempt.http.waitMs ?? 0);
  const status = attempt.status === "success" ? "completed" : "failed";
  return [
    barOf("wait", "waiting", start, sent, span),
    barOf("request", status, sent, endOf(attempt), span),
  ].filter(({ key, width }) => key === "request" || width > 0);
}

function startOf({ startedAt }: AttemptItem): number {
  return Date.parse(startedAt);
}

function endOf(attempt: AttemptItem): number {
  return startOf(attempt) + attempt.durationMs;
}

/** What there is to say about an attempt, in the order of its time; times are told from the begin of the span. */
export function attemptWords(attempt: AttemptItem, span: Span): string[] {
  const { status, waitMs, bytes, retryAfterMs } = attempt.http;
  const after = `after ${formatElapsed(Math.max(0, startOf(attempt) - span.start))}`;
  if (attempt.request === null) return [after, `took ${formatElapsed(attempt.durationMs)}`];
  const latency = formatElapsed(Math.max(0, attempt.durationMs - (waitMs ?? 0)));
  return [
    after,
    waitMs === null ? "wait not recorded" : `waited ${formatElapsed(waitMs)}`,
    status === null ? `ended after ${latency}` : `answered in ${latency}`,
    ...(bytes === null ? [] : [formatBytes(bytes)]),
    ...(retryAfterMs === null ? [] : [`Retry-After ${formatElapsed(retryAfterMs)}`]),
  ];
}

/** How long attempts that went well are kept; those that failed stay longer. */
const SUCCESSES_KEPT_MS = KEPT_DAYS.success * 86_400_000;

/**
 * Why the attempts of a step are not all there; null = they are.
 * @param found how many are
 * @param now epoch milliseconds
 */
export function whyFewer(
  step: Pick<StepItem, "status" | "startedAt" | "finishedAt" | "requests">,
  found: { requests: number; more: boolean },
  now: number,
): string | null {
  if (found.more || found.requests >= step.requests) {
    return found.requests > 0 || step.requests > 0 ? null : noneWords(step);
  }
  const ended = step.finishedAt ?? step.startedAt;
  if (ended !== null && now - Date.parse(ended) >= SUCCESSES_KEPT_MS) {
    return found.requests === 0
      ? "Its requests are not kept any more: those that went well stay for 24 hours."
      : "Requests that went well are kept for 24 hours; those that failed are left.";
  }
  return found.requests === 0
    ? "Its requests were not recorded one by one."
    : "Some of its requests were not recorded.";
}

function noneWords({ status, startedAt }: Pick<StepItem, "status" | "startedAt">): string {
  if (startedAt === null) return "It has not begun, so it has made no request.";
  return status === "running" ? "No request of it has ended yet." : "It made no request.";
}
