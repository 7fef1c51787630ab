import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { decodeCursor, encodeCursor, type Page, pageOf, timeCursor } from "~/lib/keyset.ts";
import { sizeTierOf } from "./size.ts";
import type { TradeFilter } from "./trade-search.server.ts";

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
    volume24h: string | null;
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

export type TradePage = Page<TradeItem> & {
  /** Set where the page ends before it is full because so many trades were looked through, down to that time (ISO). */
  searched: { trades: number; to: string } | null;
};

/**
 * Most trades looked through for one page. Only a filter that few trades match comes so far; its page is then shorter than asked for
 * and its cursor goes on from there, so that no combination of filters reads the whole table at once.
 */
const SEARCH_AT_MOST = 10_000;

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
  volume_24h: Prisma.Decimal | null;
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
 * @param searchAtMost how many trades one page may cost
 * @throws {Response} 400 for a cursor of another list
 */
export async function listTrades(
  db: PrismaClient,
  {
    cursor,
    limit,
    searchAtMost = SEARCH_AT_MOST,
    ...filter
  }: TradeFilter & { cursor?: string; limit: number; searchAtMost?: number },
): Promise<TradePage> {
  const range = Prisma.join(rangeOf(filter, cursor), " AND ");
  const rest = restOf(filter);
  if (rest.length > 0) {
    const matches = Prisma.join(rest, " AND ");
    return searchTrades(db, { range, matches, limit, searchAtMost });
  }
  const trades = await readTrades(
    db,
    Prisma.sql`SELECT * FROM trade t WHERE ${range} ORDER BY t.traded_at DESC, t.id DESC LIMIT ${limit + 1}::int`,
  );
  return { ...pageOf(trades, limit, placeOf), searched: null };
}

async function searchTrades(
  db: PrismaClient,
  query: { range: Prisma.Sql; matches: Prisma.Sql; limit: number; searchAtMost: number },
): Promise<TradePage> {
  const { range, matches, limit, searchAtMost } = query;
  // Rows are counted as the index hands them over; the last one that may be looked at comes back in any case, as the place to go on.
  const rows = await db.$queryRaw<(Row & { matches: boolean; place: bigint })[]>(
    namedTrades(Prisma.sql`
      SELECT *, (${matches}) IS TRUE AS matches FROM (
        SELECT *, row_number() OVER (ORDER BY t.traded_at DESC, t.id DESC) AS place FROM trade t
        WHERE ${range} ORDER BY t.traded_at DESC, t.id DESC LIMIT ${searchAtMost}::int
      ) t
      WHERE (${matches}) OR t.place = ${searchAtMost}::bigint
      ORDER BY t.traded_at DESC, t.id DESC LIMIT ${limit + 1}::int`),
  );
  const last = rows.at(-1);
  if (rows.length > limit || !last || Number(last.place) < searchAtMost) {
    return { ...pageOf(rows.map(itemOf), limit, placeOf), searched: null };
  }
  const end = itemOf(last);
  return {
    data: rows.filter((row) => row.matches).map(itemOf),
    nextCursor: encodeCursor(placeOf(end)),
    searched: { trades: searchAtMost, to: end.tradedAt },
  };
}

/** What an index finds: when, whose, where, and of which size at least. */
function rangeOf(filter: TradeFilter, cursor: string | undefined): Prisma.Sql[] {
  const after = decodeCursor(cursor, timeCursor);
  const conditions = [Prisma.sql`true`];
  if (filter.whaleId !== undefined) conditions.push(Prisma.sql`t.whale_id = ${filter.whaleId}`);
  if (filter.marketId !== undefined) conditions.push(Prisma.sql`t.market_id = ${filter.marketId}`);
  const tier = sizeTierOf(filter.min ?? null);
  // As a literal: by a parameter the planner could not tell that an index holds all these trades.
  if (tier) conditions.push(Prisma.raw(`t.amount >= ${tier.from}`));
  if (filter.from) conditions.push(Prisma.sql`t.traded_at >= ${filter.from}::timestamptz`);
  if (filter.to) conditions.push(Prisma.sql`t.traded_at < ${filter.to}::timestamptz`);
  if (after) {
    const [at, id] = after;
    conditions.push(Prisma.sql`t.traded_at <= ${at}::timestamptz
      AND (t.traded_at, t.id) < (${at}::timestamptz, ${id}::bigint)`);
  }
  return conditions;
}

/** What has to be looked at trade by trade. */
function restOf(filter: TradeFilter): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (filter.venue) conditions.push(Prisma.sql`t.venue = ${filter.venue}`);
  if (filter.side) conditions.push(Prisma.sql`t.side = ${filter.side}`);
  if (filter.outcome) conditions.push(Prisma.sql`t.outcome_side = ${filter.outcome}`);
  const { min } = filter;
  if (min !== undefined && min !== String(sizeTierOf(min)?.from)) {
    conditions.push(Prisma.sql`t.amount >= ${min}::numeric`);
  }
  return conditions;
}

/**
 * Trades with the names of their whales and markets, newest first.
 * @param base a query of the table `trade` that gives all its columns
 */
export async function readTrades(db: PrismaClient, base: Prisma.Sql): Promise<TradeItem[]> {
  const rows = await db.$queryRaw<Row[]>(namedTrades(base));
  return rows.map(itemOf);
}

function namedTrades(base: Prisma.Sql): Prisma.Sql {
  // LIMIT 1 keeps the planner from reading all whales and markets for a hash join with one page.
  return Prisma.sql`
    SELECT t.*, w.address, w.label, m.external_id, m.title, m.parent_title, m.yes_label, m.no_label, m.volume_24h
    FROM (${base}) t
    CROSS JOIN LATERAL (SELECT address, label FROM whale WHERE id = t.whale_id LIMIT 1) w
    CROSS JOIN LATERAL (
      SELECT external_id, title, yes_label, no_label, volume_24h,
        (SELECT p.title FROM market p WHERE p.id = c.parent_id) AS parent_title
      FROM market c WHERE c.id = t.market_id LIMIT 1
    ) m
    ORDER BY t.traded_at DESC, t.id DESC`;
}

const placeOf = (trade: TradeItem) => [trade.tradedAt, trade.id];

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
      volume24h: row.volume_24h?.toFixed() ?? null,
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
