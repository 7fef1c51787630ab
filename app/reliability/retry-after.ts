/**
 * The wait that a Retry-After header asks for (RFC 9110 §10.2.3: seconds or a date), in milliseconds; at most an hour, after which the
 * host may be asked again. Undefined when it is absent or unreadable.
 */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  const value = header?.trim() ?? "";
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(Math.ceil(ms), 0), 3_600_000);
}
