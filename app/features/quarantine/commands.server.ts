import { createHash } from "node:crypto";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { toJsonb } from "~/lib/jsonb.ts";
import type { BadRow, VenueId } from "~/lib/rows.ts";

/**
 * Keeps rows that failed their schema, with what was received. The same row read again only moves its time.
 * @param syncLogId the run that met them
 * @returns how many were not known yet
 */
export async function quarantineRows(
  db: PrismaClient,
  source: { venue: VenueId; kind: "markets" | "leaderboard" },
  rows: BadRow[],
  now: Date,
  syncLogId: number,
): Promise<number> {
  if (rows.length === 0) return 0;
  const records = new Map(
    rows.map((row) => {
      const content = JSON.stringify([source.venue, source.kind, "", row.payload]);
      const hash = createHash("sha256").update(content).digest("hex");
      return [hash, { hash, ...row }];
    }),
  );
  const [counts] = await db.$queryRaw<{ fresh: number }[]>`
    WITH written AS (
      INSERT INTO quarantined_row (venue, kind, content_hash, payload, path, message, first_seen_at, last_seen_at,
        sync_log_id)
      SELECT ${source.venue}, ${source.kind}, hash, payload, path, message, ${now}::timestamptz, ${now}::timestamptz,
        ${syncLogId}::int
      FROM jsonb_to_recordset(${toJsonb([...records.values()])}::jsonb)
        AS q(hash text, payload jsonb, path text, message text)
      ON CONFLICT (content_hash) DO UPDATE SET last_seen_at = excluded.last_seen_at, status = 'open', healed_at = NULL,
        sync_log_id = excluded.sync_log_id
      RETURNING (xmax = 0) AS fresh
    )
    SELECT count(*) FILTER (WHERE fresh)::int AS fresh FROM written`;
  return counts?.fresh ?? 0;
}

/** After a whole pass over a list: rows of it that were bad before and were not met bad again are healed. */
export async function healRows(
  db: PrismaClient,
  source: { venue: VenueId; kind: "markets" | "leaderboard" },
  passStartedAt: Date,
  now: Date,
): Promise<void> {
  await db.quarantinedRow.updateMany({
    where: { ...source, status: "open", lastSeenAt: { lt: passStartedAt } },
    data: { status: "healed", healedAt: now },
  });
}
