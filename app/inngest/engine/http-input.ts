/** Far above 5,000 usual events, and above the largest checkpoint (a run's whole state is at most 32 MB). */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_PAGE = 100;

/** A request that is answered by this status; the message says what is wrong with it. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const badRequest = (message: string) => new HttpError(400, message);

/** The JSON of a request's body. Throws an `HttpError`: 400 where it is none, 413 above 64 MiB (read no further than that). */
export async function readJson(request: Request): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BODY_BYTES) {
        throw new HttpError(
          413,
          `the body is larger than ${MAX_BODY_BYTES} bytes: send less at a time`,
        );
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof HttpError ? error : badRequest("the body broke off");
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw badRequest("the body is not JSON");
  }
}

const isUlid = (text: string) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);

/** A ULID from the path. Throws an `HttpError` (400) where it is none. */
export function ulidOf(text: string, what: "event" | "run"): string {
  if (isUlid(text)) return text;
  throw badRequest(
    what === "event"
      ? `"${text}" is not an event's id: it is the id in the answer to POST /e/, not the sender's own`
      : `"${text}" is not a run's id`,
  );
}

/** `limit` (1–100) and `cursor` (the ULID of the last row of the page before) of a list. Throws an `HttpError` (400). */
export function page(
  query: URLSearchParams,
  defaultLimit: number,
): { limit: number; cursor: string | null } {
  const limitText = query.get("limit") || String(defaultLimit);
  const limit = Number(limitText);
  if (!/^\d+$/.test(limitText) || limit < 1 || limit > MAX_PAGE) {
    throw badRequest(`limit must be a whole number from 1 to ${MAX_PAGE}`);
  }
  const cursor = query.get("cursor") || null;
  if (cursor !== null && !isUlid(cursor)) {
    throw badRequest("cursor must be the id of the last row of the page before");
  }
  return { limit, cursor };
}

/** A time given as ISO 8601; null where it is not given. Throws an `HttpError` (400). */
export function time(query: URLSearchParams, name: string): Date | null {
  // An unescaped "+" of a UTC offset arrives as a space.
  const text = query.get(name)?.replace(" ", "+");
  if (!text) return null;
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw badRequest(`${name} must be a time like 2026-01-31T12:00:00Z`);
  return new Date(ms);
}
