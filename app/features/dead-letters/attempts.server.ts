import { z } from "zod";
import type { AttemptItem } from "~/features/syncs/waterfall.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";

/** Attempts of a run that are shown. */
const SHOWN = 50;

const known = z.number().nullish().catch(null);

/** What was noted of a request; what is not known is null. */
const http = z
  .object({ status: known, waitMs: known, bytes: known, retryAfterMs: known })
  .nullable()
  .catch(null);

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
  const attempts = rows.slice(0, SHOWN).map(({ id, runId: _, startedAt, data, ...row }) => {
    const noted = http.parse(data);
    return {
      ...row,
      id: String(id),
      startedAt: startedAt.toISOString(),
      http: {
        status: noted?.status ?? null,
        waitMs: noted?.waitMs ?? null,
        bytes: noted?.bytes ?? null,
        retryAfterMs: noted?.retryAfterMs ?? null,
      },
    };
  });
  return { attempts: attempts.reverse(), earlier: rows.length > SHOWN };
}
