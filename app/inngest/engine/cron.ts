import { Cron } from "croner";

/**
 * Reads a cron trigger: five fields (minute, hour, day of month, month, day of week), in UTC or in the zone of a `TZ=` or `CRON_TZ=` prefix.
 * Throws where it is anything else. `next` gives the first tick after a time; local times that daylight saving skips do not fire.
 */
export function parseCron(expression: string): { next(after: Date): Date | null } {
  const match = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.+)$/.exec(expression.trim());
  const zone = match?.[1] ?? "UTC";
  const fields = (match?.[2] ?? "").trim();
  if (fields.startsWith("@") || fields.split(/\s+/).length !== 5) {
    throw new Error(
      `cron "${expression}" has not exactly five fields (minute hour day-of-month month day-of-week)`,
    );
  }
  const schedule = new Cron(fields, { timezone: zone, mode: "5-part", paused: true });
  schedule.nextRun(new Date(0));
  return {
    next(after) {
      let tick = schedule.nextRun(after);
      while (tick && !schedule.match(tick)) tick = schedule.nextRun(tick);
      return tick;
    },
  };
}
