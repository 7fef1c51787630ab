import { parseJson } from "./json-text.ts";

/** What was thrown, as far as it is known. */
export type RunError = { name: string; message: string; stack: string | null };

/** Characters of a stack that a page shows. */
const SHOWN_STACK = 6_000;

/**
 * The error in a stored JSON text.
 * @param text the text, or its beginning: of one that is cut off, name and message are found if they are in it
 */
export function runError(text: string): RunError {
  const value = parseJson(text);
  if (value === undefined) return errorOfBeginning(text);
  if (typeof value === "string") return { name: "", message: value, stack: null };
  if (typeof value !== "object" || value === null) {
    return { name: "", message: String(value), stack: null };
  }
  const { name, message, stack } = value as Record<string, unknown>;
  return {
    name: typeof name === "string" ? name : "",
    message: typeof message === "string" ? message : JSON.stringify(value),
    stack: typeof stack === "string" && stack !== "" ? stack.slice(0, SHOWN_STACK) : null,
  };
}

/** An error in one line: "TypeError: x is not a function", without the name where it says nothing. */
export function errorLine({ name, message }: Pick<RunError, "name" | "message">): string {
  return [name !== "Error" && name, message].filter(Boolean).join(": ") || "An error without words";
}

function errorOfBeginning(text: string): RunError {
  const field = (name: string) => {
    const [, quoted = ""] = new RegExp(`"${name}":"((?:[^"\\\\]|\\\\.)*)`).exec(text) ?? [];
    return String(parseJson(`"${quoted}"`) ?? quoted);
  };
  return { name: field("name"), message: field("message"), stack: null };
}
