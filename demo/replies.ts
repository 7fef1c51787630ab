import type { ServerResponse } from "node:http";

/** A reply as it goes out; "reset" destroys the connection instead. */
export type RawReply =
  | { kind: "reset" }
  | { kind: "reply"; status: number; headers: Record<string, string>; body: string };

/** @param type media type; the text goes out as UTF-8 */
export function textReply(
  status: number,
  type: string,
  body: string,
  headers: Record<string, string> = {},
): RawReply {
  const contentType = `${type}; charset=utf-8`;
  return { kind: "reply", status, headers: { "content-type": contentType, ...headers }, body };
}

export function jsonReply(status: number, body: unknown): RawReply {
  return textReply(status, "application/json", JSON.stringify(body));
}

/** @param retryAfter value of the header; null = without it */
export function tooManyRequests(retryAfter: string | null): RawReply {
  const headers: Record<string, string> = retryAfter === null ? {} : { "retry-after": retryAfter };
  return textReply(429, "text/plain", "Too Many Requests", headers);
}

/**
 * Sends a reply.
 * @param cut null = whole. Otherwise the body is cut: by an even number the connection breaks before the stated length, by an odd
 *   one the shorter length is stated
 */
export function send(response: ServerResponse, reply: RawReply, cut: number | null = null): void {
  if (reply.kind === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = Buffer.from(reply.body);
  const part = cut === null ? body : body.subarray(0, Math.floor(body.length * 0.6));
  const breaks = cut !== null && cut % 2 === 0;
  response.writeHead(reply.status, {
    ...reply.headers,
    "content-length": breaks ? body.length : part.length,
  });
  if (breaks) response.write(part, () => response.socket?.destroy());
  else response.end(part);
}
