import { z } from "zod";
import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { timeParameter } from "~/lib/api-errors.ts";
import {
  decimalCursor,
  decodeCursor,
  nullableTimeCursor,
  type Page,
  pageOf,
} from "~/lib/keyset.ts";
import { type MarketFilters, STATUSES } from "./market-page-search.ts";
import type { MarketSort } from "./market-sorts.ts";
import { itemOf, listColumns, type MarketItem, type MarketRecord } from "./queries.server.ts";

type Sort = Exclude<MarketSort, "relevance">;

/** A run of the order: rows in a range of the sort's column, read along an index. */
type Stretch = { range: Prisma.Sql; ascending: boolean };

const COLUMNS = {
  volume24h: Prisma.sql`m.volume_24h`,
  volume: Prisma.sql`m.volume`,
  newest: Prisma.sql`m.opened_at`,
  closing: Prisma.sql`m.cutoff_at`,
  price: Prisma.sql`m.yes_price`,
} satisfies Record<Sort, Prisma.Sql>;

const FIELDS = {
  volume24h: "volume24h",
  volume: "volume",
  newest: "openedAt",
  closing: "cutoffAt",
  price: "yesPrice",
} as const satisfies Record<Sort, keyof MarketItem>;

/** Where "closing" parts what is ahead from what is past stays the same on all pages of a walk. */
const closingPlace = z.tuple([...nullableTimeCursor.def.items, timeParameter]);

/**
 * Markets that stand alone or head a group, in one of the orders of the page: largest or newest first, `closing` soonest first and
 * then those whose time is over. Those without the figure come last in every order.
 * @param query.ids only these
 * @throws {Response} 400 for a cursor of another order
 */
export async function listTopMarkets(
  db: PrismaClient,
  query: {
    sort: Sort;
    filters: MarketFilters;
    cursor?: string;
    limit: number;
    now: Date;
    ids?: number[];
  },
): Promise<Page<MarketItem>> {
  const { sort, limit } = query;
  const place = decodeCursor(query.cursor, placeOf(sort));
  const pivot = place?.[2] ?? query.now.toISOString();
  const rows: MarketRecord[] = [];
  for (const stretch of stretchesAfter(sort, place, pivot)) {
    const missing = limit + 1 - rows.length;
    if (missing <= 0) break;
    rows.push(...(await readStretch(db, query, stretch, missing)));
  }
  return pageOf(rows.map(itemOf), limit, (market) => [
    market[FIELDS[sort]],
    String(market.id),
    ...(sort === "closing" ? [pivot] : []),
  ]);
}

type Place = [string | null, string, string?] | null;

function placeOf(sort: Sort): z.ZodType<NonNullable<Place>> {
  if (sort === "closing") return closingPlace;
  return sort === "newest" ? nullableTimeCursor : decimalCursor;
}

/** The whole of an order; `holds` tells where a row with some value lies. */
function stretchesOf(
  sort: Sort,
  pivot: string,
): (Stretch & { holds: (value: string | null) => boolean })[] {
  const column = COLUMNS[sort];
  const unknown = {
    range: Prisma.sql`${column} IS NULL`,
    ascending: sort === "closing",
    holds: () => true,
  };
  if (sort !== "closing") {
    const known = (value: string | null) => value !== null;
    return [{ range: Prisma.sql`${column} IS NOT NULL`, ascending: false, holds: known }, unknown];
  }
  return [
    {
      range: Prisma.sql`${column} >= ${pivot}::timestamptz`,
      ascending: true,
      holds: (value) => value !== null && value >= pivot,
    },
    {
      range: Prisma.sql`${column} < ${pivot}::timestamptz`,
      ascending: false,
      holds: (value) => value !== null,
    },
    unknown,
  ];
}

/** What of the order lies after a place (null = all of it). */
function stretchesAfter(sort: Sort, place: Place, pivot: string): Stretch[] {
  const column = COLUMNS[sort];
  const type =
    sort === "closing" || sort === "newest" ? Prisma.sql`timestamptz` : Prisma.sql`numeric`;
  const whole = stretchesOf(sort, pivot);
  if (place === null) return whole;
  const [value, id] = place;
  const [begun, ...rest] = whole.slice(whole.findIndex(({ holds }) => holds(value)));
  if (!begun) return rest;
  const [orEqual, after] = begun.ascending
    ? [Prisma.sql`>=`, Prisma.sql`>`]
    : [Prisma.sql`<=`, Prisma.sql`<`];
  const bound =
    value === null
      ? Prisma.sql`m.id ${after} ${id}::int`
      : Prisma.sql`${column} ${orEqual} ${value}::${type} AND (${column}, m.id) ${after} (${value}::${type}, ${id}::int)`;
  return [{ ...begun, range: Prisma.sql`${begun.range} AND ${bound}` }, ...rest];
}

/** Reads along one index per status and merges: an index without the status would be a second one to keep for every order. */
async function readStretch(
  db: PrismaClient,
  { sort, filters, ids }: { sort: Sort; filters: MarketFilters; ids?: number[] },
  { range, ascending }: Stretch,
  limit: number,
): Promise<MarketRecord[]> {
  const column = COLUMNS[sort];
  const direction = ascending ? Prisma.sql`ASC` : Prisma.sql`DESC`;
  const conditions = [range, ...conditionsOf(filters)];
  if (ids) conditions.push(Prisma.sql`m.id = ANY(${ids})`);
  return db.$queryRaw<MarketRecord[]>(Prisma.sql`
    SELECT ${listColumns} FROM (
      SELECT k.id, k.key FROM unnest(${statusesOf(filters)}::market_status[]) AS s(status) CROSS JOIN LATERAL (
        SELECT m.id, ${column} AS key FROM market m
        WHERE m.status = s.status AND m.parent_id IS NULL AND ${Prisma.join(conditions, " AND ")}
        ORDER BY ${column} ${direction}, m.id ${direction} LIMIT ${limit}::int
      ) k ORDER BY k.key ${direction}, k.id ${direction} LIMIT ${limit}::int
    ) p CROSS JOIN LATERAL (SELECT * FROM market WHERE id = p.id LIMIT 1) m
    ORDER BY p.key ${direction}, p.id ${direction}`);
}

/** The statuses that filters leave over. */
export function statusesOf(filters: MarketFilters): string[] {
  return filters.status ? [filters.status] : [...STATUSES];
}

/** What filters ask of a market `m` beside its status. */
export function conditionsOf(filters: MarketFilters): Prisma.Sql[] {
  const { venue, label, minPrice, maxPrice, minVolume } = filters;
  const conditions: Prisma.Sql[] = [];
  if (venue !== undefined) conditions.push(Prisma.sql`m.venue = ${venue}`);
  if (label !== undefined) conditions.push(Prisma.sql`m.labels @> ARRAY[${label}]`);
  if (minVolume !== undefined) conditions.push(Prisma.sql`m.volume_24h >= ${minVolume}::numeric`);
  if (minPrice !== undefined || maxPrice !== undefined) {
    const low = minPrice ?? "0";
    const high = maxPrice ?? "1";
    conditions.push(Prisma.sql`(m.yes_price BETWEEN ${low}::numeric AND ${high}::numeric
      OR m.kind = 'categorical' AND (SELECT true FROM market c
        WHERE c.parent_id = m.id AND c.yes_price BETWEEN ${low}::numeric AND ${high}::numeric LIMIT 1))`);
  }
  return conditions;
}

/** Markets of the given ids, in that order. */
export async function listMarketsByIds(db: PrismaClient, ids: number[]): Promise<MarketItem[]> {
  if (ids.length === 0) return [];
  const rows = await db.$queryRaw<MarketRecord[]>(Prisma.sql`
    SELECT ${listColumns} FROM unnest(${ids}::int[]) WITH ORDINALITY AS i(id, place)
    CROSS JOIN LATERAL (SELECT * FROM market WHERE id = i.id LIMIT 1) m ORDER BY i.place`);
  return rows.map(itemOf);
}

/** Labels to filter by. */
export async function listLabels(db: PrismaClient): Promise<string[]> {
  const rows = await db.$queryRaw<{ label: string }[]>`
    SELECT label FROM search.label ORDER BY label LIMIT 200`;
  return rows.map(({ label }) => label);
}
