import { Cron } from "croner";
import { SYNC_SCHEDULE, type SyncType } from "./schedule.ts";

/** When a job's schedule fires next after `now` (epoch milliseconds), as ISO UTC. */
export function nextRunAt(type: SyncType, now: number): string | null {
  const schedule = new Cron(SYNC_SCHEDULE[type].cron, { timezone: "UTC", paused: true });
  return schedule.nextRun(new Date(now))?.toISOString() ?? null;
}
