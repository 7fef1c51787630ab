import { StepError } from "inngest";

/** What code that catches an error can see of it. */
export const caughtAs = (error: unknown): Record<string, unknown> =>
  error instanceof Error
    ? {
        name: error.name,
        message: error.message,
        isStepError: error instanceof StepError,
        stepId: error instanceof StepError ? error.stepId : undefined,
      }
    : { thrown: typeof error };
