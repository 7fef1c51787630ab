import { nothing } from "./decide.ts";
import type { RoutableEvent } from "./events/routing.ts";
import { ulid } from "./events/ulid.ts";
import { statusWord } from "./http/status-word.ts";
import { triggerNames } from "./registration/triggers.ts";
import type {
  Change,
  ClaimedJob,
  EndOfRun,
  EngineEvent,
  FunctionDefinition,
  Resume,
  Routed,
} from "./types.ts";

const LIFECYCLE_NAMES = [
  "inngest/function.finished",
  "inngest/function.failed",
  "inngest/function.cancelled",
];
const CANCELLED_MEMO = JSON.stringify({
  error: { name: "InvokedRunCancelledError", message: "The invoked run was cancelled" },
});

/** The names of the events at the end of a run that a trigger of these functions takes. */
export function listenedNames(functions: Iterable<FunctionDefinition>): string[] {
  const patterns = new Set<string>();
  for (const { triggers } of functions) {
    for (const trigger of triggers) if ("event" in trigger) patterns.add(trigger.event);
  }
  return LIFECYCLE_NAMES.filter((name) => triggerNames(name).some((taken) => patterns.has(taken)));
}

/**
 * The events of a run's end, as the Inngest server sends them; none for a run that such an event started. The id of the second is the run's
 * and allows one run per function, however often the end is announced.
 */
function endEvents(job: ClaimedJob, end: EndOfRun, now: number): RoutableEvent[] {
  const events = JSON.parse(job.events) as EngineEvent[];
  const [first] = events;
  if (first && LIFECYCLE_NAMES.includes(first.name)) return [];
  const error = end.error === null ? null : (JSON.parse(end.error) as object);
  const data = {
    function_id: job.functionId,
    run_id: job.runId,
    event: first,
    events,
    // What the app replied with is the result of a failed run too.
    ...(error && { error, result: { ...error, __serialized: true } }),
    ...(end.output === null ? {} : { result: JSON.parse(end.output) as unknown }),
    ...(end.parent && { correlation_id: `${end.parent.runId}.${end.parent.stepId}` }),
    _inngest: { status: statusWord(end.status) },
  };
  const routable = (name: string, id: string, key: string | null): RoutableEvent => ({
    id,
    key,
    event: { name, data, user: {}, id, ts: now },
  });
  return [
    routable("inngest/function.finished", ulid(now), null),
    ...(end.status === "completed"
      ? []
      : [routable(`inngest/function.${end.status}`, job.runId, job.runId)]),
  ];
}

/** What the step that invoked the run gets: its output, or its error. */
function resumeParent({ status, output, error, parent }: EndOfRun): Resume[] {
  if (!parent) return [];
  const memo =
    status === "completed"
      ? `{"data":${output ?? "null"}}`
      : error === null
        ? CANCELLED_MEMO
        : `{"error":${error}}`;
  return [{ pauseId: null, runId: parent.runId, stepId: parent.stepId, memo }];
}

/**
 * What follows from the end of a run: the runs its lifecycle events start, wake or cancel, and the step that invoked it goes on. An event
 * is listed among the events only where it started a run. Rejects where `route` does. `now` in epoch milliseconds.
 */
export async function announce(
  job: ClaimedJob,
  now: number,
  route: (incoming: RoutableEvent[]) => Promise<Routed>,
): Promise<Change> {
  if (!job.end) return nothing(job);
  const events = endEvents(job, job.end, now);
  const routed = events.length > 0 ? await route(events) : nothing(job);
  const started = new Set(routed.runs.flatMap((run) => run.eventIds));
  return {
    ...nothing(job),
    events: routed.events.filter(({ id }) => started.has(id)),
    runs: routed.runs,
    resumes: [...routed.resumes, ...resumeParent(job.end)],
    cancels: routed.cancels,
  };
}

/** The same where announcing failed again and again: only the step that invoked the run goes on. */
export const announceToParent = (job: ClaimedJob): Change => ({
  ...nothing(job),
  resumes: job.end ? resumeParent(job.end) : [],
});
