import { NonRetriableError, RetryAfterError } from "inngest";
import { z } from "zod";
import { AppError, type ErrorCode, isErrorCode, toAppError } from "~/reliability/errors.ts";

/**
 * Runs the body of a step and throws what Inngest understands: `NonRetriableError` where trying again is pointless, `RetryAfterError`
 * where the other side named a time, otherwise an error that is retried with backoff. The coded error travels as `cause`, its code as
 * the `name`: of an error that goes through Inngest only name, message, stack and cause are kept.
 * @param redact takes secrets out of messages and stacks, since Inngest keeps and shows them
 */
export async function asStep<T>(work: () => Promise<T>, redact: Redact = asItIs): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toInngestError(error, redact);
  }
}

type Redact = (text: string) => string;

const asItIs: Redact = (text) => text;

function toInngestError(thrown: unknown, redact: Redact): Error {
  const error = toAppError(thrown);
  const cause = named(error, redact);
  const message = redact(error.userMessage);
  if (!error.retryable) return new NonRetriableError(message, { cause });
  if (error.retryAfterMs !== undefined) {
    return new RetryAfterError(message, error.retryAfterMs, { cause });
  }
  return new Error(message, { cause });
}

/** Code and message of what a step threw, before it goes through Inngest. */
export function failureOfThrown(
  thrown: unknown,
  redact: Redact = asItIs,
): { code: ErrorCode; message: string } {
  return failureOf(toInngestError(thrown, redact));
}

function named(error: AppError, redact: Redact): Error {
  const cause = error.cause instanceof AppError ? named(error.cause, redact) : undefined;
  const copy = new Error(redact(error.userMessage), { cause });
  copy.name = error.code;
  copy.stack = redact(error.stack ?? "");
  return copy;
}

const serializedError = z.object({
  name: z.string().catch(""),
  message: z.string().catch(""),
  cause: z.unknown().optional(),
});

/**
 * Code and message of an error that went through Inngest's JSON. A wrapper (`MAX_RETRIES_EXCEEDED`) gives way to the cause that a
 * person can act on.
 */
export function failureOf(error: unknown): { code: ErrorCode; message: string } {
  let found: { code: ErrorCode; message: string } | null = null;
  let outermost = "";
  for (let level: unknown = error, depth = 0; level && depth < 6; depth++) {
    const parsed = serializedError.safeParse(level);
    if (!parsed.success) break;
    outermost ||= parsed.data.message;
    const { name: code, message } = parsed.data;
    if (isErrorCode(code) && (!found || found.code === "MAX_RETRIES_EXCEEDED")) {
      found = { code, message: message || outermost };
    }
    level = parsed.data.cause;
  }
  return found ?? { code: "UNEXPECTED_ERROR", message: outermost || "The run failed." };
}
