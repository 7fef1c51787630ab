import { z } from "zod";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { oneOf } from "~/lib/api-errors.ts";

/** Query string of /runs/:id/json: which of a run's texts, and of which step or attempt. */
export const wholeJsonSearch = z.discriminatedUnion(
  "part",
  [
    z.strictObject({ part: oneOf(["events", "output", "error"]) }),
    z.strictObject({ part: z.literal("step"), id: z.string().regex(/^[\w-]{1,64}$/) }),
    z.strictObject({ part: z.literal("attempt"), id: z.string().regex(/^[1-9]\d{0,17}$/) }),
  ],
  "must name a part: events, output, error, step with its id, or attempt with its id",
);

/** One JSON text of a run, whole and as it is kept; null where there is none. */
export async function getWholeJson(
  db: PrismaClient,
  runId: string,
  what: z.output<typeof wholeJsonSearch>,
): Promise<string | null> {
  if (what.part === "step") {
    const step = await db.engineStep.findUnique({
      where: { runId_stepId: { runId, stepId: what.id } },
      select: { memo: true },
    });
    return step?.memo ?? null;
  }
  if (what.part === "attempt") {
    const attempt = await db.engineAttempt.findFirst({
      where: { id: BigInt(what.id), runId },
      select: { error: true },
    });
    return attempt?.error ?? null;
  }
  const { part } = what;
  const select = { events: part === "events", output: part === "output", error: part === "error" };
  const run = await db.engineRun.findUnique({ where: { id: runId }, select });
  return run?.[part] ?? null;
}
