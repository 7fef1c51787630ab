import type { PrismaClient } from "~/generated/prisma/client.ts";

/** A run that ended so shortly before its limit counts as ended by it: the limit runs from the engine's first call, not from ours. */
const SLACK_MS = 10_000;

/**
 * Whether a cancelled run was ended by its time limit and not by a person. The embedded engine keeps the cause; an Inngest server does
 * not tell it, so there the time decides.
 * @param run.id Inngest run id
 * @param run.endedAt when it was cancelled
 * @param run.limitAt when its limit would end it; null = not known
 */
export async function endedByLimit(
  db: PrismaClient,
  run: { id: string; endedAt: Date; limitAt: Date | null },
): Promise<boolean> {
  const kept = await db.engineRun.findUnique({
    where: { id: run.id },
    select: { cancelCause: true },
  });
  if (kept?.cancelCause) return kept.cancelCause.startsWith("timeout:");
  return run.limitAt !== null && run.endedAt.getTime() >= run.limitAt.getTime() - SLACK_MS;
}
