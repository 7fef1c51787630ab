import { backoff, retryAfter } from "./backoff.ts";
import type { Reply } from "./call.ts";
import { isDone } from "./job-state.ts";
import { toJsonError, unreachableError } from "./json-error.ts";
import { MAX_REPLY_BYTES, outputOverflow, stateOverflow, stepOverflow } from "./limits.ts";
import { type Op, opsSchema, RUN_COMPLETE_ID, stepName, type TimedOp, timed } from "./op.ts";
import { planStep } from "./planned-step.ts";
import type { Change, ClaimedJob, FunctionDefinition, JsonError, Outcome } from "./types.ts";

/** What a reply is judged by, beside itself. Times in epoch milliseconds. */
export type Circumstances = {
  now: number;
  startedAt: number;
  maxAttempts: number;
  /** Between 0 and 1. */
  random: () => number;
  retryIntervalMs: number | undefined;
  functions: ReadonlyMap<string, FunctionDefinition>;
};

/** What the headers of a reply say about the next attempt. */
type RetryHints = { noRetry: boolean; retryAfter: string | null };

const NO_HINTS: RetryHints = { noRetry: false, retryAfter: null };

/** A change that only ends the job. */
export const nothing = (job: ClaimedJob): Change => ({
  job,
  checkpoint: false,
  version: job.version,
  planOnly: null,
  done: [],
  planned: [],
  advance: false,
  retry: null,
  end: null,
  attempts: [],
  events: [],
  runs: [],
  resumes: [],
  cancels: [],
});

const failure = (error: JsonError): Outcome => ({
  status: "failed",
  output: null,
  error: JSON.stringify(error),
});

/** The run has failed for good with this error. */
export const failRun = (job: ClaimedJob, error: JsonError): Change => ({
  ...nothing(job),
  end: failure(error),
});

function retryOrNull(job: ClaimedJob, hints: RetryHints, at: Circumstances): Change["retry"] {
  if (hints.noRetry || job.attempt + 1 >= at.maxAttempts) return null;
  const delay =
    retryAfter(hints.retryAfter, at.now) ?? at.retryIntervalMs ?? backoff(job.attempt, at.random);
  return { dueAt: at.now + delay, attempt: job.attempt + 1 };
}

const bodyAttempt = (job: ClaimedJob, at: Circumstances, error: JsonError | null) => ({
  stepId: job.stepId,
  name: "",
  number: job.attempt,
  startedAt: at.startedAt,
  endedAt: at.now,
  error: error && JSON.stringify(error),
});

/** The call has failed outside steps: once more, or the run has failed. */
export function bodyFailed(
  job: ClaimedJob,
  error: JsonError,
  at: Circumstances,
  hints: RetryHints = NO_HINTS,
): Change {
  const retry = retryOrNull(job, hints, at);
  return {
    ...(retry ? { ...nothing(job), retry } : failRun(job, error)),
    attempts: [bodyAttempt(job, at, error)],
  };
}

/** A step that the app executed, well or not. Adds to `change`. */
function addExecuted(
  change: Change,
  { op, startedAt, endedAt }: TimedOp,
  hints: RetryHints,
  at: Circumstances,
): void {
  const { job } = change;
  const name = stepName(op);
  const failed = op.op === "StepRun" ? null : toJsonError(op.error);
  const memo = JSON.stringify(failed ? { error: failed } : { data: op.data ?? null });
  const bytes = Buffer.byteLength(memo);
  const state = change.done.reduce((sum, step) => sum + Buffer.byteLength(step.memo), bytes);
  change.retry = op.op === "StepError" ? retryOrNull(job, hints, at) : null;
  const overflow = change.retry
    ? null
    : (outputOverflow(`The output of step "${name}"`, bytes) ??
      stateOverflow(job.stateBytes + state));
  const error = overflow ?? failed;
  change.attempts.push({
    stepId: op.id,
    name,
    number: job.attempt,
    startedAt,
    endedAt,
    error: error && JSON.stringify(error),
  });
  if (overflow) {
    change.end = failure(overflow);
  } else if (!change.retry) {
    change.done.push({ stepId: op.id, op: op.op, name, memo });
    change.advance = true;
  }
}

function complete(change: Change, data: unknown, at: Circumstances): void {
  const { job } = change;
  const output = JSON.stringify(data ?? null);
  const overflow = stateOverflow(job.stateBytes + Buffer.byteLength(output));
  change.end = overflow ? failure(overflow) : { status: "completed", output, error: null };
  change.attempts.push(bodyAttempt(job, at, overflow));
}

function addPlanned(change: Change, op: Op, at: Circumstances): void {
  const plan = planStep(change.job, op, at);
  if ("error" in plan) {
    change.end = failure(plan.error);
  } else if ("planned" in plan) {
    change.planned.push(plan.planned);
  } else {
    change.done.push(plan.done);
    change.advance = true;
  }
}

function failBody(change: Change, error: JsonError, hints: RetryHints, at: Circumstances): void {
  const { retry, end, attempts } = bodyFailed(change.job, error, at, hints);
  change.retry = retry;
  change.end = end;
  change.attempts.push(...attempts);
}

const EXECUTED = new Set(["StepRun", "StepError", "StepFailed"]);

function addOp(change: Change, timedOp: TimedOp, hints: RetryHints, at: Circumstances): void {
  const { op } = timedOp;
  if (op.op === "RunComplete") {
    complete(change, op.data, at);
  } else if (op.op === "StepNotFound" || (EXECUTED.has(op.op) && op.id === RUN_COMPLETE_ID)) {
    const final = { ...hints, noRetry: hints.noRetry || op.op === "StepFailed" };
    failBody(change, toJsonError(op.error ?? op), final, at);
  } else if (EXECUTED.has(op.op)) {
    addExecuted(change, timedOp, hints, at);
  } else {
    addPlanned(change, op, at);
  }
}

/** Whether the next calls may only plan: no two of them may execute the same step. Null = as before. */
function planOnlyAfter({ job, planned }: Change): boolean | null {
  if (planned.length > 1) return true;
  return planned.length === 0 || job.pending > 0 ? null : false;
}

/**
 * What ops change, in their order up to the one that ends the call or the run. A step counts once; those that are done already are passed
 * over: the SDK reports a step again where the answer to its checkpoint was lost.
 */
export function decideOps(
  job: ClaimedJob,
  ops: Op[],
  at: Circumstances,
  hints: RetryHints = NO_HINTS,
): Change {
  const seen = new Set<string>();
  const fresh = ops.filter(({ id }) => !isDone(job, id) && !seen.has(id) && seen.add(id));
  if (fresh.length === 0 && ops.length > 0) {
    const message = "The app reported nothing but steps that are done already";
    return bodyFailed(job, { name: "InvalidReplyError", message }, at);
  }
  const told = fresh.some(({ id }) => id === job.stepId || id === RUN_COMPLETE_ID);
  if (job.stepId !== "step" && !told) {
    const message = "The app was asked for one step and reported nothing of it";
    return bodyFailed(job, { name: "InvalidReplyError", message }, at);
  }
  const steps = fresh.filter((op) => op.id !== RUN_COMPLETE_ID).length;
  const overflow = stepOverflow(job.stepCount + steps);
  if (overflow) return failRun(job, overflow);
  const change = nothing(job);
  for (const timedOp of timed(fresh, at.startedAt, at.now)) {
    addOp(change, timedOp, hints, at);
    if (change.end || change.retry) break;
  }
  if (change.end) return { ...change, planned: [], advance: false, retry: null };
  return { ...change, planOnly: planOnlyAfter(change) };
}

/** The attempt is given up: its worker was lost each time. A failed attempt of the step, or of the function's body. */
export function decideLost(job: ClaimedJob, at: Circumstances): Change {
  const error = {
    name: "WorkerLostError",
    message: `The process that executed the call ended ${job.claims - 1} times before the app had answered. See whether this code makes it crash.`,
  };
  if (job.stepId === "step") return bodyFailed(job, error, at);
  return decideOps(job, [{ id: job.stepId, op: "StepError", displayName: "", error }], at);
}

/** What is wrong with a reply that is not the SDK's word on the function; null = nothing. */
function misreply(reply: Extract<Reply, { kind: "answer" }>): string | null {
  if (!reply.fromSdk) {
    return `The reply (status ${reply.status}) does not come from the Inngest SDK`;
  }
  if (reply.status === 201) return "The streamed reply of the app broke off or is not the SDK's";
  return null;
}

/**
 * What a reply of the app changes: steps done and planned, the next attempt, the end of the run. Pure but for `at.random` and the ids of
 * invoked runs.
 */
export function decide(job: ClaimedJob, reply: Reply, at: Circumstances): Change {
  if (reply.kind === "unreachable") return bodyFailed(job, unreachableError(reply.error), at);
  const wrong = misreply(reply);
  if (wrong) {
    const hints = { ...reply, noRetry: false };
    return bodyFailed(job, { name: "InvalidReplyError", message: wrong }, at, hints);
  }
  const known = { ...job, version: reply.version ?? job.version };
  const tooLarge = outputOverflow("The reply of the app", reply.bytes, MAX_REPLY_BYTES);
  if (tooLarge) {
    return { ...failRun(known, tooLarge), attempts: [bodyAttempt(job, at, tooLarge)] };
  }
  if (reply.status === 200) {
    const change = nothing(known);
    complete(change, reply.body, at);
    return change;
  }
  if (reply.status !== 206) {
    const error = toJsonError(reply.body, `The app answered with status ${reply.status}`);
    // The SDK stops a call whose checkpoint was refused because another call took its place. This one has not been replaced.
    const stale = error.name === "StaleDispatchError";
    return bodyFailed(job, error, at, stale ? { ...reply, noRetry: false } : reply);
  }
  const ops = opsSchema.safeParse(reply.body);
  if (!ops.success || (ops.data.length === 0 && job.pending === 0)) {
    const message = "The function neither ended nor said which step comes next";
    return bodyFailed(job, { name: "InvalidReplyError", message }, at, reply);
  }
  return decideOps(known, ops.data, at, reply);
}
