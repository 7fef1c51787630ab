import type { JsonError } from "./types.ts";

const LONGEST_EXCERPT = 500;

/** The beginning of a value, for a message. */
function excerpt(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length > LONGEST_EXCERPT ? `${text.slice(0, LONGEST_EXCERPT)}…` : text;
}

/**
 * The error in something that was thrown or that an app replied with: the SDK's `{ name, message, stack, cause }`, its
 * `{ error, requestedStep }` where the code has no such step (any more), or whatever else something on the way said, after `what`.
 */
export function toJsonError(value: unknown, what?: string): JsonError {
  const said = what === undefined ? excerpt(value) : `${what}: ${excerpt(value)}`;
  if (typeof value !== "object" || value === null) return { name: "Error", message: said };
  const source = value as Record<keyof JsonError | "error" | "requestedStep", unknown>;
  const message = [source.message, source.error].find((text) => typeof text === "string");
  return {
    name:
      typeof source.name === "string"
        ? source.name
        : source.requestedStep === undefined
          ? "Error"
          : "StepNotFoundError",
    message: message === undefined ? said : String(message),
    ...(typeof source.stack === "string" ? { stack: source.stack } : {}),
    ...(source.cause === undefined ? {} : { cause: toCause(source.cause) }),
  };
}

/** An `Error` has no JSON of its own. */
const toCause = (cause: unknown): unknown => (cause instanceof Error ? toJsonError(cause) : cause);

/** The error of a request that got no answer: only the cause of what `fetch` throws says why. */
export function unreachableError(thrown: unknown): JsonError {
  const error = toJsonError(thrown);
  const cause = thrown instanceof Error ? thrown.cause : null;
  if (!(cause instanceof Error)) return error;
  // Where several addresses were tried, the cause has no message of its own.
  const why = cause.message || ("code" in cause ? String(cause.code) : cause.name);
  return { ...error, message: `${error.message}: ${why}` };
}
