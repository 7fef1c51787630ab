const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Inngest's delays by the index of the attempt that failed; the last one stays. */
const TABLE = [
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  20 * MINUTE,
  40 * MINUTE,
  HOUR,
  2 * HOUR,
];
const JITTER = 30 * SECOND;

/** Milliseconds until the attempt after `attempt` (0-based): the table plus up to 30 s at random. */
export function backoff(attempt: number, random: () => number): number {
  return (TABLE[Math.min(attempt, TABLE.length - 1)] ?? 2 * HOUR) + Math.floor(random() * JITTER);
}

/** Milliseconds asked for by a `retry-after` header (seconds or a date), between 1 s and 24 h; null where it is absent or unreadable. */
export function retryAfter(header: string | null, now: number): number | null {
  if (header === null || header.trim() === "") return null;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * SECOND;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, SECOND), 24 * HOUR);
}
