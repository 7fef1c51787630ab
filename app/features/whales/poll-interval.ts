const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Share of the request budget that looking for new fills may take. */
const POLL_SHARE = 0.5;

/**
 * Milliseconds until a wallet is read again: every minute as long as reading all of them once a minute fits into half of the request
 * budget; beyond that, wallets without a fill for a day wait longer, so that the active ones stay at one minute.
 */
export function pollInterval(
  followed: number,
  requestsPerSecond: number,
  idleMs: number | null,
): number {
  const perMinute = requestsPerSecond * 60 * POLL_SHARE;
  const idle = idleMs === null || idleMs > DAY_MS;
  if (!idle || followed <= perMinute) return MINUTE_MS;
  return Math.min(60, Math.ceil(followed / perMinute)) * MINUTE_MS;
}
