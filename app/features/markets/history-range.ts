import { type TimeWindow, WINDOW_MS } from "~/lib/windows.ts";

/** A stretch of time and the steps that cover it; epoch milliseconds. */
export type HistoryRange = {
  /** Where the stretch begins: what is older does not count. */
  since: number;
  /** Start of the first step, the last one's end. */
  from: number;
  to: number;
  stepMs: number;
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What a step can be long, so that its ends fall on round times. */
const STEPS = [
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  30 * DAY,
];

/**
 * The steps in which a price history is read and drawn. They lie on whole multiples of their length, so that the same points are
 * sampled while the window moves on.
 * @param since start of what is known, for the window `all`; null = nothing is
 * @param maxSteps steps there may be at most
 */
export function historyRange(
  window: TimeWindow,
  { now, since, maxSteps }: { now: number; since: number | null; maxSteps: number },
): HistoryRange {
  const length = WINDOW_MS[window] ?? Math.max(DAY, now - (since ?? now));
  const stepMs =
    STEPS.find((step) => length / step <= maxSteps - 1) ?? Math.ceil(length / (maxSteps - 1));
  return {
    since: now - length,
    from: Math.floor((now - length) / stepMs) * stepMs,
    to: Math.ceil(now / stepMs) * stepMs,
    stepMs,
  };
}
