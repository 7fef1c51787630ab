import { createHmac } from "node:crypto";
import type { Clock } from "~/lib/clock.ts";
import { decodedPart } from "~/lib/url-part.ts";
import {
  AppError,
  createError,
  errorFromHttpStatus,
  errorFromNetwork,
} from "~/reliability/errors.ts";
import { type Attempt, executeWithRetry, type Preset } from "~/reliability/retry.server.ts";
import { retryAfterMs } from "~/reliability/retry-after.ts";
import type { Channel, Message } from "./channel.ts";

/** From the start of a delivery to the headers of its answer. */
const TIMEOUT_MS = 10_000;
/** Nobody reads the answer's body; of a longer one no more is taken. */
const MOST_BYTES = 65_536;
/** Statuses below 500 that may be different in a while. */
const PASSING = [408, 425, 429];

export type WebhookOptions = {
  url: string;
  /** Key of the signature. */
  secret: string;
  clock: Clock;
  timeoutMs?: number;
  /** Replaces the preset `default`. */
  retry?: Preset | undefined;
};

/**
 * Posts every message as JSON to one address, signed so that the receiver can tell who sent it and when (`docs/webhooks.md`). 2xx means
 * that it was taken. Redirects are not followed: the secret's holder is the one whom the address names.
 */
export function createWebhook(options: WebhookOptions): Channel {
  const { url, clock, retry = "default" } = options;
  const { host, pathname } = new URL(url);
  return {
    id: "webhook",
    name: "Webhook",
    target: host,
    async deliver(message, attempts) {
      const step = { log: attempts, clock, request: `POST ${pathname}` };
      await executeWithRetry(step, (attempt) => post(message, options, attempt), retry);
    },
  };
}

async function post(
  message: Message,
  { url, secret, clock, timeoutMs = TIMEOUT_MS }: WebhookOptions,
  { note }: Attempt,
): Promise<void> {
  const body = Buffer.from(JSON.stringify(message));
  const timestamp = String(Math.floor(clock.now() / 1_000));
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const response = await fetch(withoutCredentials(url), {
      method: "POST",
      redirect: "manual",
      signal: abort.signal,
      headers: {
        "content-type": "application/json",
        "user-agent": "opinion-scope",
        ...credentialsOf(url),
        "x-opinion-scope-delivery": message.id,
        "x-opinion-scope-timestamp": timestamp,
        "x-opinion-scope-signature": signatureOf(secret, timestamp, body),
      },
      body,
    });
    const asked = retryAfterMs(response.headers.get("retry-after"), clock.now());
    note({ status: response.status, ...(asked === undefined ? {} : { retryAfterMs: asked }) });
    const bytes = await sizeOf(response);
    if (bytes !== null) note({ bytes });
    if (!response.ok) throw refusal(response, url, asked);
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (abort.signal.aborted) {
      const message = `${new URL(url).host} did not answer within ${timeoutMs / 1_000} s.`;
      throw createError("TIMEOUT", message, { cause: error });
    }
    throw withHost(error, url);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The value of the header `x-opinion-scope-signature`.
 * @param timestamp seconds since the epoch, as sent
 * @param body the very bytes that are sent
 */
function signatureOf(secret: string, timestamp: string, body: Uint8Array): string {
  const hmac = createHmac("sha256", secret).update(`${timestamp}.`).update(body);
  return `v1=${hmac.digest("hex")}`;
}

/** `fetch` takes no address with a user in it. */
function withoutCredentials(address: string): URL {
  const url = new URL(address);
  url.username = "";
  url.password = "";
  return url;
}

function credentialsOf(address: string): Record<string, string> {
  const { username, password } = new URL(address);
  if (username === "" && password === "") return {};
  const pair = `${decodedPart(username)}:${decodedPart(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** Reads the answer's body to its end, or to where it is too long, and keeps nothing; null = it broke off, which changes nothing. */
async function sizeOf(response: Response): Promise<number | null> {
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > MOST_BYTES) break;
    }
    return bytes;
  } catch {
    return null;
  }
}

function refusal(response: Response, url: string, asked: number | undefined): Error {
  const { host } = new URL(url);
  const { status } = response;
  if (status >= 300 && status < 400) {
    const location = response.headers.get("location") ?? "";
    const target = URL.canParse(location, url) ? new URL(location, url).origin : "nowhere";
    return createError(
      "INVALID_CONFIG",
      `${host} redirects deliveries to ${target} (HTTP ${status}), which is not followed: set WEBHOOK_URL to the address it leads to.`,
    );
  }
  const passing = status >= 500 || PASSING.includes(status);
  const advice =
    status === 410
      ? "The receiver is gone: set WEBHOOK_URL to another, or unset it."
      : "Check WEBHOOK_URL, WEBHOOK_SECRET and the receiver.";
  const message = `${host} refused a delivery with HTTP ${status}.${passing ? "" : ` ${advice}`}`;
  return errorFromHttpStatus(status, message, { retryable: passing, retryAfterMs: asked });
}

function withHost(error: unknown, url: string): unknown {
  const known = errorFromNetwork(error);
  if (!known) return error;
  return createError(known.code, `${new URL(url).host}: ${known.message}`, { cause: error });
}
