import { type Bar, barOf, type Span } from "~/components/time-bars.ts";
import type { TimelineStep } from "./timeline.ts";

/** The time that the bars of a run stand for: from its making to its end, or to now. Times ISO UTC, `now` in epoch milliseconds. */
export function spanOf(run: { createdAt: string; endedAt: string | null }, now: number): Span {
  const start = Date.parse(run.createdAt);
  const end = run.endedAt === null ? now : Date.parse(run.endedAt);
  return { start, end: Math.max(end, start + 1) };
}

/** A step's time as bars: the whole of it, pale where nothing was executed, and its attempts upon it. */
export function barsOf(step: TimelineStep, span: Span): Bar[] {
  if (step.startedAt === null) return [];
  const begin = Date.parse(step.startedAt);
  const end = step.endedAt === null ? span.end : Date.parse(step.endedAt);
  const attempts = step.attempts.map(({ id, status, startedAt, endedAt }) =>
    barOf(id, status, Date.parse(startedAt), Date.parse(endedAt), span),
  );
  const whole = barOf("whole", wholeStatus(step), begin, end, span);
  return [whole, ...attempts, ...executingBars(step, span)];
}

/** Where attempts are known they tell when something was executed; the rest was waiting. */
function wholeStatus({ kind, status, attempts }: TimelineStep): Bar["status"] {
  if (attempts.length > 0 || kind !== "Step") return "waiting";
  return status === "completed" || status === "failed" ? status : "waiting";
}

function executingBars({ activity }: TimelineStep, span: Span): Bar[] {
  if (activity?.tone !== "busy" || activity.at === null) return [];
  return [barOf("running", "running", Date.parse(activity.at), span.end, span)];
}
