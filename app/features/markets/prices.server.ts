import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { toJsonb } from "~/lib/jsonb.ts";
import { announce } from "~/lib/live.server.ts";
import type { PriceRow, VenueId } from "~/lib/rows.ts";

export type PriceToRead = { marketId: number; yesTokenId: string };

/** Active markets whose price has not been asked for since `before`, most traded first. */
export async function pricesToRead(
  db: PrismaClient,
  venue: VenueId,
  before: Date,
  limit: number,
): Promise<PriceToRead[]> {
  return db.$queryRaw<PriceToRead[]>`
    SELECT id AS "marketId", yes_token_id AS "yesTokenId" FROM market
    WHERE venue = ${venue} AND kind = 'binary' AND status = 'activated' AND yes_token_id IS NOT NULL
      AND (price_checked_at IS NULL OR price_checked_at < ${before}::timestamptz
        OR price_checked_at > ${before}::timestamptz + interval '1 hour')
    ORDER BY volume DESC NULLS LAST, id LIMIT ${limit}::int`;
}

export type ReadPrice = { marketId: number; price: PriceRow | null };

/**
 * Stores last prices of yes tokens: the market's current one, and a point of its history where the price has changed. `null` (never
 * traded) only notes that the price was asked for. An answer older than what is stored changes nothing.
 */
export async function recordPrices(
  db: PrismaClient,
  prices: ReadPrice[],
  now: Date,
): Promise<{ updated: number }> {
  const records = prices.map(({ marketId, price }) => ({
    id: marketId,
    price: price?.price ?? null,
    at: price?.at ?? null,
  }));
  const [counts] = await db.$queryRaw<{ updated: number }[]>`
    WITH input AS (
      SELECT r.*, r.price IS NOT NULL AND (m.yes_price_at IS NULL OR r.at > m.yes_price_at)
        AND m.yes_price IS DISTINCT FROM r.price AS changed
      FROM jsonb_to_recordset(${toJsonb(records)}::jsonb) AS r(id int, price numeric, at timestamptz)
      JOIN market m ON m.id = r.id
    ), points AS (
      INSERT INTO price_point (market_id, outcome, at, price)
      SELECT id, 'yes', at, price FROM input WHERE changed
      ON CONFLICT (market_id, outcome, at) DO UPDATE SET price = excluded.price
    ), written AS (
      UPDATE market m SET price_checked_at = ${now}::timestamptz,
        yes_price = CASE WHEN i.changed THEN i.price ELSE m.yes_price END,
        yes_price_at = CASE WHEN i.price IS NOT NULL THEN greatest(m.yes_price_at, i.at) ELSE m.yes_price_at END
      FROM input i WHERE m.id = i.id
    )
    SELECT count(*) FILTER (WHERE changed)::int AS updated,
      ${announce("markets", Prisma.sql`bool_or(changed)`)} AS announced FROM input`;
  return { updated: counts?.updated ?? 0 };
}
