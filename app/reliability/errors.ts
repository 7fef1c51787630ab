import type { ZodError } from "zod";
import { toStorable } from "~/lib/jsonb.ts";

/**
 * The one error taxonomy (design: "Error taxonomy"): every error that leaves a module has one of these codes.
 */
export const ERROR_CODES = {
  INVALID_CREDENTIALS: {
    retryable: false,
    advice: "Check the API key in the environment and restart.",
  },
  TOKEN_EXPIRED: { retryable: false, advice: "Create a new API key and restart." },
  UNAUTHORIZED: {
    retryable: false,
    advice: "The venue refuses this machine or key; use another host or key.",
  },
  RATE_LIMITED: {
    retryable: true,
    advice: "Nothing to do: requests pause until the venue allows them again.",
  },
  QUOTA_EXCEEDED: { retryable: false, advice: "Raise the quota of the key or wait for its reset." },
  INVALID_INPUT: { retryable: false, advice: "Correct the request and send it again." },
  INVALID_CONFIG: { retryable: false, advice: "Correct the configuration and restart." },
  INVALID_RESPONSE: {
    retryable: true,
    advice: "The venue sent something unreadable; it is asked again.",
  },
  SERVICE_UNAVAILABLE: {
    retryable: true,
    advice: "Nothing to do: the service is asked again until it answers.",
  },
  TIMEOUT: { retryable: true, advice: "Nothing to do: the request is sent again." },
  EXECUTION_FAILED: { retryable: false, advice: "Look at the message; the work was not done." },
  MAX_RETRIES_EXCEEDED: {
    retryable: false,
    advice: "Every attempt failed; look at the cause and replay.",
  },
  UNEXPECTED_ERROR: { retryable: true, advice: "This is a defect; look at the log." },
} as const satisfies Record<string, { retryable: boolean; advice: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether a text from outside (a row, an error that went through JSON) is a code of the taxonomy. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

export type AppErrorOptions = {
  /** What a person may read; no secrets, no stack. Defaults to `message`. */
  userMessage?: string | undefined;
  cause?: unknown;
  /** How long the other side asks to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** Overrides the code's default. */
  retryable?: boolean;
};

/** Its messages can be stored as they are, whatever the other side put into them. */
export class AppError extends Error {
  override name = "AppError";
  readonly retryable: boolean;
  readonly userMessage: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(toStorable(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.retryable = options.retryable ?? ERROR_CODES[code].retryable;
    this.userMessage = toStorable(options.userMessage ?? message);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The one way to make an error of the taxonomy; `message` is the internal one, and the user's where `options` names no other. */
export function createError(
  code: ErrorCode,
  message: string,
  options: AppErrorOptions = {},
): AppError {
  return new AppError(code, message, options);
}

/** How something ended: a `retryable` failure is worth another attempt, a `fatal` one is not. */
export type ResultKind = "success" | "retryable" | "fatal";

/** The result kind of what was thrown; an error without a code counts as retryable. */
export function kindOf(thrown: unknown): Exclude<ResultKind, "success"> {
  return toAppError(thrown).retryable ? "retryable" : "fatal";
}

/** HTTP statuses that mean something of their own; the rest follow their hundred (RFC 9110, RFC 6585 for 429). */
const CODE_OF_STATUS: Record<number, ErrorCode> = {
  401: "INVALID_CREDENTIALS",
  402: "QUOTA_EXCEEDED",
  403: "UNAUTHORIZED",
  407: "INVALID_CONFIG",
  408: "SERVICE_UNAVAILABLE",
  421: "SERVICE_UNAVAILABLE",
  425: "SERVICE_UNAVAILABLE",
  429: "RATE_LIMITED",
  451: "UNAUTHORIZED",
};

/**
 * The error for an HTTP status that is not 2xx. 5xx is SERVICE_UNAVAILABLE, any other 4xx INVALID_INPUT; a redirect, or a status that
 * no server should send here, INVALID_RESPONSE.
 */
export function errorFromHttpStatus(
  status: number,
  message: string,
  options: AppErrorOptions = {},
): AppError {
  const ofHundred: Record<number, ErrorCode> = { 4: "INVALID_INPUT", 5: "SERVICE_UNAVAILABLE" };
  const code = CODE_OF_STATUS[status] ?? ofHundred[Math.floor(status / 100)] ?? "INVALID_RESPONSE";
  return createError(code, message, options);
}

/** Codes of Node and undici errors, and what they mean for the caller; patterns match whole families. */
const NETWORK_CODES: [RegExp, ErrorCode, string][] = [
  [/^(ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_\w+_TIMEOUT)$/, "TIMEOUT", "did not answer in time"],
  [/^(ENOTFOUND|EAI_\w+)$/, "SERVICE_UNAVAILABLE", "has a name that cannot be resolved"],
  [/^ECONNREFUSED$/, "SERVICE_UNAVAILABLE", "refused the connection"],
  [/^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN)$/, "SERVICE_UNAVAILABLE", "cannot be reached"],
  [
    /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_(SOCKET|CLOSED|DESTROYED|ABORTED))$/,
    "SERVICE_UNAVAILABLE",
    "closed the connection",
  ],
  [/CERT|^(ERR_TLS|ERR_SSL|EPROTO)/, "SERVICE_UNAVAILABLE", "failed the TLS handshake"],
  [/^(HPE_|Z_|ERR__?BROTLI|UND_ERR_RE[QS]_)/, "INVALID_RESPONSE", "sent a broken HTTP message"],
  [/^UND_ERR_HEADERS_OVERFLOW$/, "INVALID_RESPONSE", "sent a broken HTTP message"],
  [
    /^ERR_INVALID_(URL|CHAR|PROTOCOL)$/,
    "INVALID_CONFIG",
    "has an address or header that is invalid",
  ],
];

/**
 * The error for a connection that failed, found by the `code` of the error or of any of its causes (fetch hides it below "fetch
 * failed"; several tried addresses make an AggregateError); null when none of them is known.
 */
export function errorFromNetwork(error: unknown): AppError | null {
  for (let link = error, depth = 0; link instanceof Error && depth < 8; depth += 1) {
    if (link.name === "TimeoutError") {
      return createError("TIMEOUT", "The other side did not answer in time.", { cause: error });
    }
    const code = textOf(link, "code");
    const known = NETWORK_CODES.find(([pattern]) => code !== null && pattern.test(code));
    if (known) {
      const message = `The other side ${known[2]} (${code}).`;
      return createError(known[1], message, { cause: error });
    }
    link = link.cause ?? (link instanceof AggregateError ? link.errors[0] : undefined);
  }
  return null;
}

/** Prisma's codes, Postgres' SQLSTATEs below its codes for "the driver failed", and those of sockets, with what they mean in words. */
const DATABASE_CODES: [RegExp, ErrorCode, string][] = [
  [/^(P1008|P2028|57014)$/, "TIMEOUT", "The database did not answer in time"],
  [
    /^(P1001|P1002|P1017|P1018|P2024|P2037|08\w{3}|53\w{3}|57P\w\d|E[A-Z]{3,})$/,
    "SERVICE_UNAVAILABLE",
    "The database cannot be reached",
  ],
  [/^(P2034|40\w{3}|55P03)$/, "SERVICE_UNAVAILABLE", "Another transaction was in the way"],
  [
    /^(P1000|P1003|P1009|P1010|P1011|28\w{3}|3D000)$/,
    "INVALID_CONFIG",
    "The database refused the connection; check DATABASE_URL",
  ],
  [
    /^(P2021|P2022|42P01|42703)$/,
    "INVALID_CONFIG",
    "The database lacks a table or column; run npm run db:migrate",
  ],
  [/^(P2002|23505)$/, "EXECUTION_FAILED", "The row exists already"],
  [/^(P2001|P2025)$/, "EXECUTION_FAILED", "The row does not exist"],
  [/^(P2\d{3}|[0-9A-Z]{5})$/, "EXECUTION_FAILED", "The database refused the statement"],
];

/** The error for a Prisma error that carries a code; null for anything else (a malformed query is a defect, not a known failure). */
export function errorFromPrisma(error: unknown): AppError | null {
  if (!(error instanceof Error) || !error.name.startsWith("PrismaClient")) return null;
  const prismaCode = textOf(error, "code") ?? textOf(error, "errorCode");
  const byDriver = prismaCode === "P2010" || prismaCode === "P2039";
  const code = (byDriver ? sqlStateOf(error) : null) ?? prismaCode;
  const known = DATABASE_CODES.find(([pattern]) => code !== null && pattern.test(code));
  if (!known) return null;
  return createError(known[1], `${known[2]} (${code}): ${error.message}`, {
    userMessage: `${known[2]} (${code}).`,
    cause: error,
  });
}

/** The SQLSTATE that the driver reported. */
function sqlStateOf(error: Error): string | null {
  const meta = fieldOf(error, "meta");
  const cause = fieldOf(fieldOf(meta, "driverAdapterError"), "cause");
  return textOf(cause, "originalCode") ?? textOf(cause, "code") ?? textOf(meta, "code");
}

/**
 * The error for a value that failed its schema: every issue with its path, up to five. `code` says whose fault it is, `what` names the
 * value ("The market list").
 */
export function errorFromZod(
  error: ZodError,
  code: Extract<ErrorCode, "INVALID_INPUT" | "INVALID_CONFIG" | "INVALID_RESPONSE">,
  what: string,
): AppError {
  const issues = error.issues
    .slice(0, 5)
    .map((issue) => [issue.path.map(String).join("."), issue.message].filter(Boolean).join(": "));
  const more = error.issues.length > 5 ? `; and ${error.issues.length - 5} more` : "";
  const message = `${what} is not valid: ${issues.join("; ")}${more}`;
  return createError(code, message, { cause: error });
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function textOf(value: unknown, name: string): string | null {
  const field = fieldOf(value, name);
  return typeof field === "string" ? field : null;
}

/**
 * The error itself where it has a code already; a database or network error by its table; otherwise `UNEXPECTED_ERROR`. The original
 * is the cause.
 */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const known = errorFromPrisma(error) ?? errorFromNetwork(error);
  if (known) return known;
  const message = error instanceof Error ? error.message : String(error);
  const isQuery = error instanceof Error && error.name.startsWith("PrismaClient");
  // Prisma's messages begin with the code that made the query, and end with what is wrong with it.
  const userMessage = isQuery ? message.trim().split("\n").at(-1) : undefined;
  return createError("UNEXPECTED_ERROR", message, { cause: error, userMessage });
}

/** Whether an error is about the one thing that was asked for, so that asking the same host for the next one makes sense. */
export function concernsItem(error: AppError): boolean {
  if (error.code === "MAX_RETRIES_EXCEEDED") {
    return error.cause instanceof AppError && concernsItem(error.cause);
  }
  return ["INVALID_INPUT", "EXECUTION_FAILED", "INVALID_RESPONSE"].includes(error.code);
}
