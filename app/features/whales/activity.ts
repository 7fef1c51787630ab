/** What a whale bought and sold on one UTC day ("2026-01-31"); exact decimals. */
export type ActivityDay = { day: string; bought: string; sold: string; trades: number };

/** Some days, oldest first, with the sums over them. */
export type Activity = {
  days: ActivityDay[];
  bought: string;
  sold: string;
  /** Days with trades. */
  activeDays: number;
};

/** Lengths of time that can be asked for, in days. */
export const ACTIVITY_DAYS = [30, 90] as const;

const DAY_MS = 86_400_000;

/**
 * Every day of a stretch, oldest first, quiet ones as zeros.
 * @param traded the days with trades, any order
 * @param today epoch milliseconds in the last day of the stretch
 */
export function everyDay(
  traded: readonly ActivityDay[],
  days: number,
  today: number,
): ActivityDay[] {
  const byDay = new Map(traded.map((row) => [row.day, row]));
  return Array.from({ length: days }, (_, n) => {
    const day = new Date(today - (days - 1 - n) * DAY_MS).toISOString().slice(0, 10);
    return byDay.get(day) ?? { day, bought: "0", sold: "0", trades: 0 };
  });
}
