import type { JsonError } from "./types.ts";

const MB = 1024 * 1024;

/** Inngest's limits (https://www.inngest.com/docs/usage-limits/inngest): steps of a run, and ops in one reply. */
const MAX_STEPS = 1000;
/** Output of a step, and what is given to an invoked function. */
const MAX_OUTPUT_BYTES = 4 * MB;
/** A whole reply of an app. */
export const MAX_REPLY_BYTES = 8 * MB;
/** Events, memoised steps and output of a run. */
const MAX_STATE_BYTES = 32 * MB;
/** A sleep, and the timeout of a wait or an invocation. */
export const MAX_WAIT_DAYS = 366;

/** The error of a run with so many steps; null = there may be as many. */
export function stepOverflow(steps: number): JsonError | null {
  if (steps <= MAX_STEPS) return null;
  return {
    name: "InngestErrFunctionOverflowed",
    message: `The run has more than ${MAX_STEPS} steps. Do more in each step, or send events to functions that do the rest.`,
  };
}

/** The error of a run with a state of so many bytes; null = it may be as large. */
export function stateOverflow(bytes: number): JsonError | null {
  if (bytes <= MAX_STATE_BYTES) return null;
  return {
    name: "InngestErrStateOverflowed",
    message: `The events, step outputs and output of the run take more than ${MAX_STATE_BYTES / MB} MB. Store the data elsewhere and return references.`,
  };
}

/** The error of an output (of what `what` names) of so many bytes; null = it may be as large. */
export function outputOverflow(
  what: string,
  bytes: number,
  limit: number = MAX_OUTPUT_BYTES,
): JsonError | null {
  if (bytes <= limit) return null;
  return {
    name: "output_too_large",
    message: `${what} is larger than ${limit / MB} MB. Store the data elsewhere and return a reference.`,
  };
}
