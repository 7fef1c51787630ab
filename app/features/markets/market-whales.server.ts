import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { reckonedPositions } from "../whales/reckoning.server.ts";

/** A whale's position in one outcome of a market. Decimals are exact strings; what is null is withheld, and `why` or `whyValue` says why. */
export type MarketWhale = {
  whale: { id: number; address: string; label: string | null };
  outcomeSide: string;
  bought: string;
  sold: string;
  /** Shares held. */
  shares: string | null;
  averageCost: string | null;
  /** The shares held at the market's last price, or at what they pay once the result is known. */
  value: string | null;
  /** Why the shares held and all that follows from them are withheld; null = they are not. */
  why: string | null;
  /** Why their value is. */
  whyValue: string | null;
  /** ISO UTC. */
  lastAt: string;
};

type Row = Omit<MarketWhale, "whale" | "lastAt"> & {
  whaleId: number;
  address: string;
  label: string | null;
  lastAt: Date;
};

/**
 * The whales that traded most in a market, by the amount they bought and sold of an outcome.
 * @returns at most `limit` rows, and whether there are more
 */
export async function listMarketWhales(
  db: PrismaClient,
  { marketId, limit }: { marketId: number; limit: number },
): Promise<{ rows: MarketWhale[]; more: boolean }> {
  const rows = await db.$queryRaw<Row[]>(Prisma.sql`
    WITH largest AS MATERIALIZED (
      SELECT whale_id, outcome_side, bought_amount, sold_amount FROM position WHERE market_id = ${marketId}::int
      ORDER BY bought_amount + sold_amount DESC, whale_id, outcome_side LIMIT ${limit + 1}::int
    ), r AS MATERIALIZED (${reckonedPositions(Prisma.sql`SELECT DISTINCT whale_id AS id FROM largest`, marketId)})
    SELECT p.whale_id AS "whaleId", w.address, w.label, p.outcome_side AS "outcomeSide",
      trim_scale(p.bought_amount)::text AS bought, trim_scale(p.sold_amount)::text AS sold, trim_scale(r.net)::text AS shares,
      trim_scale(r.avg_cost)::text AS "averageCost", trim_scale(${worthSql(marketId)})::text AS value,
      r.why, r.why_price AS "whyValue", r.last_at AS "lastAt"
    FROM largest p JOIN r ON r.whale_id = p.whale_id AND r.outcome_side = p.outcome_side
    CROSS JOIN LATERAL (SELECT address, label FROM whale WHERE id = p.whale_id LIMIT 1) w
    ORDER BY p.bought_amount + p.sold_amount DESC, p.whale_id, p.outcome_side`);
  return { rows: rows.slice(0, limit).map(itemOf), more: rows.length > limit };
}

function worthSql(marketId: number): Prisma.Sql {
  return Prisma.sql`CASE r.state
    WHEN 'resolved' THEN CASE WHEN r.outcome_side = (SELECT result_side FROM market WHERE id = ${marketId}::int) THEN r.net ELSE r.net * 0 END
    WHEN 'closed' THEN r.net
    ELSE r.value END`;
}

function itemOf({ whaleId, address, label, lastAt, ...row }: Row): MarketWhale {
  return { ...row, whale: { id: whaleId, address, label }, lastAt: lastAt.toISOString() };
}
