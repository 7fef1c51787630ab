import { statusWord } from "./status-word.ts";

/** Rows as `json_agg` gives them: times are texts. */
type Step = {
  step_id: string;
  op: string;
  name: string;
  details: string | null;
  position: number | null;
  memo: string | null;
  created_at: string | null;
  ended_at: string | null;
};
type Attempt = {
  step_id: string;
  name: string;
  number: number;
  status: string;
  started_at: string;
  ended_at: string;
  error: string | null;
};
type Job = { step_id: string; kind: string; state: string; attempt: number; due_at: string };

/** What is stored of the progress of a run. */
export type ProgressRow = {
  ended_at: Date | null;
  steps: Step[];
  attempts: Attempt[];
  jobs: Job[];
};

/** The function's body goes by the step id of its discovery calls. */
const BODY = "step";

const parse = (json: string | null): unknown => (json === null ? null : JSON.parse(json));
const isoTime = (time: string | null) => (time === null ? null : new Date(time).toISOString());

/** `number` counts from 0; "Interrupted": the process ended while it ran. */
function viewAttempt(attempt: Attempt) {
  return {
    number: attempt.number,
    status: statusWord(attempt.status),
    started_at: new Date(attempt.started_at).toISOString(),
    ended_at: new Date(attempt.ended_at).toISOString(),
    error: parse(attempt.error),
  };
}

/** A memo as the function receives it: `{data}` and `{error}` are wrapped, an awaited event and the null of a sleep are not. */
function readMemo(text: string | null): { output: unknown; error: unknown } {
  const memo = parse(text);
  if (memo !== null && typeof memo === "object" && Object.keys(memo).length === 1) {
    if ("data" in memo) return { output: memo.data, error: null };
    if ("error" in memo) return { output: null, error: memo.error };
  }
  return { output: memo, error: null };
}

/** Of a step that is not done: from its job or, where it is executed within a discovery call, from the body's. */
function openStatus(job: Job | undefined, runHasEnded: boolean) {
  if (runHasEnded) return "Cancelled";
  if (job?.kind !== "call") return "Waiting";
  return job.state === "claimed" ? "Running" : "Queued";
}

const nextAttemptOf = (job: Job | undefined) =>
  job?.kind === "call" && job.state !== "claimed" ? isoTime(job.due_at) : null;

function viewStep(step: Step, attempts: Attempt[], job: Job | undefined, ended: boolean) {
  const { output, error } = readMemo(step.memo);
  const open = step.position === null;
  const done = error === null ? "Completed" : "Failed";
  return {
    /** SHA-1 of the id in the function's code. */
    id: step.step_id,
    name: step.name,
    op: step.op,
    status: open ? openStatus(job, ended) : done,
    /** Until when it sleeps, which event it waits for, what it invokes. */
    waits_for: parse(step.details),
    created_at: isoTime(step.created_at),
    ended_at: isoTime(step.ended_at),
    next_attempt_at: open ? nextAttemptOf(job) : null,
    output: open ? null : output,
    error,
    attempts: attempts.map(viewAttempt),
  };
}

/** A step that has failed within discovery calls and is tried again by them: it has attempts, but is not stored as a step yet. */
function viewRetried(attempts: Attempt[], body: Job | undefined, ended: boolean) {
  const [first] = attempts;
  const last = attempts.at(-1);
  if (!first || !last) return [];
  const { step_id, name, started_at: created_at } = first;
  const open = { op: "StepRun", details: null, position: null, memo: null, ended_at: null };
  const view = viewStep({ step_id, name, created_at, ...open }, attempts, body, ended);
  const status = ended && last.status === "failed" ? "Failed" : view.status;
  return [{ ...view, status, error: parse(last.error) }];
}

/**
 * The steps of a run, those that are done first and in the order of their completion, each with its attempts; beside them the attempts of
 * the function's body and when its next call is due.
 */
export function progressOf({ ended_at, steps, attempts, jobs }: ProgressRow) {
  const ended = ended_at !== null;
  const jobOf = new Map(jobs.map((job) => [job.step_id, job]));
  const attemptsOf = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const own = attemptsOf.get(attempt.step_id);
    if (own) own.push(attempt);
    else attemptsOf.set(attempt.step_id, [attempt]);
  }
  const body = jobOf.get(BODY);
  const stored = steps.map((step) => {
    const own = attemptsOf.get(step.step_id) ?? [];
    attemptsOf.delete(step.step_id);
    return viewStep(step, own, jobOf.get(step.step_id), ended);
  });
  const ofBody = attemptsOf.get(BODY) ?? [];
  attemptsOf.delete(BODY);
  const retried = [...attemptsOf.values()].flatMap((own) => viewRetried(own, body, ended));
  return {
    next_call_at: ended ? null : nextAttemptOf(body),
    attempts: ofBody.map(viewAttempt),
    steps: [...stored, ...retried],
  };
}
