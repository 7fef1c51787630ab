/** What comes before a function's own id in the ids that the engine knows. */
const APP_PREFIX = "opinion-scope-";

/** The step id of what is not a step: the function's body. */
export const BODY = "step";

/** A function's id as it stands in the code: "opinion-scope-sync-whale" as "sync-whale". */
export function functionName(functionId: string): string {
  return functionId.startsWith(APP_PREFIX) ? functionId.slice(APP_PREFIX.length) : functionId;
}

const TRIGGERS: Record<string, string | undefined> = {
  "inngest/scheduled.timer": "Schedule",
  "inngest/function.invoked": "Invoked by a run",
  "inngest/function.failed": "A run failed",
  "inngest/function.finished": "A run ended",
  "inngest/function.cancelled": "A run was cancelled",
};

/** What started a run, by the name of its event: an event of the app by its own name. */
export function triggerName(eventName: string): string {
  return TRIGGERS[eventName] ?? eventName;
}

const KINDS: Record<string, string | undefined> = {
  StepRun: "Step",
  Step: "Step",
  StepPlanned: "Step",
  StepError: "Step",
  StepFailed: "Step",
  Sleep: "Sleep",
  WaitForEvent: "Wait for an event",
  WaitForSignal: "Wait for a signal",
  InvokeFunction: "Invoke a function",
};

/** What kind of step an op of the protocol is, in words. */
export function stepKind(op: string): string {
  return KINDS[op] ?? op;
}

const CANCEL_CAUSES: Record<string, string> = {
  asked: "cancelled by hand",
  singleton: "cancelled for a newer run of its singleton",
  "timeout:start": "cancelled: it had to queue too long",
  "timeout:finish": "cancelled: it took too long",
};

/** Why a run was cancelled, in words. */
export function cancelCauseWords(cause: string): string {
  return CANCEL_CAUSES[cause] ?? `cancelled by the event ${cause.replace(/^event /, "")}`;
}
