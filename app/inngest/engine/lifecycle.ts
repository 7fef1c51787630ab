import { newRun } from "./events.ts";
import { functionsFor } from "./triggers.ts";
import type { Change, ClaimedJob, EngineEvent, FunctionDefinition, NewRun } from "./types.ts";
import { ulid } from "./ulid.ts";

const LIFECYCLE = /^inngest\/function\.(finished|failed|cancelled)$/;
const STATUS_WORDS = { completed: "Completed", failed: "Failed", cancelled: "Cancelled" };

/**
 * The runs that the end of a run starts: of functions on `inngest/function.finished`, and on `.failed` or `.cancelled` where it ended so.
 * A run that was itself started by such an event has none.
 */
export function runsAtEnd(
  job: ClaimedJob,
  end: NonNullable<Change["end"]>,
  functions: Iterable<FunctionDefinition>,
  now: number,
): NewRun[] {
  const events = JSON.parse(job.events) as EngineEvent[];
  const [first] = events;
  if (first && LIFECYCLE.test(first.name)) return [];
  const definitions = [...functions];
  const data = {
    function_id: job.functionId,
    run_id: job.runId,
    event: first,
    events,
    ...(end.error === null ? {} : { error: JSON.parse(end.error) as unknown }),
    ...(end.output === null ? {} : { result: JSON.parse(end.output) as unknown }),
    _inngest: { status: STATUS_WORDS[end.status] },
  };
  const runs = (name: string, id: string, key: string | null): NewRun[] => {
    const event: EngineEvent = { name, data, user: {}, id, ts: now };
    return functionsFor(definitions, event).map((definition) =>
      newRun(definition, event, { eventId: null, key, now }),
    );
  };
  return [
    ...runs("inngest/function.finished", ulid(now), null),
    ...(end.status === "completed"
      ? []
      : runs(`inngest/function.${end.status}`, job.runId, job.runId)),
  ];
}
