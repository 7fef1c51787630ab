import type { PrismaClient } from "~/generated/prisma/client.ts";
import { announce } from "~/lib/live.server.ts";
import type { ErrorCode } from "~/reliability/errors.ts";

const CODE = "EXECUTION_FAILED" satisfies ErrorCode;
const GONE =
  "The app ended while this run was under way, and nothing is left that could go on with it. What it had stored is kept; the next run of the job does the rest.";
const LATE =
  "The app was not running when this run should have ended. What it had stored is kept; the next run of the job does the rest.";

/** What was closed, by kind. */
export type CutOff = { syncs: number; runs: number };

/**
 * At start: closes as failed what an end of the app has cut off. With the embedded engine that is what the engine has no work for any
 * more: neither the run, nor one that it asked for, nor one that is to record its failure; what the engine goes on with is left to it. With
 * an Inngest server, which does not say what it goes on with, and in any case, it is what should have ended by now.
 * @param at.embedded whether the embedded engine does the work
 */
export async function closeCutOff(
  db: PrismaClient,
  at: { now: Date; embedded: boolean },
): Promise<CutOff> {
  const [closed] = await db.$queryRaw<CutOff[]>`
    WITH live AS MATERIALIZED (
      SELECT r.id, r.event_name, r.events::json -> 0 -> 'data' AS data FROM engine.run r
      WHERE r.status IN ('queued', 'running')
        OR r.id IN (SELECT j.run_id FROM engine.job j WHERE j.kind = 'announce')
    ), going_on AS MATERIALIZED (
      SELECT id AS run_id, data ->> 'syncLogId' AS sync_id FROM live
      UNION ALL
      SELECT data ->> 'run_id', data -> 'event' -> 'data' ->> 'syncLogId' FROM live
      WHERE event_name IN ('inngest/function.failed', 'inngest/function.cancelled')
    ), syncs AS (
      UPDATE sync_log l SET status = 'failed', finished_at = ${at.now}::timestamptz, executing_until = NULL,
        error_code = ${CODE},
        error_message = CASE WHEN l.deadline_at < ${at.now}::timestamptz THEN ${LATE} ELSE ${GONE} END
      WHERE l.status = 'running' AND (l.deadline_at < ${at.now}::timestamptz OR ${at.embedded}::boolean AND NOT EXISTS (
        SELECT FROM going_on g WHERE g.run_id = l.run_id OR g.sync_id = l.id::text))
      RETURNING l.id, l.error_message, ${announce("syncs")}
    ), parts AS (
      UPDATE sync_part p SET status = 'failed', finished_at = ${at.now}::timestamptz, error_code = ${CODE},
        error_message = s.error_message
      FROM syncs s WHERE p.sync_log_id = s.id AND p.status = 'running'
    ), runs AS (
      UPDATE run r SET status = 'failed', ended_at = ${at.now}::timestamptz, error_code = ${CODE},
        error_message = CASE WHEN r.expires_at < ${at.now}::timestamptz THEN ${LATE} ELSE ${GONE} END
      WHERE r.status = 'running' AND (r.expires_at < ${at.now}::timestamptz OR ${at.embedded}::boolean AND NOT EXISTS (
        SELECT FROM going_on g WHERE g.run_id = r.inngest_run_id))
      RETURNING r.id
    )
    SELECT (SELECT count(*)::int FROM syncs) AS syncs, (SELECT count(*)::int FROM runs) AS runs`;
  return closed ?? { syncs: 0, runs: 0 };
}
