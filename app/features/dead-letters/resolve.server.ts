import type { PrismaClient } from "~/generated/prisma/client.ts";
import { announce } from "~/lib/live.server.ts";

/** The work that letters speak of: whoever does it again has this action and key. */
export type LetterWork = { action: string; idempotencyKey: string };

/**
 * The work of open letters was done again, by a replay or from the Inngest dashboard: they are replayed, and a replay whose last letter
 * that was is over.
 * @param work.inngestRunId the run that did it
 */
export async function resolveLetters(
  db: PrismaClient,
  work: LetterWork & { inngestRunId: string; now: Date },
): Promise<void> {
  await db.$executeRaw`
    UPDATE dead_letter SET status = 'replayed', replay_run_id = ${work.inngestRunId},
      resolved_at = ${work.now}::timestamptz
    WHERE function_id = ${work.action} AND idempotency_key = ${work.idempotencyKey} AND status = 'open'
    RETURNING ${announce("dead-letters")}`;
  await finishReplays(db, work.now);
}

/** The run that did the work of letters again was cancelled: they are open as before, and no replay has them. */
export async function releaseLetters(
  db: PrismaClient,
  work: LetterWork & { now: Date },
): Promise<void> {
  await db.$executeRaw`
    UPDATE dead_letter SET replay_id = NULL, requested_at = NULL
    WHERE function_id = ${work.action} AND idempotency_key = ${work.idempotencyKey} AND status = 'open'
      AND requested_at IS NOT NULL
    RETURNING ${announce("dead-letters")}`;
  await finishReplays(db, work.now);
}

/**
 * Ends the running replays that have no open letter any more; one without a total is still being filled. A statement of its own after
 * the letters' change is committed: of two letters that are resolved at once, the later one sees both. It looks at all that run, because
 * the call whose change was the last one may have been cut off before it came here.
 */
export async function finishReplays(db: PrismaClient, now: Date): Promise<void> {
  await db.$executeRaw`
    UPDATE replay r SET status = 'completed', finished_at = ${now}::timestamptz
    WHERE r.status = 'running' AND r.total > 0
      AND NOT EXISTS (SELECT FROM dead_letter l WHERE l.replay_id = r.id AND l.status = 'open')
    RETURNING ${announce("dead-letters")}`;
}
