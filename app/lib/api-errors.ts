import { z } from "zod";
import { AppError, type ErrorCode } from "~/reliability/errors.ts";

export type ErrorBody = { error: { code: ErrorCode; message: string } };

/**
 * The error shape of the API and of refused page requests. The code follows from the status where none is given: 401 and 403 are
 * UNAUTHORIZED, every other 4xx (404, 405, 413 and 415 included) is INVALID_INPUT; a 5xx names its own.
 */
export function errorBody(status: number, message: string, code?: ErrorCode): ErrorBody {
  const unauthorized = status === 401 || status === 403;
  return { error: { code: code ?? (unauthorized ? "UNAUTHORIZED" : "INVALID_INPUT"), message } };
}

/** `errorBody` as a response, to be returned, or thrown from loaders and actions (pages show its message). */
export function errorResponse(
  status: number,
  message: string,
  options: { code?: ErrorCode; headers?: HeadersInit } = {},
): Response {
  return Response.json(errorBody(status, message, options.code), {
    status,
    headers: options.headers,
  });
}

const STATUS_OF: Partial<Record<ErrorCode, number>> = {
  INVALID_INPUT: 400,
  RATE_LIMITED: 503,
  QUOTA_EXCEEDED: 503,
  SERVICE_UNAVAILABLE: 503,
  MAX_RETRIES_EXCEEDED: 503,
  TIMEOUT: 504,
};

/** The response for an error that a feature threw. What has no code of the taxonomy is a 500 that tells nothing of its cause. */
export function responseOfError(error: unknown): Response {
  if (error instanceof AppError) {
    return errorResponse(STATUS_OF[error.code] ?? 500, error.userMessage, { code: error.code });
  }
  return errorResponse(500, "The server could not answer; its log says why.", {
    code: "UNEXPECTED_ERROR",
  });
}

/** What is wrong with the input, one clause per problem, for a person. */
export function problemsOf(error: z.ZodError): string {
  return error.issues
    .map((issue) => {
      const path = issue.path.join(".");
      return path ? `${path}: ${issue.message}` : issue.message;
    })
    .join("; ");
}

/**
 * Checks outside input.
 * @throws {Response} 400 with every problem in its message
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw errorResponse(400, problemsOf(parsed.error));
  return parsed.data;
}

/**
 * Checks the query string; a name that stands twice is refused rather than half ignored.
 * @throws {Response} 400
 */
export function parseSearch<Schema extends z.ZodType>(url: URL, schema: Schema): z.output<Schema> {
  return parseInput(schema, fieldsOf(url.searchParams));
}

/**
 * As `parseSearch`, for a page: a filter form without scripts sends its empty fields too, which restrict nothing.
 * @throws {Response} 400
 */
export function parsePageSearch<Schema extends z.ZodType>(
  url: URL,
  schema: Schema,
): z.output<Schema> {
  return parseInput(schema, searchFieldsOf(url));
}

/**
 * The fields of a page's query string that are filled in.
 * @throws {Response} 400 where a name stands twice
 */
export function searchFieldsOf(url: URL): Record<string, string> {
  const fields = Object.entries(fieldsOf(url.searchParams));
  return Object.fromEntries(fields.filter(([, value]) => value !== ""));
}

/**
 * Fields of a query string or form as an object.
 * @throws {Response} 400 where a name stands twice
 */
export function fieldsOf(fields: URLSearchParams): Record<string, string> {
  const names = [...fields.keys()];
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw errorResponse(400, `${twice}: must be given once only`);
  return Object.fromEntries(fields);
}

/** One of some names, and which they are where it is none. */
export function oneOf<const Names extends readonly string[]>(names: Names) {
  return z.enum(names, `must be one of ${names.join(", ")}`);
}

/**
 * The venue of that id.
 * @param venues those that this server reads
 * @throws {Response} 400 naming them, for any other
 */
export function requireVenue<Venue extends { id: string }>(
  venues: readonly Venue[],
  id: string | undefined,
): Venue {
  const venue = venues.find((candidate) => candidate.id === id);
  if (venue) return venue;
  const known = venues.map((candidate) => candidate.id).join(", ");
  throw errorResponse(400, `venue: must be one of ${known}`);
}

const INT4_MAX = 2_147_483_647;

/**
 * An id of ours from a path. Ids are opaque to callers, so one that cannot exist is simply not found.
 * @param noun what is looked for, for the message: "market"
 * @throws {Response} 404
 */
export function parseId(value: string | undefined, noun: string): number {
  const id = /^[1-9]\d{0,9}$/.test(value ?? "") ? Number(value) : Number.NaN;
  if (!(id <= INT4_MAX)) throw notFound(noun);
  return id;
}

/** 404 for an id that names nothing; `noun` as in "market". */
export function notFound(noun: string): Response {
  return errorResponse(404, `There is no ${noun} with this id.`);
}

/** `limit` of list queries: 1 to 500, 50 when left out; anything else is refused, never clamped. */
export const limitParameter = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, "must be a whole number from 1 to 500")
  .transform(Number)
  .refine((limit) => limit <= 500, "must be a whole number from 1 to 500")
  .default(50);

/** A moment as ISO 8601 with its offset, in a range that both JavaScript and Postgres know; comes out as UTC with milliseconds. */
export const timeParameter = z.iso
  .datetime({ offset: true, error: "must be a time like 2026-01-31T12:00:00Z" })
  .transform((time) => new Date(time))
  .refine(
    (time) => time.getTime() >= 0 && time.getUTCFullYear() < 10_000,
    "must lie between the years 1970 and 9999",
  )
  .transform((time) => time.toISOString());
