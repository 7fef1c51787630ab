import { backoff, retryAfter } from "./backoff.ts";
import type { Reply } from "./call.ts";
import { FINISH_TIMEOUT } from "./claim.sql.ts";
import { sleepEnd } from "./duration.ts";
import type { Change, ClaimedJob, JsonError, PlannedStep } from "./types.ts";

/** Inngest's limits per run and per step output. */
const MAX_STEPS = 1000;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/** What a reply is judged by, beside itself. */
type Circumstances = {
  now: number;
  startedAt: number;
  maxAttempts: number;
  random: () => number;
  retryIntervalMs: number | undefined;
};

type Op = {
  id: string;
  op: string;
  name?: unknown;
  displayName?: unknown;
  opts?: { type?: unknown; parallelMode?: unknown } | null;
  data?: unknown;
  error?: unknown;
};

/** The step tool behind an op, for messages to people. */
const TOOLS: Record<string, string> = {
  WaitForEvent: "step.waitForEvent",
  InvokeFunction: "step.invoke",
  WaitForSignal: "step.waitForSignal",
  Gateway: "step.fetch",
  AIGateway: "step.ai.infer",
  DeferAdd: "defer",
  DeferAbort: "defer",
};

/** A text that Postgres can store. */
const storable = (text: string): string => text.replace(/\0|\p{Surrogate}/gu, "\u{FFFD}");

function toJsonError(value: unknown): JsonError {
  const source = (typeof value === "object" && value !== null ? value : {}) as Partial<JsonError>;
  return {
    name: typeof source.name === "string" ? source.name : "Error",
    message: typeof source.message === "string" ? source.message : String(value),
    ...(typeof source.stack === "string" ? { stack: source.stack } : {}),
    ...(source.cause === undefined ? {} : { cause: source.cause }),
  };
}

const nothing = (job: ClaimedJob): Change => ({
  job,
  version: job.version,
  planOnly: null,
  step: null,
  planned: [],
  advance: false,
  retry: null,
  end: null,
  attempt: null,
  runs: [],
});

/** The run is failed for good with this error. */
export function failRun(job: ClaimedJob, error: JsonError): Change {
  return { ...nothing(job), end: { status: "failed", output: null, error: JSON.stringify(error) } };
}

/** What becomes of a job the engine does itself: the end of a sleep, a timeout. */
export function decideTimer(job: ClaimedJob): Change {
  if (job.ended) return nothing(job);
  if (job.kind === "sleep") {
    return {
      ...nothing(job),
      step: { stepId: job.stepId, op: "Sleep", name: "", memo: "null" },
      advance: true,
    };
  }
  const overdue = job.stepId === FINISH_TIMEOUT || !job.started;
  return overdue
    ? { ...nothing(job), end: { status: "cancelled", output: null, error: null } }
    : nothing(job);
}

function retryOrNull(
  job: ClaimedJob,
  reply: { noRetry: boolean; retryAfter: string | null },
  at: Circumstances,
): Change["retry"] {
  if (reply.noRetry || job.attempt + 1 >= at.maxAttempts) return null;
  const delay =
    retryAfter(reply.retryAfter, at.now) ?? at.retryIntervalMs ?? backoff(job.attempt, at.random);
  return { dueAt: at.now + delay, attempt: job.attempt + 1 };
}

/** The call failed outside steps: once more, or the run has failed. */
function bodyFailed(
  job: ClaimedJob,
  error: JsonError,
  reply: { noRetry: boolean; retryAfter: string | null },
  at: Circumstances,
): Change {
  const retry = retryOrNull(job, reply, at);
  return {
    ...(retry ? { ...nothing(job), retry } : failRun(job, error)),
    attempt: {
      stepId: job.stepId,
      name: "",
      startedAt: at.startedAt,
      error: JSON.stringify(error),
    },
  };
}

/** A step was executed, well or not. */
function stepExecuted(
  job: ClaimedJob,
  op: Op,
  reply: { noRetry: boolean; retryAfter: string | null },
  at: Circumstances,
): Change {
  const name = storable(String(op.displayName ?? op.name ?? op.id));
  const failed = op.op !== "StepRun";
  const error = failed ? toJsonError(op.error) : null;
  const attempt = {
    stepId: op.id,
    name,
    startedAt: at.startedAt,
    error: error && JSON.stringify(error),
  };
  const retry = op.op === "StepError" ? retryOrNull(job, reply, at) : null;
  if (retry) return { ...nothing(job), retry, attempt };
  const memo = JSON.stringify(error ? { error } : { data: op.data ?? null });
  if (Buffer.byteLength(memo) > MAX_OUTPUT_BYTES) {
    const message = `The output of step "${name}" is larger than ${MAX_OUTPUT_BYTES} bytes. Store it and return a reference.`;
    return { ...failRun(job, { name: "OutputTooLargeError", message }), attempt };
  }
  return {
    ...nothing(job),
    step: { stepId: op.id, op: op.op, name, memo },
    advance: true,
    attempt,
  };
}

/** A planned step or a sleep; null where the engine does not support the op. */
function planOp(op: Op, now: number): PlannedStep | null {
  const name = storable(String(op.displayName ?? op.id));
  if (op.op === "StepPlanned") {
    return { stepId: op.id, op: op.op, name, kind: "call", dueAt: now };
  }
  const dueAt = op.op === "Sleep" ? sleepEnd(String(op.name), now) : null;
  return dueAt === null ? null : { stepId: op.id, op: op.op, name, kind: "sleep", dueAt };
}

function unsupported(job: ClaimedJob, op: Op): Change {
  const tool = op.opts?.parallelMode
    ? `group.parallel mode "${op.opts.parallelMode}"`
    : (TOOLS[op.op] ?? op.op);
  return failRun(job, {
    name: "UnsupportedStepError",
    message:
      `Step "${String(op.displayName ?? op.id)}" uses ${tool}, which the embedded engine does not support. ` +
      "Change the function, or set INNGEST_DEV to use an Inngest server.",
  });
}

function planned(job: ClaimedJob, ops: Op[], now: number): Change {
  const plans = ops.map((op) => planOp(op, now));
  const bad = ops.find((op, index) => plans[index] === null || op.opts?.parallelMode);
  if (bad) return unsupported(job, bad);
  if (job.stepCount + ops.length > MAX_STEPS) {
    return failRun(job, {
      name: "InngestErrFunctionOverflowed",
      message: `The run has more than ${MAX_STEPS} steps`,
    });
  }
  return {
    ...nothing(job),
    planned: plans.filter((plan) => plan !== null),
    planOnly: ops.length > 1,
  };
}

function isOps(body: unknown): body is Op[] {
  return (
    Array.isArray(body) &&
    body.every((op) => typeof op?.id === "string" && typeof op.op === "string")
  );
}

const EXECUTED = new Set(["StepRun", "StepError", "StepFailed"]);

/** What a reply of the app changes. Pure but for `at.random`. */
export function decide(job: ClaimedJob, reply: Reply, at: Circumstances): Change {
  if (reply.kind === "unreachable") {
    return bodyFailed(job, toJsonError(reply.error), { noRetry: false, retryAfter: null }, at);
  }
  if (!reply.fromSdk || reply.status === 201) {
    const message = reply.fromSdk
      ? "The serve handler streams its replies, which the embedded engine does not support: set streaming to false"
      : `The reply (status ${reply.status}) does not come from the Inngest SDK`;
    return bodyFailed(
      job,
      { name: "InvalidReplyError", message },
      { ...reply, noRetry: false },
      at,
    );
  }
  const known = { ...job, version: reply.version ?? job.version };
  if (reply.status === 200) {
    const output = JSON.stringify(reply.body ?? null);
    return {
      ...nothing(known),
      end: { status: "completed", output, error: null },
      attempt: { stepId: job.stepId, name: "", startedAt: at.startedAt, error: null },
    };
  }
  if (reply.status !== 206) return bodyFailed(job, toJsonError(reply.body), reply, at);
  if (!isOps(reply.body) || (reply.body.length === 0 && job.pending === 0)) {
    const message = "The function neither ended nor said which step comes next";
    return bodyFailed(job, { name: "InvalidReplyError", message }, reply, at);
  }
  const [first, ...others] = reply.body;
  if (first && others.length === 0 && EXECUTED.has(first.op)) {
    return job.stepCount >= MAX_STEPS
      ? planned(known, [first, first], at.now)
      : stepExecuted(known, first, reply, at);
  }
  return planned(known, reply.body, at.now);
}
