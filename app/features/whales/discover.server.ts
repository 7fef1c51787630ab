import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { toJsonb } from "~/lib/jsonb.ts";
import { announce } from "~/lib/live.server.ts";
import type { LeaderboardRow } from "~/lib/rows.ts";

/**
 * Follows every wallet of a leaderboard that is not known yet and notes the rank value of those that are. A label a person gave and an
 * unfollow stay as they are.
 */
export async function followLeaderboard(
  db: PrismaClient,
  rows: LeaderboardRow[],
  now: Date,
): Promise<{ created: number; updated: number }> {
  const distinct = [...new Map(rows.map((row) => [row.address, row])).values()];
  const [counts] = await db.$queryRaw<{ created: number; updated: number }[]>`
    WITH input AS (
      SELECT * FROM jsonb_to_recordset(${toJsonb(distinct)}::jsonb)
        AS r(venue text, address text, name text, "rankValue" numeric)
    ), written AS (
      INSERT INTO whale AS w (venue, address, label, source, followed, followed_at, rank_value)
      SELECT venue, address, nullif(name, ''), 'leaderboard', true, ${now}::timestamptz, "rankValue" FROM input
      ON CONFLICT (venue, address) DO UPDATE
        SET rank_value = excluded.rank_value, label = coalesce(w.label, excluded.label)
        WHERE w.rank_value IS DISTINCT FROM excluded.rank_value
          OR (w.label IS NULL AND excluded.label IS NOT NULL)
      RETURNING (xmax = 0) AS fresh
    )
    SELECT count(*) FILTER (WHERE fresh)::int AS created,
      count(*) FILTER (WHERE NOT fresh)::int AS updated,
      ${announce("whales", Prisma.sql`count(*) > 0`)} AS announced FROM written`;
  return { created: counts?.created ?? 0, updated: counts?.updated ?? 0 };
}
