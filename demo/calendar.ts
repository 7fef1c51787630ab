/** Dates as the markets' texts write them; all times are unix seconds, all dates UTC. */

export const HOUR = 3600;
export const DAY = 86_400;

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** "14 November 2026" */
export function dateText(at: number): string {
  const date = new Date(at * 1000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** "November 2026" */
export function monthText(at: number): string {
  const date = new Date(at * 1000);
  return `${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

export function yearOf(at: number): number {
  return new Date(at * 1000).getUTCFullYear();
}

/** "2026-11-14 18:00 UTC" */
export function minuteText(at: number): string {
  return `${new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The last minute (23:59) of the day that lies `days` after `at`. */
export function endOfDay(at: number, days: number): number {
  return Math.floor((at + days * DAY) / DAY) * DAY + DAY - 60;
}

/** The last minute of the month that lies `months` after that of `at`. */
export function endOfMonth(at: number, months: number): number {
  const date = new Date(at * 1000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 1) / 1000 - 60;
}

/** A full hour of the day that lies `days` after `at`. */
export function hourOfDay(at: number, days: number, hour: number): number {
  return Math.floor((at + days * DAY) / DAY) * DAY + hour * HOUR;
}
