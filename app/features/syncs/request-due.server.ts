import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { Send } from "~/lib/send.ts";
import { requestSync } from "./commands.server.ts";
import { SYNC_SCHEDULE, SYNC_TYPES, type SyncType } from "./schedule.ts";

/**
 * At start: requests every job whose last success is older than its interval (crons fire on the minute and are not caught up), and
 * discovery when nobody is followed.
 * @returns the jobs that were requested
 */
export async function requestDueSyncs(
  db: PrismaClient,
  send: Send,
  now: Date,
): Promise<SyncType[]> {
  const last = await db.syncLog.groupBy({
    by: ["type"],
    where: { status: "completed" },
    _max: { startedAt: true },
  });
  const lastByType = new Map(last.map((row) => [row.type, row._max.startedAt]));
  const followed = await db.whale.findFirst({ where: { followed: true }, select: { id: true } });
  const due = SYNC_TYPES.filter((type) => {
    if (type === "whales" && !followed) return false;
    const success = lastByType.get(type);
    const overdue = !success || now.getTime() - success.getTime() >= SYNC_SCHEDULE[type].intervalMs;
    return overdue || (type === "discovery" && !followed);
  });
  for (const type of due) await requestSync(send, type, { trigger: "start" });
  return due;
}
