import { formatCount, shortAddress } from "~/lib/format.ts";
import { ERROR_CODES, isErrorCode } from "~/reliability/errors.ts";
import type { CappedCount } from "./queries.server.ts";

/** What a person can do about work that failed for good; empty for a code that is not of the taxonomy. */
export function letterAdvice(code: string): string {
  if (!isErrorCode(code)) return "";
  const { retryable, advice } = ERROR_CODES[code];
  // What is said of a failure that is tried again does not hold here: nothing tries any more.
  if (retryable && code !== "UNEXPECTED_ERROR") {
    return "Every attempt failed, and nothing tries it any more. Replay it once the cause is gone.";
  }
  return `${advice} Replay it once the cause is gone.`;
}

/** A stream for reading, its addresses in brief: "opinion 0x1234…cdef". */
export function streamWords(stream: string): string {
  return stream.replace(/0x[0-9a-f]{40}/g, shortAddress);
}

/** A count that may have been cut off: "1,000+". */
export function cappedWords({ count, more }: CappedCount): string {
  return `${formatCount(count)}${more ? "+" : ""}`;
}

/** A count with its noun: "1 letter", "12 letters". */
export function lettersWords(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "letter" : "letters"}`;
}

/** Which letters a filter chooses: "Letter 12", "One group, SERVICE_UNAVAILABLE", "Every open letter". */
export function chosenWords(filter: {
  letter?: string;
  fingerprint?: string;
  code?: string;
  function?: string;
  stream?: string;
}): string {
  if (filter.letter !== undefined) return `Letter ${filter.letter}`;
  const group = filter.fingerprint === undefined ? undefined : "One group";
  const parts = [group, filter.code, filter.function, filter.stream].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : "Every open letter";
}
