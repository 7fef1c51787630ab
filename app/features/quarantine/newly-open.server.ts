import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";

/** More rows than these are not counted. */
export const MOST_COUNTED = 1_000;

/**
 * Rows that were met for the first time since then and have not been read properly yet, by venue; of all together no more than
 * `MOST_COUNTED`.
 */
export async function countNewlyOpen(db: PrismaClient, since: Date): Promise<Map<string, number>> {
  const rows = await db.$queryRaw<{ venue: string; count: number }[]>(Prisma.sql`
    SELECT venue, count(*)::int AS count FROM (
      SELECT venue FROM quarantined_row
      WHERE status = 'open' AND last_seen_at >= ${since}::timestamptz AND first_seen_at >= ${since}::timestamptz
      ORDER BY last_seen_at DESC, id DESC LIMIT ${MOST_COUNTED}
    ) newest GROUP BY venue`);
  return new Map(rows.map(({ venue, count }) => [venue, count]));
}
