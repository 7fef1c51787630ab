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
  const resolved = await db.$queryRaw<{ replayId: number | null }[]>`
    UPDATE dead_letter SET status = 'replayed', replay_run_id = ${work.inngestRunId},
      resolved_at = ${work.now}::timestamptz
    WHERE function_id = ${work.action} AND idempotency_key = ${work.idempotencyKey} AND status = 'open'
    RETURNING replay_id AS "replayId", ${announce("dead-letters")} AS announced`;
  await finishReplays(
    db,
    resolved.flatMap(({ replayId }) => replayId ?? []),
    work.now,
  );
}

/** The run that did the work of letters again was cancelled: they are open as before, and no replay has them. */
export async function releaseLetters(
  db: PrismaClient,
  work: LetterWork & { now: Date },
): Promise<void> {
  const released = await db.$queryRaw<{ replayId: number }[]>`
    WITH taken AS (
      SELECT id, replay_id FROM dead_letter
      WHERE function_id = ${work.action} AND idempotency_key = ${work.idempotencyKey} AND status = 'open'
        AND requested_at IS NOT NULL
    )
    UPDATE dead_letter l SET replay_id = NULL, requested_at = NULL FROM taken t WHERE l.id = t.id
    RETURNING t.replay_id AS "replayId", ${announce("dead-letters")} AS announced`;
  await finishReplays(
    db,
    released.map(({ replayId }) => replayId),
    work.now,
  );
}

/**
 * Ends those of the replays that have no open letter any more. A statement of its own after the letters' change is committed: of two
 * letters that are resolved at once, the later one sees both.
 */
export async function finishReplays(
  db: PrismaClient,
  ids: readonly number[],
  now: Date,
): Promise<void> {
  if (ids.length === 0) return;
  await db.$executeRaw`
    UPDATE replay r SET status = 'completed', finished_at = ${now}::timestamptz
    WHERE r.id = ANY(${[...new Set(ids)]}::int[]) AND r.status = 'running'
      AND NOT EXISTS (SELECT FROM dead_letter l WHERE l.replay_id = r.id AND l.status = 'open')
    RETURNING ${announce("dead-letters")}`;
}
