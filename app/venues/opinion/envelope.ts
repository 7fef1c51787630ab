import { z } from "zod";
import {
  type AppError,
  type AppErrorOptions,
  createError,
  type ErrorCode,
  errorFromHttpStatus,
  errorFromZod,
} from "~/reliability/errors.ts";
import { parseJsonLosslessly } from "../lossless-json.ts";

/** "Topic ID does not exist" */
export const UNKNOWN_MARKET = 10_200;
const BLOCKED_AREA = 10_403;

/** The venue's own error numbers; they come with any HTTP status, mostly 200. */
const CODE_OF_ERRNO: Record<number, ErrorCode> = {
  10000: "INVALID_INPUT", // bad parameter
  [UNKNOWN_MARKET]: "INVALID_INPUT",
  [BLOCKED_AREA]: "UNAUTHORIZED",
  10605: "EXECUTION_FAILED", // depth not enough
  10607: "EXECUTION_FAILED", // order not found
  10610: "EXECUTION_FAILED", // postOnly not allowed
  11001: "INVALID_CREDENTIALS", // key has no login wallet
  11002: "INVALID_CREDENTIALS", // invalid API key
  11004: "UNAUTHORIZED", // self-service keys disabled
  11005: "INVALID_CREDENTIALS", // wallet not registered
  11009: "INVALID_INPUT", // key exists
  11010: "INVALID_CREDENTIALS", // no key for wallet
  11011: "INVALID_CREDENTIALS", // bad signature
  11012: "TOKEN_EXPIRED", // signature expired
  11013: "INVALID_CREDENTIALS", // signature reused
};

/** An error number of the venue; `cause` of the `AppError` that it became. */
export class OpinionErrno extends Error {
  override name = "OpinionErrno";
  constructor(
    readonly errno: number,
    readonly errmsg: string,
  ) {
    super(`error ${errno}: ${errmsg || "no message"}`);
  }
}

const errorNumber = z.union([z.int(), z.string().regex(/^-?\d{1,9}$/)]).transform(Number);
const message = z
  .string()
  .nullish()
  .transform((sent) => sent ?? "");

/** Both forms: what the host sends (`errno`), and what its documentation says (`code`). */
const envelopeSchema = z.union([
  z
    .object({ errno: errorNumber, errmsg: message, result: z.unknown() })
    .transform(({ errno, errmsg, result }) => ({ errno, errmsg, result })),
  z
    .object({ code: errorNumber, msg: message, result: z.unknown() })
    .transform(({ code, msg, result }) => ({ errno: code, errmsg: msg, result })),
]);

export type Reply = { status: number; body: string; retryAfterMs: number | undefined };

/** What a person has to know to mend a refused request. */
type HostHints = {
  apiKey: string | undefined;
  urlVariable: string;
  /** Takes the secrets out of what the host says. */
  redact(text: string): string;
};

/**
 * What `read` makes of the `result` of a reply. Its numbers are exact: what a double cannot hold is a string of its digits.
 * @throws AppError by the venue's error number or the HTTP status; INVALID_RESPONSE for what is no envelope or what `read` refuses
 *   with a ZodError, with the first 200 characters of the body in the internal message
 */
export function resultOf<Value>(
  reply: Reply,
  hints: HostHints,
  read: (result: unknown) => Value,
): Value {
  const ok = reply.status >= 200 && reply.status < 300;
  const envelope = envelopeOf(reply.body);
  const outranksBody = reply.status >= 500 || [408, 425, 429].includes(reply.status);
  if (envelope && envelope.errno !== 0 && !outranksBody) {
    throw errorOfErrno(new OpinionErrno(envelope.errno, envelope.errmsg), reply, hints);
  }
  if (!ok) throw errorOfStatus(reply, hints);
  if (!envelope) throw unreadable("Opinion sent something unreadable.", reply, hints);
  try {
    return read(envelope.result);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const { message } = errorFromZod(error, "INVALID_RESPONSE", "Opinion's reply");
    throw unreadable(message, reply, hints);
  }
}

function unreadable(userMessage: string, reply: Reply, hints: HostHints): AppError {
  return createError("INVALID_RESPONSE", `${userMessage} ${excerpt(reply, hints)}`, {
    userMessage,
  });
}

function envelopeOf(body: string): z.output<typeof envelopeSchema> | null {
  try {
    return envelopeSchema.safeParse(parseJsonLosslessly(body)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function errorOfErrno(cause: OpinionErrno, reply: Reply, hints: HostHints): AppError {
  const { errno, errmsg } = cause;
  const known = CODE_OF_ERRNO[errno];
  const options: AppErrorOptions = { cause, retryAfterMs: reply.retryAfterMs };
  const said = `Opinion answered error ${errno}${errmsg ? ` (${errmsg})` : ""}.`;
  if (known) return createError(known, hinted(known, said, hints), options);
  const tooMany = /too many requests|rate.?limit/i.test(errmsg);
  if (tooMany) return errorFromHttpStatus(429, said, options);
  if (errno >= 400 && errno < 600) return errorFromHttpStatus(errno, said, options);
  return createError("EXECUTION_FAILED", said, { ...options, retryable: true });
}

function errorOfStatus(reply: Reply, hints: HostHints): AppError {
  const { status, retryAfterMs } = reply;
  const { code } = errorFromHttpStatus(status, "");
  const said = `Opinion answered HTTP ${status}.`;
  const userMessage =
    status === 404
      ? `${said} Check ${hints.urlVariable}: the address does not serve this API.`
      : hinted(code, said, hints);
  const internal = `${userMessage} ${excerpt(reply, hints)}`;
  return errorFromHttpStatus(status, internal, { userMessage, retryAfterMs });
}

function hinted(code: ErrorCode, said: string, { apiKey, urlVariable }: HostHints): string {
  if (code === "UNAUTHORIZED") {
    return `${said} The venue blocks this machine's area or address; ${urlVariable} can name another of its hosts.`;
  }
  if (code === "INVALID_CREDENTIALS") {
    return apiKey
      ? `${said} It does not accept the API key; check OPINION_API_KEY.`
      : `${said} It wants an API key; set OPINION_API_KEY.`;
  }
  return said;
}

/** The beginning of the body; redacted before it is cut, so that no part of a key is left. */
function excerpt({ status, body }: Reply, { redact }: HostHints): string {
  const beginning = JSON.stringify(redact(body).slice(0, 200));
  return `(HTTP ${status}, ${body.length} characters, beginning with ${beginning})`;
}
