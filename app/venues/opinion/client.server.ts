import type { Clock } from "~/lib/clock.ts";
import type { Logger } from "~/lib/logger.server.ts";
import { AppError, createError, errorFromNetwork, toAppError } from "~/reliability/errors.ts";
import type { Pacer } from "~/reliability/pacer.server.ts";
import {
  type Attempt,
  executeWithRetry,
  type Preset,
  type PresetName,
} from "~/reliability/retry.server.ts";
import { retryAfterMs } from "~/reliability/retry-after.ts";
import type { CallOptions } from "../venue.ts";
import { type Reply, resultOf } from "./envelope.ts";

type OpinionClientOptions = {
  baseUrl: string;
  /** The environment variable that holds `baseUrl`, for messages. */
  urlVariable: string;
  apiKey: string | undefined;
  /** Takes the secrets out of what leaves the client as an error. */
  redact(text: string): string;
  pacer: Pacer;
  retry: PresetName | Preset;
  /** From the start of a request to the end of its body. */
  timeoutMs: number;
  clock: Clock;
  fetch: typeof fetch;
  logger: Logger;
};

export type OpinionClient = {
  /**
   * What `read` makes of the `result` of one GET; tried again after a hiccup.
   * @param path below the base, "/market"
   * @param read throws a ZodError for what it cannot read, which becomes INVALID_RESPONSE
   */
  get<Value>(
    path: string,
    query: Record<string, string>,
    read: (result: unknown) => Value,
    options: CallOptions,
  ): Promise<Value>;
};

/**
 * GET requests to one Opinion host: paced, with a time limit, tried again, redirects not followed, no secret in any message.
 * @throws AppError of the taxonomy, or `signal.reason` once aborted
 */
export function createOpinionClient(options: OpinionClientOptions): OpinionClient {
  const { baseUrl, retry, clock } = options;
  return {
    get(path, query, read, call) {
      const url = new URL(`${baseUrl.replace(/\/+$/, "")}${path}`);
      url.search = new URLSearchParams(query).toString();
      const request = `GET ${url.pathname}${url.search}`;
      const step = { log: call.attempts ?? null, clock, request };
      const fn = (attempt: Attempt) => loggedRequest(url, read, options, call, attempt);
      return executeWithRetry(step, fn, retry, { signal: call.signal, paced: true });
    },
  };
}

/** A failure is logged with its internal message, which says more than its attempt does. */
async function loggedRequest<Value>(
  url: URL,
  read: (result: unknown) => Value,
  options: OpinionClientOptions,
  call: CallOptions,
  attempt: Attempt,
): Promise<Value> {
  try {
    return await pacedRequest(url, read, options, call, attempt);
  } catch (thrown) {
    if (call.signal?.aborted) throw thrown;
    const { code, message } = toAppError(thrown);
    const { host, pathname: path, search: query } = url;
    const logger = call.logger ?? options.logger;
    logger.warn({ host, path, query, attempt: attempt.number, code }, message);
    throw thrown;
  }
}

async function pacedRequest<Value>(
  url: URL,
  read: (result: unknown) => Value,
  options: OpinionClientOptions,
  { priority, signal, meter }: CallOptions,
  { note }: Attempt,
): Promise<Value> {
  const { pacer, redact } = options;
  const waitedSince = performance.now();
  await pacer
    .acquire({ priority, signal })
    .finally(() => note({ waitMs: Math.round(performance.now() - waitedSince) }));
  if (meter) meter.requests += 1;
  const startedAt = performance.now();
  const durationMs = () => performance.now() - startedAt;
  try {
    const reply = await exchange(url, options, { signal, note });
    const value = resultOf(reply, options, read);
    pacer.report({ durationMs: durationMs(), outcome: "answered" });
    return value;
  } catch (thrown) {
    if (signal?.aborted) {
      pacer.report({ durationMs: durationMs(), outcome: "cancelled" });
      throw signal.reason;
    }
    const error = withoutSecrets(toAppError(thrown), redact);
    const { retryAfterMs } = error;
    pacer.report({ durationMs: durationMs(), outcome: outcomeOf(error), retryAfterMs });
    throw error;
  }
}

function outcomeOf({ code }: AppError): "answered" | "failed" | "rate-limited" {
  if (code === "RATE_LIMITED") return "rate-limited";
  const looksLikeOutage =
    code === "SERVICE_UNAVAILABLE" || code === "TIMEOUT" || code === "INVALID_RESPONSE";
  return looksLikeOutage ? "failed" : "answered";
}

function withoutSecrets(error: AppError, redact: (text: string) => string): AppError {
  const message = redact(error.message);
  const userMessage = redact(error.userMessage);
  if (message === error.message && userMessage === error.userMessage) return error;
  const { code, retryable, retryAfterMs } = error;
  return createError(code, message, { userMessage, retryable, retryAfterMs });
}

/** One request and its whole body; its status, size and Retry-After are noted as far as they are known. */
async function exchange(
  url: URL,
  { apiKey, fetch, timeoutMs, clock, urlVariable }: OpinionClientOptions,
  { signal, note }: { signal: AbortSignal | undefined } & Pick<Attempt, "note">,
): Promise<Reply> {
  const abort = new AbortController();
  const onAbort = () => abort.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const timer = setTimeout(() => {
    const message = `${url.host} did not answer within ${timeoutMs / 1_000} s.`;
    abort.abort(createError("TIMEOUT", message));
  }, timeoutMs);
  try {
    const response = await fetch(url, {
      headers: { accept: "application/json", ...(apiKey ? { apikey: apiKey } : {}) },
      redirect: "manual",
      signal: abort.signal,
    });
    const asked = retryAfterMs(response.headers.get("retry-after"), clock.now());
    note({ status: response.status, ...(asked === undefined ? {} : { retryAfterMs: asked }) });
    const location = response.headers.get("location");
    const body = await response.text();
    note({ bytes: Buffer.byteLength(body) });
    if (response.status >= 300 && response.status < 400) {
      throw redirectError(url, response.status, location, urlVariable);
    }
    return { status: response.status, body, retryAfterMs: asked };
  } catch (error) {
    throw error instanceof AppError ? error : connectionError(error, url);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function connectionError(error: unknown, url: URL): AppError {
  const known = errorFromNetwork(error);
  const message = known?.message ?? (error instanceof Error ? error.message : String(error));
  return createError(known?.code ?? "SERVICE_UNAVAILABLE", `${url.host}: ${message}`, {
    cause: error,
  });
}

function redirectError(
  url: URL,
  status: number,
  location: string | null,
  urlVariable: string,
): AppError {
  const base = URL.canParse(location ?? "", url.href) ? new URL(location ?? "", url.href) : null;
  const target = base ? base.origin : "nowhere";
  return createError(
    "INVALID_RESPONSE",
    `${url.host} redirects to ${target} (HTTP ${status}), which is not followed: ${urlVariable} must name the host itself.`,
  );
}
