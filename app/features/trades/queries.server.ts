import { z } from "zod";
import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { limitParameter, timeParameter } from "~/lib/api-errors.ts";
import { decodeCursor, type Page, pageOf, timeCursor } from "~/lib/keyset.ts";

/** One fill. Decimals are exact strings, times ISO UTC. */
export type TradeItem = {
  id: string;
  venue: string;
  whale: { id: number; address: string; label: string | null };
  market: {
    id: number;
    externalId: string;
    /** A child's own title is only its outcome: shown with its parent's. */
    title: string;
    parentTitle: string | null;
    outcomeLabel: string | null;
  };
  txHash: string;
  outcomeSide: string;
  side: string;
  price: string;
  shares: string;
  amount: string | null;
  fee: string | null;
  ordinal: number;
  tradedAt: string;
  seenAt: string;
};

export type TradeFilter = {
  venue?: string;
  whaleId?: number;
  marketId?: number;
  side?: "buy" | "sell";
  /** Traded at this time or later (ISO). */
  from?: string;
  /** Traded before this time (ISO). */
  to?: string;
};

/** Query string of GET /api/v1/trades. `wallet` and `market` (the venue's number) are looked up on `venue`, or else on the first one. */
export const tradeSearch = z.strictObject({
  venue: z.string().optional(),
  wallet: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, "must be 0x and 40 hexadecimal digits")
    .transform((address) => address.toLowerCase())
    .optional(),
  market: z
    .string()
    .regex(/^\d{1,20}$/, "must be the venue's number of the market")
    .optional(),
  side: z.enum(["buy", "sell"], "must be buy or sell").optional(),
  from: timeParameter.optional(),
  to: timeParameter.optional(),
  cursor: z.string().optional(),
  limit: limitParameter,
});

type Row = {
  id: bigint;
  venue: string;
  whale_id: number;
  address: string;
  label: string | null;
  market_id: number;
  external_id: string;
  title: string;
  parent_title: string | null;
  yes_label: string | null;
  no_label: string | null;
  tx_hash: string;
  outcome_side: string;
  side: string;
  price: Prisma.Decimal;
  shares: Prisma.Decimal;
  amount: Prisma.Decimal | null;
  fee: Prisma.Decimal | null;
  ordinal: number;
  traded_at: Date;
  seen_at: Date;
};

/**
 * Trades, newest first.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listTrades(
  db: PrismaClient,
  { cursor, limit, ...filter }: TradeFilter & { cursor?: string; limit: number },
): Promise<Page<TradeItem>> {
  const after = decodeCursor(cursor, timeCursor);
  const conditions = [Prisma.sql`true`];
  if (filter.venue) conditions.push(Prisma.sql`t.venue = ${filter.venue}`);
  if (filter.whaleId !== undefined) conditions.push(Prisma.sql`t.whale_id = ${filter.whaleId}`);
  if (filter.marketId !== undefined) conditions.push(Prisma.sql`t.market_id = ${filter.marketId}`);
  if (filter.side) conditions.push(Prisma.sql`t.side = ${filter.side}`);
  if (filter.from) conditions.push(Prisma.sql`t.traded_at >= ${filter.from}::timestamptz`);
  if (filter.to) conditions.push(Prisma.sql`t.traded_at < ${filter.to}::timestamptz`);
  if (after) {
    const [at, id] = after;
    conditions.push(Prisma.sql`t.traded_at <= ${at}::timestamptz
      AND (t.traded_at, t.id) < (${at}::timestamptz, ${id}::bigint)`);
  }
  // LIMIT 1 keeps the planner from reading all whales and markets for a hash join with one page.
  const rows = await db.$queryRaw<Row[]>(Prisma.sql`
    SELECT t.id, t.venue, t.whale_id, w.address, w.label, t.market_id, m.external_id, m.title,
      m.parent_title, m.yes_label, m.no_label, t.tx_hash, t.outcome_side, t.side, t.price, t.shares, t.amount, t.fee,
      t.ordinal, t.traded_at, t.seen_at
    FROM (
      SELECT * FROM trade t WHERE ${Prisma.join(conditions, " AND ")}
      ORDER BY t.traded_at DESC, t.id DESC LIMIT ${limit + 1}::int
    ) t
    CROSS JOIN LATERAL (SELECT address, label FROM whale WHERE id = t.whale_id LIMIT 1) w
    CROSS JOIN LATERAL (
      SELECT external_id, title, yes_label, no_label,
        (SELECT p.title FROM market p WHERE p.id = c.parent_id) AS parent_title
      FROM market c WHERE c.id = t.market_id LIMIT 1
    ) m
    ORDER BY t.traded_at DESC, t.id DESC`);
  return pageOf(rows.map(itemOf), limit, (trade) => [trade.tradedAt, trade.id]);
}

function itemOf(row: Row): TradeItem {
  const labels: Record<string, string | null> = { yes: row.yes_label, no: row.no_label };
  return {
    id: String(row.id),
    venue: row.venue,
    whale: { id: row.whale_id, address: row.address, label: row.label },
    market: {
      id: row.market_id,
      externalId: row.external_id,
      title: row.title,
      parentTitle: row.parent_title,
      outcomeLabel: labels[row.outcome_side] ?? null,
    },
    txHash: row.tx_hash,
    outcomeSide: row.outcome_side,
    side: row.side,
    price: row.price.toFixed(),
    shares: row.shares.toFixed(),
    amount: row.amount?.toFixed() ?? null,
    fee: row.fee?.toFixed() ?? null,
    ordinal: row.ordinal,
    tradedAt: row.traded_at.toISOString(),
    seenAt: row.seen_at.toISOString(),
  };
}

/** A trade as GET /api/v1/trades shows it; `marketId` is the venue's number. */
export function apiTradeOf({ whale, market, ...trade }: TradeItem) {
  return { ...trade, wallet: whale.address, marketId: market.externalId };
}
