import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";

/** A whale's position in one outcome of a market. Decimals are exact strings, times ISO UTC. */
export type MarketWhale = {
  whale: { id: number; address: string; label: string | null };
  outcomeSide: string;
  bought: string;
  sold: string;
  /** Shares held: bought and split minus sold and merged; null = withheld, see `withheld`. */
  netShares: string | null;
  /** What a bought share cost on average, fees included; null = none was bought. */
  averageCost: string | null;
  /** `netShares` at the market's last price, or at what they pay once the result is known; null = withheld, or there is no price. */
  value: string | null;
  /** Why the shares held are not known; null = they are. */
  withheld: string | null;
  lastAt: string;
};

type Row = {
  whaleId: number;
  address: string;
  label: string | null;
  outcomeSide: string;
  bought: Prisma.Decimal;
  sold: Prisma.Decimal;
  net: Prisma.Decimal;
  boughtShares: Prisma.Decimal;
  unclear: number;
  since: Date | null;
  /** What a yes share is worth. */
  yesPrice: Prisma.Decimal | null;
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
    SELECT p.whale_id AS "whaleId", w.address, w.label, p.outcome_side AS "outcomeSide", p.bought_amount AS bought,
      p.sold_amount AS sold, p.bought_shares - p.sold_shares + p.minted_shares AS net,
      p.bought_shares AS "boughtShares", p.unclear_count AS unclear, w.ledger_since AS since, p.last_at AS "lastAt",
      (SELECT CASE result_side WHEN 'yes' THEN 1 WHEN 'no' THEN 0 ELSE yes_price END
        FROM market WHERE id = ${marketId}::int) AS "yesPrice"
    FROM (
      SELECT * FROM position WHERE market_id = ${marketId}::int
      ORDER BY bought_amount + sold_amount DESC, whale_id, outcome_side LIMIT ${limit + 1}::int
    ) p
    CROSS JOIN LATERAL (SELECT address, label, ledger_since FROM whale WHERE id = p.whale_id LIMIT 1) w
    ORDER BY p.bought_amount + p.sold_amount DESC, p.whale_id, p.outcome_side`);
  return { rows: rows.slice(0, limit).map(itemOf), more: rows.length > limit };
}

function itemOf(row: Row): MarketWhale {
  const withheld = whyWithheld(row);
  const price = priceOf(row.outcomeSide, row.yesPrice);
  return {
    whale: { id: row.whaleId, address: row.address, label: row.label },
    outcomeSide: row.outcomeSide,
    bought: row.bought.toFixed(),
    sold: row.sold.toFixed(),
    netShares: withheld ? null : row.net.toFixed(),
    averageCost: row.boughtShares.gt(0) ? row.bought.div(row.boughtShares).toFixed(18) : null,
    value: withheld || !price ? null : row.net.times(price).toFixed(),
    withheld,
    lastAt: row.lastAt.toISOString(),
  };
}

function whyWithheld({ since, unclear }: Row): string | null {
  if (since === null) return "this whale's history is still being read";
  if (since.getTime() > 0) return "this whale's oldest trades are not known";
  if (unclear > 0) return "some of this whale's rows do not say what they moved";
  return null;
}

function priceOf(outcomeSide: string, yesPrice: Prisma.Decimal | null): Prisma.Decimal | null {
  if (!yesPrice) return null;
  if (outcomeSide === "yes") return yesPrice;
  return outcomeSide === "no" ? new Prisma.Decimal(1).minus(yesPrice) : null;
}
