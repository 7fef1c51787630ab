import type { PrismaClient } from "~/generated/prisma/client.ts";
import { type AttemptItem, attemptItemOf } from "~/reliability/attempt-item.server.ts";

/** Attempts of a run that are shown. */
const SHOWN = 50;

/** The last attempts that a failed run made, in the order they began; `earlier` = there were others before. */
export type FailedAttempts = { attempts: AttemptItem[]; earlier: boolean };

/** @param inngestRunId of the run that failed */
export async function lastAttempts(
  db: PrismaClient,
  inngestRunId: string,
): Promise<FailedAttempts> {
  const run = await db.run.findUnique({
    where: { inngestRunId },
    select: {
      attempts: { orderBy: [{ startedAt: "desc" }, { id: "desc" }], take: SHOWN + 1 },
    },
  });
  const rows = run?.attempts ?? [];
  const attempts = rows.slice(0, SHOWN).map(({ runId: _, ...row }) => attemptItemOf(row));
  return { attempts: attempts.reverse(), earlier: rows.length > SHOWN };
}
