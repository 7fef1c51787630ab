import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { toJsonb } from "~/lib/jsonb.ts";
import { announce, announcement } from "~/lib/live.server.ts";
import type { MarketRow, VenueId } from "~/lib/rows.ts";

export type UpsertCounts = { created: number; updated: number };

/** Rows per statement, so that the embedded database is never held for long. */
const BATCH = 500;

/**
 * Stores markets as the venue shows them; parents come before their children. A row that has not changed is not counted as updated.
 * What a list leaves blank (`rules`, `conditionId`, ...) does not erase what a detail filled in.
 */
export async function upsertMarkets(
  db: PrismaClient,
  rows: MarketRow[],
  now: Date,
): Promise<UpsertCounts> {
  const distinct = [
    ...new Map(rows.map((row) => [`${row.venue} ${row.kind} ${row.externalId}`, row])).values(),
  ];
  const total = { created: 0, updated: 0 };
  for (const kind of ["categorical", "binary"] as const) {
    const ofKind = distinct.filter((row) => row.kind === kind);
    for (let start = 0; start < ofKind.length; start += BATCH) {
      const counts = await upsertBatch(db, ofKind.slice(start, start + BATCH), now);
      total.created += counts.created;
      total.updated += counts.updated;
    }
  }
  return total;
}

async function upsertBatch(db: PrismaClient, rows: MarketRow[], now: Date): Promise<UpsertCounts> {
  const [counts] = await db.$queryRaw<UpsertCounts[]>`
    WITH input AS MATERIALIZED (
      SELECT r.*, (
          SELECT p.id FROM market p
          WHERE p.venue = r.venue AND p.kind = 'categorical' AND p.external_id = r."parentExternalId") AS parent_id,
        (SELECT k.id FROM market k
          WHERE k.venue = r.venue AND k.kind = r.kind AND k.external_id = r."externalId") AS known_id
      FROM jsonb_to_recordset(${toJsonb(rows)}::jsonb) AS r(
        venue text, kind market_kind, "externalId" text, "parentExternalId" text, title text, slug text, rules text,
        status market_status, "yesLabel" text, "noLabel" text, "yesTokenId" text, "noTokenId" text,
        "conditionId" text, "questionId" text, "resultSide" text, volume numeric, "volume24h" numeric,
        "volume7d" numeric, "quoteToken" text, "chainId" text, labels text[], "thumbnailUrl" text,
        "openedAt" timestamptz, "cutoffAt" timestamptz, "resolvedAt" timestamptz)
    ), written AS (
      INSERT INTO market AS m (id, venue, kind, external_id, parent_id, title, slug, rules, status, yes_label, no_label,
        yes_token_id, no_token_id, condition_id, question_id, result_side, volume, volume_24h, volume_7d, quote_token,
        chain_id, labels, thumbnail_url, opened_at, cutoff_at, resolved_at, catalog_seen_at, updated_at)
      -- A number is taken from the sequence for a new market only: every walk would use one up for each row otherwise.
      SELECT coalesce(known_id, nextval(pg_get_serial_sequence('market', 'id'))::int),
        venue, kind, "externalId", parent_id, title, slug, rules, status, "yesLabel", "noLabel",
        "yesTokenId", "noTokenId", "conditionId", "questionId", "resultSide", volume, "volume24h", "volume7d",
        "quoteToken", "chainId", coalesce(labels, '{}'), "thumbnailUrl", "openedAt", "cutoffAt", "resolvedAt",
        ${now}::timestamptz, ${now}::timestamptz
      FROM input ORDER BY kind, "externalId"
      ON CONFLICT (venue, kind, external_id) DO UPDATE SET
        parent_id = coalesce(excluded.parent_id, m.parent_id), title = excluded.title,
        slug = coalesce(excluded.slug, m.slug), rules = coalesce(excluded.rules, m.rules), status = excluded.status,
        yes_label = coalesce(excluded.yes_label, m.yes_label), no_label = coalesce(excluded.no_label, m.no_label),
        yes_token_id = coalesce(excluded.yes_token_id, m.yes_token_id),
        no_token_id = coalesce(excluded.no_token_id, m.no_token_id),
        condition_id = coalesce(excluded.condition_id, m.condition_id),
        question_id = coalesce(excluded.question_id, m.question_id),
        result_side = coalesce(excluded.result_side, m.result_side), volume = coalesce(excluded.volume, m.volume),
        volume_24h = coalesce(excluded.volume_24h, m.volume_24h), volume_7d = coalesce(excluded.volume_7d, m.volume_7d),
        quote_token = coalesce(excluded.quote_token, m.quote_token), chain_id = coalesce(excluded.chain_id, m.chain_id),
        labels = excluded.labels, thumbnail_url = coalesce(excluded.thumbnail_url, m.thumbnail_url),
        opened_at = coalesce(excluded.opened_at, m.opened_at), cutoff_at = coalesce(excluded.cutoff_at, m.cutoff_at),
        resolved_at = coalesce(excluded.resolved_at, m.resolved_at), catalog_seen_at = excluded.catalog_seen_at,
        updated_at = CASE WHEN (m.title, m.status, m.volume, m.volume_24h, m.volume_7d, m.result_side, m.labels, m.cutoff_at, m.resolved_at)
            IS DISTINCT FROM (excluded.title, excluded.status, coalesce(excluded.volume, m.volume),
              coalesce(excluded.volume_24h, m.volume_24h), coalesce(excluded.volume_7d, m.volume_7d),
              coalesce(excluded.result_side, m.result_side), excluded.labels,
              coalesce(excluded.cutoff_at, m.cutoff_at), coalesce(excluded.resolved_at, m.resolved_at))
          THEN excluded.updated_at ELSE m.updated_at END
      RETURNING (xmax = 0) AS fresh, updated_at = ${now}::timestamptz AS changed
    )
    SELECT count(*) FILTER (WHERE fresh)::int AS created,
      count(*) FILTER (WHERE changed AND NOT fresh)::int AS updated,
      ${announce("markets", Prisma.sql`bool_or(fresh OR changed)`)} AS announced FROM written`;
  return { created: counts?.created ?? 0, updated: counts?.updated ?? 0 };
}

export type MarketToCheck = { id: number; kind: "binary" | "categorical"; externalId: string };

/**
 * Markets that are not over and that the catalog has not shown since `before`, those asked for longest ago first; a child is covered
 * by its parent, unless nothing is known of it but a trade.
 */
export async function marketsToCheck(
  db: PrismaClient,
  venue: VenueId,
  before: Date,
  limit: number,
): Promise<MarketToCheck[]> {
  return db.$queryRaw<MarketToCheck[]>`
    SELECT id, kind::text AS kind, external_id AS "externalId" FROM market
    WHERE venue = ${venue} AND status IN ('unknown', 'created', 'activated', 'resolving')
      AND (catalog_seen_at IS NULL OR catalog_seen_at < ${before}::timestamptz)
      AND (parent_id IS NULL OR status = 'unknown')
    ORDER BY catalog_seen_at NULLS FIRST, id LIMIT ${limit}::int`;
}

/** The venue does not know these markets any more. */
export async function markGone(db: PrismaClient, ids: number[], now: Date): Promise<void> {
  await db.$transaction([
    db.market.updateMany({
      where: { OR: [{ id: { in: ids } }, { parentId: { in: ids } }] },
      data: { status: "deleted", catalogSeenAt: now, updatedAt: now },
    }),
    announcement(db, "markets"),
  ]);
}

/** These markets were asked for and gave nothing usable; others come first next time. */
export async function markChecked(db: PrismaClient, ids: number[], now: Date): Promise<void> {
  await db.market.updateMany({ where: { id: { in: ids } }, data: { catalogSeenAt: now } });
}
