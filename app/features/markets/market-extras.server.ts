import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { itemOf, listColumns, type MarketItem, type MarketRecord } from "./queries.server.ts";

/** The outcomes of a group in brief. */
type Outcomes = { count: number; leading: MarketItem[] };

/** How many outcomes a group has and the likeliest of those that can still be traded, by the group's id; one statement for all. */
export async function listLeadingOutcomes(
  db: PrismaClient,
  parentIds: number[],
  shown: number,
): Promise<Map<number, Outcomes>> {
  if (parentIds.length === 0) return new Map();
  const rows = await db.$queryRaw<(MarketRecord & { count: number })[]>(Prisma.sql`
    SELECT ${listColumns}, o.count FROM unnest(${parentIds}::int[]) AS p(id) CROSS JOIN LATERAL (
      SELECT c.id, count(*) OVER ()::int AS count,
        row_number() OVER (ORDER BY c.status = 'activated' DESC, c.yes_price DESC NULLS LAST, c.id) AS place
      FROM market c WHERE c.parent_id = p.id ORDER BY place LIMIT ${shown}::int
    ) o CROSS JOIN LATERAL (SELECT * FROM market WHERE id = o.id LIMIT 1) m ORDER BY p.id, o.place`);
  return groupOf(rows);
}

/** Most outcomes that a group unfolds to. */
const OUTCOMES_SHOWN = 100;

/** The outcomes of groups, likeliest first, by the group's id; at most 100 of each. */
export async function listOutcomes(
  db: PrismaClient,
  parentIds: number[],
): Promise<Map<number, MarketItem[]>> {
  const outcomes = await listLeadingOutcomes(db, parentIds, OUTCOMES_SHOWN);
  return new Map([...outcomes].map(([id, { leading }]) => [id, leading]));
}

function groupOf(rows: (MarketRecord & { count: number })[]): Map<number, Outcomes> {
  const groups = new Map<number, Outcomes>();
  for (const row of rows) {
    const parentId = row.parentId ?? row.id;
    const group = groups.get(parentId) ?? { count: row.count, leading: [] };
    group.leading.push(itemOf(row));
    groups.set(parentId, group);
  }
  return groups;
}

const HOUR_MS = 3_600_000;
const STEP_HOURS = 8;
const STEPS = (7 * 24) / STEP_HOURS;
const DAY_STEPS = 24 / STEP_HOURS;

/** The yes price of the last 7 days, every 8 hours up to now. */
export type PriceCourse = {
  /** For drawing; null = not known at that time. */
  points: (number | null)[];
  /** Exact price a day ago, the last one read or traded at; null = not known. */
  dayAgo: string | null;
};

/**
 * The course of the prices of some markets, by id: the prices that were read from the venue, before the first of them those that
 * whales traded at. One look into an index per point, however many prices and trades are stored.
 */
export async function listPriceCourses(
  db: PrismaClient,
  ids: number[],
  now: Date,
): Promise<Map<number, PriceCourse>> {
  if (ids.length === 0) return new Map();
  const times = Array.from({ length: STEPS + 1 }, (_, step) =>
    new Date(now.getTime() - (STEPS - step) * STEP_HOURS * HOUR_MS).toISOString(),
  );
  const dayAgo = times[STEPS - DAY_STEPS];
  const rows = await db.$queryRaw<
    { id: number; prices: (string | null)[]; dayAgo: string | null }[]
  >`
    SELECT i.id, ARRAY(
      SELECT coalesce((${readUntil(Prisma.sql`t.at`, Prisma.sql`p.price`)}), (${tradedUntil(Prisma.sql`t.at`, YES_PRICE)}))::text
      FROM unnest(${times}::timestamptz[]) WITH ORDINALITY AS t(at, place) ORDER BY t.place
    ) AS prices, (
      SELECT e.price::text FROM (
        (${readUntil(Prisma.sql`${dayAgo}::timestamptz`, Prisma.sql`p.price, p.at`)}) UNION ALL
        (${tradedUntil(Prisma.sql`${dayAgo}::timestamptz`, Prisma.sql`${YES_PRICE}, w.traded_at`)})
      ) e(price, at) ORDER BY e.at DESC LIMIT 1
    ) AS "dayAgo" FROM unnest(${ids}::int[]) AS i(id)`;
  return new Map(
    rows.map(({ id, prices, dayAgo }) => [
      id,
      { points: prices.map((price) => (price === null ? null : Number(price))), dayAgo },
    ]),
  );
}

const YES_PRICE = Prisma.sql`CASE w.outcome_side WHEN 'yes' THEN w.price ELSE 1 - w.price END`;

/** Of the last price of market `i` that was read up to a time. */
function readUntil(at: Prisma.Sql, columns: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`SELECT ${columns} FROM price_point p WHERE p.market_id = i.id AND p.outcome = 'yes' AND p.at <= ${at}
    ORDER BY p.at DESC LIMIT 1`;
}

/** Of the last trade `w` in market `i` up to a time. */
function tradedUntil(at: Prisma.Sql, columns: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`SELECT ${columns} FROM trade w WHERE w.market_id = i.id AND w.traded_at <= ${at}
    AND w.side IN ('buy', 'sell') AND w.outcome_side IN ('yes', 'no') ORDER BY w.traded_at DESC, w.id DESC LIMIT 1`;
}
