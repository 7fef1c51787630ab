import { z } from "zod";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { oneOf } from "~/lib/api-errors.ts";
import { requestKeyField } from "~/lib/request-key.server.ts";
import type { Send } from "~/lib/send.ts";
import { requestSync } from "./commands.server.ts";
import { pauseJob, resumeJob } from "./pause.server.ts";
import { REASON_LENGTH } from "./pause.ts";
import { SYNC_TYPES, type SyncType } from "./schedule.ts";

const type = oneOf(SYNC_TYPES);

/** What the page /syncs can be asked to do with a job. */
export const jobAction = z.discriminatedUnion(
  "intent",
  [
    z.strictObject({ intent: z.literal("run"), type, requestKey: requestKeyField }),
    z.strictObject({ intent: z.literal("resume"), type, requestKey: requestKeyField }),
    z.strictObject({
      intent: z.literal("pause"),
      type,
      reason: z
        .string()
        .trim()
        .max(REASON_LENGTH, `must have at most ${REASON_LENGTH} characters`)
        .transform((reason) => reason || null),
    }),
  ],
  "must be run, pause or resume",
);

/**
 * Does what was asked: a run now, a pause, or that the schedule goes on, which runs the job now where a run has become overdue.
 * @returns whether a run was asked for
 * @throws what `send` throws when the job engine does not accept the event
 */
export async function actOnJob(
  { db, send }: { db: PrismaClient; send: Send },
  action: z.output<typeof jobAction>,
  now: Date,
): Promise<boolean> {
  if (action.intent === "pause") {
    await pauseJob(db, { type: action.type, reason: action.reason, now });
    return false;
  }
  const runs = action.intent === "run" || (await resumeJob(db, action.type, now));
  if (runs) await requestSync(send, action.type, { requestKey: action.requestKey });
  return runs;
}

/** A pause that was refused: what was sent, and what is wrong with it. */
export type PauseProblem = { type: SyncType; reason: string; error: string };

/** What a person can mend in a form that was refused; null = it did not come from the page. */
export function pauseProblemOf(
  sent: Record<string, string>,
  { issues }: z.ZodError,
): PauseProblem | null {
  const job = type.safeParse(sent.type);
  const [issue] = issues;
  if (!job.success || !issue || issues.some(({ path }) => path[0] !== "reason")) return null;
  return { type: job.data, reason: sent.reason ?? "", error: issue.message };
}
