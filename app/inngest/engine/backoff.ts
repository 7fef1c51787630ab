/** Inngest's delays in seconds by the index of the attempt that failed; the last one stays. */
const TABLE_S = [15, 30, 60, 120, 300, 600, 1200, 2400, 3600, 7200];
const JITTER_S = 30;
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/** Milliseconds until the attempt after `attempt` (0-based): the table plus up to 30 s at random. */
export function backoff(attempt: number, random: () => number): number {
  const delay = (TABLE_S[attempt] ?? 7200) * 1000;
  return delay + Math.floor(random() * JITTER_S * 1000);
}

/** Milliseconds asked for by a `retry-after` header (seconds or a date), between 1 s and 24 h; null where it is absent or unreadable. */
export function retryAfter(header: string | null, now: number): number | null {
  if (header === null || header.trim() === "") return null;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 1000), MAX_RETRY_AFTER_MS);
}
