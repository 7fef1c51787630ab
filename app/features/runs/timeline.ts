import { type Activity, activityOf, type OpenJob } from "./activity.ts";
import { indented, type JsonText, jsonText, parseJson, type StoredText } from "./json-text.ts";
import type { RelatedRun } from "./run.server.ts";
import { type RunError, runError } from "./run-error.ts";
import { BODY, functionName, stepKind } from "./run-names.ts";
import type { AttemptRecord, OpenWork, StepRecord } from "./timeline.server.ts";

/** A step of a run as its page shows it; times ISO UTC. */
export type TimelineStep = {
  stepId: string;
  name: string;
  kind: string;
  status: "completed" | "failed" | "running" | "retrying" | "waiting" | "incomplete";
  /** Null = not recorded. */
  startedAt: string | null;
  endedAt: string | null;
  /** What it waits for or did, in words; null = nothing to add. */
  note: string | null;
  /** What it does now; null = nothing. */
  activity: Activity | null;
  attempts: TimelineAttempt[];
  /** The run that it invoked; `run` null = it is past its time, or never began. */
  child: { id: string; run: RelatedRun | null } | null;
  output: JsonText | null;
  /** Where it failed for good. */
  error: RunError | null;
};

export type TimelineAttempt = {
  id: string;
  /** From 1. */
  number: number;
  status: AttemptRecord["status"];
  startedAt: string;
  endedAt: string;
  error: RunError | null;
  /** The stored error has more than is shown. */
  cut: boolean;
};

/** The runs that steps of a run invoked. */
export function childIds(steps: readonly StepRecord[]): string[] {
  return steps.flatMap(({ details }) => detailsOf(details).runId ?? []);
}

/**
 * Puts the steps of a run together with their attempts and with what is still to be done.
 * @param open null = the run has ended
 * @param children the runs that its steps invoked, by id
 */
export function buildTimeline(
  steps: readonly StepRecord[],
  attempts: readonly AttemptRecord[],
  open: OpenWork | null,
  children: ReadonlyMap<string, RelatedRun>,
): TimelineStep[] {
  const ofStep = attemptsByStep(attempts);
  const jobs = jobsByStep(open);
  return steps.map((step) =>
    timelineStep(step, {
      attempts: ofStep.get(step.stepId) ?? [],
      job: jobs.get(step.stepId) ?? null,
      runOpen: open !== null,
      children,
    }),
  );
}

function attemptsByStep(attempts: readonly AttemptRecord[]): Map<string, AttemptRecord[]> {
  const ofStep = new Map<string, AttemptRecord[]>();
  for (const attempt of attempts) {
    const known = ofStep.get(attempt.stepId);
    if (known) known.push(attempt);
    else ofStep.set(attempt.stepId, [attempt]);
  }
  return ofStep;
}

/**
 * Jobs by the step they are about. A step that was found and executed in one call is tried again by calling the function anew: that job
 * is about the step of the newest attempt, if it failed.
 */
function jobsByStep(open: OpenWork | null): Map<string, OpenJob> {
  const jobs = new Map<string, OpenJob>();
  for (const job of open?.jobs ?? []) {
    if (job.kind === "timeout" || job.kind === "announce") continue;
    if (job.stepId !== BODY) jobs.set(job.stepId, job);
    else if (job.attempt > 0 && open?.newestAttempt) jobs.set(open.newestAttempt.stepId, job);
  }
  return jobs;
}

type Around = {
  attempts: readonly AttemptRecord[];
  /** What is to be done of it, or is being done. */
  job: OpenJob | null;
  runOpen: boolean;
  children: ReadonlyMap<string, RelatedRun>;
};

function timelineStep(
  step: StepRecord,
  { attempts, job, runOpen, children }: Around,
): TimelineStep {
  const details = detailsOf(step.details);
  const child =
    details.runId === null ? null : { id: details.runId, run: children.get(details.runId) ?? null };
  const result = step.done ? resultOf(step) : NO_RESULT;
  const body = step.stepId === BODY;
  const activity = job && !step.done ? activityOf(job) : null;
  const lastAttempt = attempts.at(-1);
  return {
    stepId: step.stepId,
    name: body ? "Function" : step.name || lastAttempt?.name || step.stepId.slice(0, 8),
    kind: body ? "What is outside its steps" : stepKind(step.op ?? "Step"),
    status: statusOf(step, result.error !== null, lastAttempt, job, runOpen),
    startedAt: step.at,
    endedAt: endOf(step, lastAttempt, runOpen && (job !== null || !body)),
    note: noteOf(step, details, child?.run != null),
    activity:
      activity ?? (runOpen && !step.done && step.op !== null ? waitsForEver(step.op) : null),
    attempts: attempts.map(timelineAttempt),
    child,
    ...result,
  };
}

/** A step that is done ended with its last attempt; when that was committed is of the run, not of the step. */
function endOf(step: StepRecord, lastAttempt: AttemptRecord | undefined, open: boolean) {
  if (!step.done && open) return null;
  return lastAttempt?.endedAt ?? step.endedAt;
}

function timelineAttempt({ error, number, stepId: _, name: __, ...attempt }: AttemptRecord) {
  return {
    ...attempt,
    number: number + 1,
    error: error && runError(error.head),
    cut: error?.cut ?? false,
  };
}

function statusOf(
  step: StepRecord,
  failed: boolean,
  lastAttempt: AttemptRecord | undefined,
  job: OpenJob | null,
  runOpen: boolean,
): TimelineStep["status"] {
  if (step.done) return failed ? "failed" : "completed";
  if (job?.state === "claimed") return "running";
  if (job && (job.attempt > 0 || lastAttempt?.status === "interrupted")) return "retrying";
  if (runOpen && step.op !== null) return "waiting";
  if (runOpen && lastAttempt?.status !== "completed") return "running";
  // Of the function's body, and of a step whose run has ended, the last attempt is the last word.
  if (lastAttempt) return lastAttempt.status === "interrupted" ? "incomplete" : lastAttempt.status;
  return "incomplete";
}

type Details = {
  until: string | null;
  event: string | null;
  functionId: string | null;
  runId: string | null;
};

function detailsOf(details: string | null): Details {
  const value = (details === null ? null : parseJson(details)) as
    | Record<string, unknown>
    | null
    | undefined;
  const text = (name: string) => (typeof value?.[name] === "string" ? value[name] : null);
  return {
    until: text("until"),
    event: text("event"),
    functionId: text("functionId"),
    runId: text("runId"),
  };
}

const SECONDS_OF_ISO = 19;

function noteOf(
  step: StepRecord,
  { until, event, functionId }: Details,
  childKnown: boolean,
): string | null {
  const time = until && `${until.slice(0, SECONDS_OF_ISO).replace("T", " ")} UTC`;
  switch (step.op) {
    case "Sleep":
      return time && `Until ${time}`;
    case "WaitForEvent": {
      const awaited = [event, time && `until ${time}`].filter(Boolean).join(", ");
      if (!step.done) return awaited || null;
      return `${awaited}: ${step.memo?.head === "null" ? "none came" : "it came"}`;
    }
    case "InvokeFunction":
      return functionId === null || childKnown ? null : `${functionName(functionId)}:`;
    default:
      return null;
  }
}

function waitsForEver(op: string): Activity | null {
  if (op === "WaitForEvent") return { tone: "neutral", words: "Waits for an event", at: null };
  if (op === "InvokeFunction") {
    return { tone: "neutral", words: "Waits for the run it invoked", at: null };
  }
  return null;
}

type Result = Pick<TimelineStep, "output" | "error">;

const NO_RESULT: Result = { output: null, error: null };

/** What is memoised of a step, without the envelope that tells data from errors. */
function resultOf({ op, memo }: StepRecord): Result {
  if (memo === null || op === "Sleep") return NO_RESULT;
  if (op === "WaitForEvent") {
    return { output: memo.head === "null" ? null : jsonText(memo), error: null };
  }
  return memo.cut ? resultOfBeginning(memo) : resultOfWhole(memo);
}

function resultOfWhole(memo: StoredText): Result {
  const value = parseJson(memo.head);
  if (typeof value !== "object" || value === null) return { output: jsonText(memo), error: null };
  if ("error" in value) return { output: null, error: runError(JSON.stringify(value.error)) };
  if (!("data" in value)) return { output: jsonText(memo), error: null };
  // A step without a return value has none to show.
  if (value.data === null || value.data === undefined) return NO_RESULT;
  return {
    output: {
      text: indented(value.data) ?? "",
      cut: false,
      bytes: memo.bytes - '{"data":}'.length,
    },
    error: null,
  };
}

function resultOfBeginning(memo: StoredText): Result {
  if (memo.head.startsWith('{"error":')) {
    return { output: null, error: runError(memo.head) };
  }
  return { output: { ...jsonText(memo), text: memo.head.replace(/^\{"data":/, "") }, error: null };
}
