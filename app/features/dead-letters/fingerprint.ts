import { createHash } from "node:crypto";
import type { ErrorCode } from "~/reliability/errors.ts";

/** Codes that speak of the other side: one outage, limit or refused key is one cause, whichever job meets it. */
const OTHER_SIDE: readonly ErrorCode[] = [
  "SERVICE_UNAVAILABLE",
  "TIMEOUT",
  "RATE_LIMITED",
  "QUOTA_EXCEEDED",
  "INVALID_CREDENTIALS",
  "TOKEN_EXPIRED",
  "UNAUTHORIZED",
];

/**
 * Equal for failures with one cause: of a venue that cannot be used, code and venue; of anything else code, job and the message without
 * its variable parts.
 * @param failure.venue null = the failure is of no venue
 * @returns 16 hexadecimal digits
 */
export function fingerprint(failure: {
  code: ErrorCode;
  action: string;
  venue: string | null;
  message: string;
}): string {
  const { code, action, venue, message } = failure;
  const cause =
    venue !== null && OTHER_SIDE.includes(code)
      ? ["venue", code, venue]
      : ["job", code, action, messagePattern(message)];
  return createHash("sha256").update(JSON.stringify(cause)).digest("hex").slice(0, 16);
}

/** A message without what differs from one failure to the next: quoted values, URLs, addresses, hashes, ids, times and numbers. */
export function messagePattern(message: string): string {
  return message
    .replace(/\bhttps?:\/\/\S+/gi, "…")
    .replace(/"[^"]*"/g, "…")
    .replace(/\b0x[0-9a-f]+/gi, "…")
    .replace(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, "…")
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "…")
    .replace(/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, "…")
    .replace(/\d+(?:[.,:]\d+)*/g, "…")
    .replace(/[-+]…/g, "…")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 500);
}
