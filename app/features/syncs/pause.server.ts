import type { PrismaClient, SyncTrigger } from "~/generated/prisma/client.ts";
import { announcement } from "~/lib/live.server.ts";
import { readJobFacts } from "./job-facts.server.ts";
import { isOverdue } from "./job-state.ts";
import { type Pause, pauseNote } from "./pause.ts";
import type { SyncType } from "./schedule.ts";

/** The pause of a job's schedule; null = it is not paused. */
export async function pauseOf(db: PrismaClient, type: SyncType): Promise<Pause | null> {
  const row = await db.jobPause.findUnique({ where: { type } });
  return row && { since: row.pausedAt.toISOString(), reason: row.reason };
}

/** Triggers that a pause holds back; what a person asks for is done. */
const HELD_BACK: readonly SyncTrigger[] = ["cron", "start"];

/**
 * Why a run of the job must not start now, for its log.
 * @returns null = it may start: the schedule is not paused, or a person asked for this run (by hand, a replay, a backfill)
 */
export async function reasonHeldBack(
  db: PrismaClient,
  type: SyncType,
  trigger: SyncTrigger,
): Promise<string | null> {
  if (!HELD_BACK.includes(trigger)) return null;
  const pause = await pauseOf(db, type);
  return pause && pauseNote(pause);
}

/** Stops the schedule of a job; a run under way goes on. Where it is paused already only the reason changes. */
export async function pauseJob(
  db: PrismaClient,
  { type, reason, now }: { type: SyncType; reason: string | null; now: Date },
): Promise<void> {
  await db.$transaction([
    db.jobPause.upsert({
      where: { type },
      create: { type, reason, pausedAt: now },
      update: { reason },
    }),
    announcement(db, "syncs"),
  ]);
}

/**
 * Lets the schedule of a job go on.
 * @returns whether it was paused and a run has become overdue meanwhile: its next time may be a day ahead
 */
export async function resumeJob(db: PrismaClient, type: SyncType, now: Date): Promise<boolean> {
  const [{ count }] = await db.$transaction([
    db.jobPause.deleteMany({ where: { type } }),
    announcement(db, "syncs"),
  ]);
  if (count === 0) return false;
  const facts = (await readJobFacts(db, [type])).get(type);
  return facts !== undefined && !facts.running && isOverdue(type, facts, now.getTime());
}
