import { isUlid } from "../events/ulid.ts";
import { InvalidInputError } from "./invalid-input.ts";

/** Far above 5,000 usual events, and above the largest checkpoint (a run's whole state is at most 32 MB). */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_PAGE = 100;

/** The JSON of a request's body. Throws `InvalidInputError`: 400 where it is none, 413 above 64 MiB (read no further than that). */
export async function readJson(request: Request): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BODY_BYTES) {
        throw new InvalidInputError(
          `the body is larger than ${MAX_BODY_BYTES} bytes: send less at a time`,
          413,
        );
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof InvalidInputError ? error : new InvalidInputError("the body broke off");
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new InvalidInputError("the body is not JSON");
  }
}

/** A ULID from the path. Throws `InvalidInputError` where it is none. */
export function ulidOf(text: string, what: "event" | "run"): string {
  if (isUlid(text)) return text;
  throw new InvalidInputError(
    what === "event"
      ? `"${text}" is not an event's id: it is the id in the answer to POST /e/, not the sender's own`
      : `"${text}" is not a run's id`,
  );
}

/** `limit` (1–100) and `cursor` (the ULID of the last row of the page before) of a list. Throws `InvalidInputError`. */
export function readPage(
  query: URLSearchParams,
  defaultLimit: number,
): { limit: number; cursor: string | null } {
  const limitText = query.get("limit") || String(defaultLimit);
  const limit = Number(limitText);
  if (!/^\d+$/.test(limitText) || limit < 1 || limit > MAX_PAGE) {
    throw new InvalidInputError(`limit must be a whole number from 1 to ${MAX_PAGE}`);
  }
  const cursor = query.get("cursor") || null;
  if (cursor !== null && !isUlid(cursor)) {
    throw new InvalidInputError("cursor must be the id of the last row of the page before");
  }
  return { limit, cursor };
}

/** A time given as ISO 8601; null where it is not given. Throws `InvalidInputError`. */
export function readTime(query: URLSearchParams, name: string): Date | null {
  // An unescaped "+" of a UTC offset arrives as a space.
  const text = query.get(name)?.replace(" ", "+");
  if (!text) return null;
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new InvalidInputError(`${name} must be a time like 2026-01-31T12:00:00Z`);
  return new Date(ms);
}
