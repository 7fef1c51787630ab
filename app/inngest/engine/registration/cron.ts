import { Cron } from "croner";
import { messageOf } from "../http/invalid-input.ts";

const MAX_CACHED = 1000;
const MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC";
const WEEKDAYS = "SUN|MON|TUE|WED|THU|FRI|SAT";
/** Values of the five fields; croner checks the ranges of numbers, but takes 7 for Sunday, which the server refuses. */
const VALUES = ["\\d+", "\\d+", "\\d+", `\\d+|${MONTHS}`, `0*[0-6]|${WEEKDAYS}`];
const FIELDS = VALUES.map((value) => {
  const item = `(?:[*?]|(?:${value})(?:-(?:${value}))?)(?:/\\d+)?`;
  return new RegExp(`^${item}(?:,${item})*$`, "i");
});

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

type CronSchedule = { next(after: Date): Date | null };
const cache = new Map<string, CronSchedule>();

function schedule(fields: string, zone: string | undefined): CronSchedule {
  // Without a zone the plain offset is used: it is ten times as fast as "UTC".
  const cron = new Cron(fields, {
    ...(zone === undefined ? { utcOffset: 0 } : { timezone: zone }),
    mode: "5-part",
    sloppyRanges: true,
    paused: true,
  });
  cron.nextRun(new Date(0));
  let last: { after: number; tick: Date | null } | null = null;
  return {
    next(after) {
      if (last?.after !== after.getTime()) {
        let tick = cron.nextRun(after);
        while (zone !== undefined && tick && !cron.match(tick)) tick = cron.nextRun(tick);
        last = { after: after.getTime(), tick };
      }
      return last.tick;
    },
  };
}

/**
 * Reads a cron trigger: five fields (minute, hour, day of month, month, day of week) of numbers, names, `*`, `?`, lists, ranges and steps,
 * in UTC or in the zone of a `TZ=` or `CRON_TZ=` prefix. Throws where it is anything else (seconds, `@daily`, `L`, `#`).
 * `next` gives the first tick after a time; local times that daylight saving skips do not fire.
 */
export function parseCron(expression: string): CronSchedule {
  const known = cache.get(expression);
  if (known) return known;
  const match = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.+)$/.exec(expression.trim());
  const fields = (match?.[2] ?? "").trim().split(/\s+/);
  if (fields.length !== FIELDS.length || fields[0]?.startsWith("@")) {
    throw new Error(
      `cron "${expression}" has not exactly five fields (minute hour day-of-month month day-of-week)`,
    );
  }
  const zone = match?.[1];
  if (zone !== undefined && !isZone(zone)) {
    throw new Error(`cron "${expression}": "${zone}" is not a time zone`);
  }
  const malformed = fields.find((field, index) => !FIELDS[index]?.test(field));
  if (malformed !== undefined) throw new Error(`cron "${expression}": "${malformed}" is no field`);
  let made: CronSchedule;
  try {
    made = schedule(fields.join(" "), zone);
  } catch (error) {
    throw new Error(`cron "${expression}": ${messageOf(error)}`);
  }
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(expression, made);
  return made;
}
