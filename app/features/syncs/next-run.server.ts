import { Cron } from "croner";
import { SYNC_SCHEDULE, type SyncType } from "./schedule.ts";

/** What was worked out last, by job: it stands for every time from `from` until it has come. */
const known = new Map<SyncType, { from: number; at: number }>();

/** When a job's schedule fires next after `now` (epoch milliseconds), as ISO UTC. */
export function nextRunAt(type: SyncType, now: number): string | null {
  const last = known.get(type);
  if (last && last.from <= now && now < last.at) return new Date(last.at).toISOString();
  const schedule = new Cron(SYNC_SCHEDULE[type].cron, { timezone: "UTC", paused: true });
  const next = schedule.nextRun(new Date(now));
  if (next) known.set(type, { from: now, at: next.getTime() });
  return next?.toISOString() ?? null;
}
