import type { EngineLogger } from "~/inngest/engine/types.ts";

const STACK_LINES = 4;

type ErrorText = { name: string; message: string; stack?: string };

const isErrorText = (value: unknown): value is ErrorText =>
  typeof value === "object" && value !== null && "name" in value && "message" in value;

/** An error, given as one or as the JSON that is stored of it. */
function errorOf(value: unknown): ErrorText | null {
  if (isErrorText(value)) return value;
  if (typeof value !== "string" || !value.startsWith("{")) return null;
  try {
    const parsed: unknown = JSON.parse(value);
    return isErrorText(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}

/** The message, which may have lines of its own, and where it was thrown. */
function linesOf({ name, message, stack = "" }: ErrorText): string[] {
  const places = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return [...`${name}: ${message}`.split("\n"), ...places.slice(0, STACK_LINES)];
}

/**
 * A log for a person at a terminal: "12:00:00  warn   message  name=value" in one line, below it errors with the top of their stack. What is
 * only for debugging is left out.
 */
export function createLineLogger(write: (text: string) => void): EngineLogger {
  const log = (level: string) => (fields: object, message: string) => {
    const parts = [new Date().toTimeString().slice(0, 8), level.padEnd(5), message];
    const below: string[] = [];
    for (const [name, value] of Object.entries(fields)) {
      const error = errorOf(value);
      if (error) below.push(...linesOf(error));
      else if (value !== undefined && value !== null) parts.push(`${name}=${textOf(value)}`);
    }
    write([parts.join("  "), ...below.map((line) => `          ${line.trim()}`), ""].join("\n"));
  };
  return { info: log("info"), warn: log("warn"), error: log("error"), debug() {} };
}
