import { sleepEnd } from "./duration.ts";
import { newRun } from "./events/new-run.ts";
import { receivedMeta } from "./events/sessions.ts";
import { storable } from "./events/storable.ts";
import { ulid } from "./events/ulid.ts";
import { messageOf } from "./http/invalid-input.ts";
import { MAX_WAIT_DAYS, outputOverflow } from "./limits.ts";
import { type Op, stepName } from "./op.ts";
import { compileExpression, matchOf } from "./registration/expressions.ts";
import type {
  ClaimedJob,
  DoneStep,
  EngineEvent,
  FunctionDefinition,
  JsonError,
  PlannedStep,
} from "./types.ts";

/** What becomes of an op that is not executed by the app itself. */
type Plan = { planned: PlannedStep } | { done: DoneStep } | { error: JsonError };

type Around = {
  now: number;
  functions: ReadonlyMap<string, FunctionDefinition>;
};

const TIMEOUT_MEMO = JSON.stringify({
  error: {
    name: "InngestInvokeTimeoutError",
    message: "Timed out waiting for invoked function to complete",
  },
});

/** The step tool behind an op that the engine has no part for. */
const UNSUPPORTED: Record<string, string> = {
  WaitForSignal: "step.waitForSignal",
  Gateway: "step.fetch",
  AIGateway: "step.ai.infer",
  DeferAdd: "defer",
  DeferAbort: "defer",
};

const iso = (ms: number): string => new Date(ms).toISOString();

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Until when a step waits, in epoch milliseconds, by the SDK's text for it: a duration, a date, or nothing for no time at all. */
function readUntil(op: Op, text: unknown, now: number): number | JsonError {
  const until = text === "" ? now : sleepEnd(String(text), now);
  if (until === null) {
    return {
      name: "InvalidStepError",
      message: `Step "${stepName(op)}" waits for "${String(text)}", which is neither a duration nor a date.`,
    };
  }
  if (until - now > MAX_WAIT_DAYS * 86_400_000) {
    return {
      name: "InvalidStepError",
      message: `Step "${stepName(op)}" waits until ${iso(until)}: at most ${MAX_WAIT_DAYS} days are possible. Wait in several steps.`,
    };
  }
  return until;
}

function base(job: ClaimedJob, op: Op, details: object | null) {
  return {
    stepId: op.id,
    op: op.op,
    name: stepName(op),
    details: details && JSON.stringify(details),
    // The first version of the request format has every step raced.
    race: op.opts?.parallelMode === "race" || job.version === 1,
  };
}

function planSleep(job: ClaimedJob, op: Op, now: number): Plan {
  const until = readUntil(op, op.name, now);
  if (typeof until !== "number") return { error: until };
  return { planned: { ...base(job, op, { until: iso(until) }), kind: "sleep", until } };
}

function planWait(job: ClaimedJob, op: Op, now: number): Plan {
  const until = readUntil(op, op.opts?.timeout, now);
  if (typeof until !== "number") return { error: until };
  const eventName = storable(String(op.name));
  const expression = typeof op.opts?.if === "string" ? storable(op.opts.if) : null;
  const [trigger] = JSON.parse(job.events) as EngineEvent[];
  let match = null;
  if (expression !== null && trigger) {
    try {
      compileExpression(expression);
      match = matchOf(expression, trigger);
    } catch (error) {
      const message = `Step "${stepName(op)}" cannot wait: ${messageOf(error)}`;
      return { error: { name: "InvalidExpressionError", message } };
    }
  }
  const details = {
    event: eventName,
    ...(expression === null ? {} : { if: expression }),
    until: iso(until),
  };
  const pause = { eventName, expression, match, expiresAt: until };
  return { planned: { ...base(job, op, details), kind: "wait", pause, until } };
}

function planInvoke(job: ClaimedJob, op: Op, { now, functions }: Around): Plan {
  const functionId = String(op.opts?.function_id);
  const definition = functions.get(functionId);
  if (!definition) {
    const message = `could not find function with ID: ${functionId}`;
    const memo = JSON.stringify({ error: { name: "Error", message } });
    return { done: { stepId: op.id, op: op.op, name: stepName(op), memo } };
  }
  const limit = op.opts?.timeout;
  const until = limit === undefined || limit === null ? null : readUntil(op, limit, now);
  if (until !== null && typeof until !== "number") return { error: until };
  const payload = isRecord(op.opts?.payload) ? op.opts.payload : {};
  const meta = receivedMeta(payload.meta);
  const event: EngineEvent = {
    name: "inngest/function.invoked",
    data: {
      ...(isRecord(payload.data) ? payload.data : {}),
      _inngest: { fn_id: functionId, correlation_id: `${job.runId}.${op.id}` },
    },
    user: {},
    id: ulid(now),
    ts: now,
    ...(typeof payload.v === "string" ? { v: payload.v } : {}),
    ...(meta && { meta }),
  };
  const parent = { runId: job.runId, stepId: op.id };
  const run = newRun(definition, [event], { now, eventIds: [], key: null, parent });
  const overflow = outputOverflow(
    `The data that step "${stepName(op)}" gives to "${functionId}"`,
    Buffer.byteLength(run.events),
  );
  if (overflow) return { error: overflow };
  const details = {
    functionId,
    runId: run.id,
    ...(until === null ? {} : { until: iso(until) }),
  };
  return {
    planned: { ...base(job, op, details), kind: "invoke", run, until, timeoutMemo: TIMEOUT_MEMO },
  };
}

/**
 * What is to be done for a step that the app only found: run it in a call of its own, wait, or start another function. The error is the
 * run's: an option that makes no sense or an op the engine does not know. `around.now` in epoch milliseconds.
 */
export function planStep(job: ClaimedJob, op: Op, around: Around): Plan {
  switch (op.op) {
    case "StepPlanned":
      return { planned: { ...base(job, op, null), kind: "call" } };
    case "Sleep":
      return planSleep(job, op, around.now);
    case "WaitForEvent":
      return planWait(job, op, around.now);
    case "InvokeFunction":
      return planInvoke(job, op, around);
    default: {
      const tool = UNSUPPORTED[op.op] ?? op.op;
      const message =
        `Step "${stepName(op)}" uses ${tool}, which the embedded engine does not support. ` +
        "Change the function, or use an Inngest server.";
      return { error: { name: "UnsupportedStepError", message } };
    }
  }
}
