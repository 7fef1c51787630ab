import { z } from "zod";
import { type Market, Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { limitParameter, oneOf } from "~/lib/api-errors.ts";
import { decodeCursor, idCursor, type Page, pageOf } from "~/lib/keyset.ts";
import type { MarketKind, MarketStatus } from "~/lib/rows.ts";
import { STATUSES } from "./market-page-search.ts";

/** A market of ours. Decimals are exact strings, times ISO UTC, null = not known (yet). */
export type MarketItem = {
  id: number;
  venue: string;
  kind: MarketKind;
  externalId: string;
  parentId: number | null;
  title: string;
  status: MarketStatus;
  yesLabel: string | null;
  noLabel: string | null;
  resultSide: string | null;
  yesPrice: string | null;
  yesPriceAt: string | null;
  priceCheckedAt: string | null;
  volume: string | null;
  volume24h: string | null;
  volume7d: string | null;
  quoteToken: string | null;
  labels: string[];
  openedAt: string | null;
  cutoffAt: string | null;
  resolvedAt: string | null;
  catalogSeenAt: string | null;
};

/** Query string of GET /api/v1/markets without `q` and `sort`. */
export const marketSearch = z.strictObject({
  status: oneOf(STATUSES).optional(),
  kind: z.enum(["binary", "categorical"], "must be binary or categorical").optional(),
  cursor: z.string().optional(),
  limit: limitParameter,
});

/** What `itemOf` takes of a market `m`: everything but the rules text, which can be long. */
export const listColumns = Prisma.sql`m.id, m.venue, m.kind, m.external_id AS "externalId", m.parent_id AS "parentId", m.title,
  m.status, m.yes_label AS "yesLabel", m.no_label AS "noLabel", m.result_side AS "resultSide",
  m.yes_price AS "yesPrice", m.yes_price_at AS "yesPriceAt", m.price_checked_at AS "priceCheckedAt", m.volume,
  m.volume_24h AS "volume24h", m.volume_7d AS "volume7d", m.quote_token AS "quoteToken", m.labels,
  m.opened_at AS "openedAt", m.cutoff_at AS "cutoffAt", m.resolved_at AS "resolvedAt",
  m.catalog_seen_at AS "catalogSeenAt"`;

/** A row of `listColumns`. */
export type MarketRecord = Omit<Market, "slug" | "rules" | "thumbnailUrl">;

/**
 * Every market, oldest row first: an order that stays while prices and volumes move, so a walk over all pages misses none.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listMarkets(
  db: PrismaClient,
  query: { status?: MarketStatus; kind?: MarketKind; cursor?: string; limit: number },
): Promise<Page<MarketItem>> {
  const after = decodeCursor(query.cursor, idCursor);
  const conditions = [Prisma.sql`m.id > ${Number(after?.[0] ?? 0)}`];
  if (query.status) conditions.push(Prisma.sql`m.status = ${query.status}::market_status`);
  if (query.kind) conditions.push(Prisma.sql`m.kind = ${query.kind}::market_kind`);
  const rows = await db.$queryRaw<MarketRecord[]>(Prisma.sql`
    SELECT ${listColumns} FROM market m WHERE ${Prisma.join(conditions, " AND ")}
    ORDER BY m.id LIMIT ${query.limit + 1}::int`);
  return pageOf(rows.map(itemOf), query.limit, (market) => [String(market.id)]);
}

/** Most children shown with a parent. */
export const CHILDREN_SHOWN = 200;

export type MarketDetail = MarketItem & {
  rules: string | null;
  parent: { id: number; externalId: string; title: string } | null;
};

/** One market; null when there is none. */
export async function getMarket(db: PrismaClient, id: number): Promise<MarketDetail | null> {
  const market = await db.market.findUnique({ where: { id }, include: { parent: true } });
  if (!market) return null;
  const { parent } = market;
  return {
    ...itemOf(market),
    rules: market.rules,
    parent: parent && { id: parent.id, externalId: parent.externalId, title: parent.title },
  };
}

/** The first 200 markets below a parent, likeliest first. */
export async function listChildren(db: PrismaClient, parentId: number): Promise<MarketItem[]> {
  const rows = await db.$queryRaw<MarketRecord[]>(Prisma.sql`
    SELECT ${listColumns} FROM market m WHERE m.parent_id = ${parentId}
    ORDER BY m.yes_price DESC NULLS LAST, m.id LIMIT ${CHILDREN_SHOWN}::int`);
  return rows.map(itemOf);
}

/** Our id of a market that can be traded, by the venue's number; null when it is not known. */
export async function findTradableMarketId(
  db: PrismaClient,
  venue: string,
  externalId: string,
): Promise<number | null> {
  const market = await db.market.findUnique({
    where: { venue_kind_externalId: { venue, kind: "binary", externalId } },
    select: { id: true },
  });
  return market?.id ?? null;
}

/** A market as the lists give it. */
export function itemOf(row: MarketRecord): MarketItem {
  return {
    id: row.id,
    venue: row.venue,
    kind: row.kind,
    externalId: row.externalId,
    parentId: row.parentId,
    title: row.title,
    status: row.status,
    yesLabel: row.yesLabel,
    noLabel: row.noLabel,
    resultSide: row.resultSide,
    yesPrice: row.yesPrice?.toFixed() ?? null,
    yesPriceAt: row.yesPriceAt?.toISOString() ?? null,
    priceCheckedAt: row.priceCheckedAt?.toISOString() ?? null,
    volume: row.volume?.toFixed() ?? null,
    volume24h: row.volume24h?.toFixed() ?? null,
    volume7d: row.volume7d?.toFixed() ?? null,
    quoteToken: row.quoteToken,
    labels: row.labels,
    openedAt: row.openedAt?.toISOString() ?? null,
    cutoffAt: row.cutoffAt?.toISOString() ?? null,
    resolvedAt: row.resolvedAt?.toISOString() ?? null,
    catalogSeenAt: row.catalogSeenAt?.toISOString() ?? null,
  };
}

/** A market as the API shows it. */
export function apiMarketOf<Item extends MarketItem>(market: Item) {
  return {
    ...market,
    id: String(market.id),
    parentId: market.parentId === null ? null : String(market.parentId),
  };
}
