/** The stretches of time, up to now, that lists and figures can be asked for, with their length in milliseconds; `all` = everything kept. */
export const WINDOW_MS = {
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 7 * 86_400_000,
  "30d": 30 * 86_400_000,
  all: null,
} as const;

export type TimeWindow = keyof typeof WINDOW_MS;

export const WINDOWS = Object.keys(WINDOW_MS) as TimeWindow[];

/**
 * Where a stretch of time begins that ends now; undefined = it has no beginning.
 * @param window left out = `all`
 * @param now epoch milliseconds
 */
export function sinceOf(window: TimeWindow | undefined, now: number): Date | undefined {
  const length = WINDOW_MS[window ?? "all"];
  return length === null ? undefined : new Date(now - length);
}

export const WINDOW_NAMES: Record<TimeWindow, string> = {
  "1h": "Last hour",
  "24h": "24 hours",
  "7d": "7 days",
  "30d": "30 days",
  all: "All kept",
};
