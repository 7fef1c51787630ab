import { z } from "zod";
import { Prisma, type PrismaClient, type Whale, WhaleSource } from "~/generated/prisma/client.ts";
import { oneOf, requireVenue, timeParameter } from "~/lib/api-errors.ts";
import { decimalCursor, decodeCursor, type Page, pageOf } from "~/lib/keyset.ts";
import {
  LEADERBOARD_WINDOWS,
  type LeaderboardWindow,
  METRICS,
  type Metric,
  rankedBy,
  STATS_WINDOW,
} from "./leaderboard.ts";
import { whaleSearch } from "./queries.server.ts";
import { LIKE_ENOUGH, likeWords, SHORTEST_MISTYPED } from "./search-text.ts";

/** A whale with its figures of one window. What is null is withheld or not computed yet; decimals are exact strings, times ISO UTC. */
export type RankedWhale = {
  id: number;
  /** Place in the list, 1 = first; null where the figure it is ranked by is not known. */
  rank: number | null;
  venue: string;
  address: string;
  label: string | null;
  source: Whale["source"];
  followed: boolean;
  lastTradeAt: string | null;
  /** Null before the first computation of this whale. */
  computedAt: string | null;
  volume: string | null;
  /** Volume as a part (0 to 1) of the largest of the window; for drawing. */
  share: number | null;
  tradeCount: number | null;
  withheld: string | null;
  pnl: string | null;
  wins: number | null;
  decided: number | null;
  pnlWithheld: string | null;
};

export type LeaderboardQuery = {
  window: LeaderboardWindow;
  /** PnL goes with the window `all` only. */
  metric: Metric;
  followed?: boolean;
  source?: Whale["source"];
  venue?: string;
  /** Part of a label, mistyped perhaps, or the start of an address. */
  q?: string;
  cursor?: string;
  limit: number;
};

const fields = {
  window: oneOf(LEADERBOARD_WINDOWS).default("7d"),
  sort: oneOf(METRICS).default("volume"),
  source: oneOf(Object.values(WhaleSource)).optional(),
  venue: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, "must be the id of a venue")
    .optional(),
  q: z
    .string()
    .trim()
    .max(100, "must have at most 100 characters")
    .regex(/^\P{Cc}*$/u, "must not contain control characters")
    .optional(),
};
const pageFollowed = z
  .enum(["all", "no"], "must be all or no; leave it out for the followed")
  .optional()
  .transform((value) => (value === "all" ? undefined : value !== "no"));
const cursor = z.string().optional();

/** Query string of /whales.csv. */
export const leaderboardFileSearch = z.strictObject({ ...fields, followed: pageFollowed });

/** Query string of the page of whales. */
export const leaderboardSearch = leaderboardFileSearch.extend({
  cursor,
  unfollowed: z.string().optional(),
});

/** Query string of GET /api/v1/whales with `sort`. */
export const leaderboardApiSearch = whaleSearch.extend(fields);

/**
 * What a query string asks of the leaderboard.
 * @param venues those that this server reads
 * @throws {Response} 400 for another venue
 */
export function leaderboardFilterOf(
  { sort, ...filter }: Omit<LeaderboardQuery, "metric" | "cursor" | "limit"> & { sort: Metric },
  venues: readonly { id: string }[],
): Omit<LeaderboardQuery, "cursor" | "limit"> {
  if (filter.venue !== undefined) requireVenue(venues, filter.venue);
  return { ...filter, metric: rankedBy(sort, filter.window) };
}

// The column of a metric, the type of its values, and whether it stands in whale_stats (s) or in whale (w).
const COLUMN = {
  volume: { sql: Prisma.sql`s.volume`, type: Prisma.sql`numeric` },
  trades: { sql: Prisma.sql`s.trade_count`, type: Prisma.sql`int` },
  pnl: { sql: Prisma.sql`s.pnl`, type: Prisma.sql`numeric` },
  last: { sql: Prisma.sql`w.last_trade_at`, type: Prisma.sql`timestamptz` },
};

const id = decimalCursor.def.items[1];
const rank = z.string().regex(/^\d{1,9}$/);
const cursorOf = (value: z.ZodType<string>) => z.tuple([value.nullable(), id, rank]);
const decimal = cursorOf(decimalCursor.def.items[0].unwrap());
const CURSOR = {
  volume: decimal,
  pnl: decimal,
  trades: cursorOf(z.string().regex(/^\d{1,9}$/)),
  last: cursorOf(timeParameter),
};

/**
 * Whales ranked by a figure of a window, the largest first; those without the figure come last, the newest row first.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listLeaderboard(
  db: PrismaClient,
  query: LeaderboardQuery,
): Promise<Page<RankedWhale>> {
  const after = decodeCursor(query.cursor, CURSOR[query.metric]);
  const wanted = query.limit + 1;
  const rows: Row[] = [];
  if (after === null || after[0] !== null) {
    rows.push(...(await db.$queryRaw<Row[]>(rankedSql(query, after, wanted))));
  }
  if (rows.length < wanted) {
    const below = after && after[0] === null ? after[1] : null;
    rows.push(...(await db.$queryRaw<Row[]>(unrankedSql(query, below, wanted - rows.length))));
  }
  const before = Number(after?.[2] ?? 0);
  const whales = rows.map((row, place) => whaleOf(row, query.metric, before + place + 1));
  return pageOf(whales, query.limit, (whale) => [
    figureOf(whale, query.metric),
    String(whale.id),
    String(whale.rank ?? 0),
  ]);
}

type After = readonly [string | null, string, string] | null;

function rankedSql(query: LeaderboardQuery, after: After, limit: number): Prisma.Sql {
  const { sql: column, type } = COLUMN[query.metric];
  const ids = query.metric === "last" ? Prisma.sql`w.id` : Prisma.sql`s.whale_id`;
  const range = after
    ? Prisma.sql`${column} <= ${after[0]}::${type} AND (${column}, ${ids}) < (${after[0]}::${type}, ${after[1]}::int)`
    : Prisma.sql`${column} IS NOT NULL`;
  if (query.metric === "last") return byLastTradeSql(query, range, limit);
  // The subquery with its own limit keeps the order of the index: joined, the planner may hash every whale.
  return Prisma.sql`
    SELECT ${figures(query.window)}
    FROM whale_stats s CROSS JOIN LATERAL (
      SELECT * FROM whale w WHERE w.id = s.whale_id AND ${filterSql(query)} LIMIT 1) w
    WHERE s."window" = ${STATS_WINDOW[query.window]}::stats_window AND ${range}
    ORDER BY ${column} DESC, s.whale_id DESC LIMIT ${limit}::int`;
}

/** Index order holds for the followed and for the others, each on its own; where both are asked for, the two are merged. */
function byLastTradeSql(query: LeaderboardQuery, range: Prisma.Sql, limit: number): Prisma.Sql {
  const groups = query.followed === undefined ? [true, false] : [query.followed];
  const branches = groups.map(
    (followed) => Prisma.sql`(
      SELECT ${figures(query.window)} FROM whale w ${statsOfWhale(query.window)}
      WHERE w.followed = ${followed} AND ${range} AND ${filterSql({ ...query, followed: undefined })}
      ORDER BY w.last_trade_at DESC, w.id DESC LIMIT ${limit}::int)`,
  );
  return Prisma.sql`SELECT * FROM (${Prisma.join(branches, " UNION ALL ")}) AS r
    ORDER BY "lastTradeAt" DESC, id DESC LIMIT ${limit}::int`;
}

function unrankedSql(query: LeaderboardQuery, below: string | null, limit: number): Prisma.Sql {
  const range = below ? Prisma.sql`w.id < ${below}::int` : Prisma.sql`true`;
  return Prisma.sql`
    SELECT ${figures(query.window)} FROM whale w ${statsOfWhale(query.window)}
    WHERE ${COLUMN[query.metric].sql} IS NULL AND ${range} AND ${filterSql(query)}
    ORDER BY w.id DESC LIMIT ${limit}::int`;
}

function statsOfWhale(window: LeaderboardWindow): Prisma.Sql {
  return Prisma.sql`LEFT JOIN LATERAL (
    SELECT * FROM whale_stats x WHERE x.whale_id = w.id AND x."window" = ${STATS_WINDOW[window]}::stats_window
    LIMIT 1) s ON true`;
}

function figures(window: LeaderboardWindow): Prisma.Sql {
  return Prisma.sql`w.id, w.venue, w.address, w.label, w.source, w.followed, w.last_trade_at AS "lastTradeAt",
    trim_scale(s.volume)::text AS volume, s.trade_count AS "tradeCount", s.withheld, s.computed_at AS "computedAt",
    trim_scale(s.pnl)::text AS pnl, s.wins, s.decided, s.pnl_withheld AS "pnlWithheld",
    round(s.volume / nullif((
      SELECT t.volume FROM whale_stats t
      WHERE t."window" = ${STATS_WINDOW[window]}::stats_window AND t.volume IS NOT NULL
      ORDER BY t.volume DESC, t.whale_id DESC LIMIT 1), 0), 4)::float8 AS share`;
}

function filterSql({ followed, source, venue, q }: LeaderboardQuery): Prisma.Sql {
  const conditions = [Prisma.sql`true`];
  if (followed !== undefined) conditions.push(Prisma.sql`w.followed = ${followed}`);
  if (source) conditions.push(Prisma.sql`w.source = ${source}::whale_source`);
  if (venue) conditions.push(Prisma.sql`w.venue = ${venue}`);
  if (q) conditions.push(searchSql(q.normalize("NFC").toLowerCase()));
  return Prisma.join(conditions, " AND ");
}

function searchSql(q: string): Prisma.Sql {
  const exact = (whale: Prisma.Sql) => {
    const digits = /^(?:0x([0-9a-f]{0,40})|([0-9a-f]{4,40}))$/.exec(q);
    const inLabel = Prisma.sql`lower(${whale}.label) LIKE ALL (${likeWords(q)})`;
    if (!digits) return inLabel;
    return Prisma.sql`(${inLabel} OR ${whale}.address LIKE ${`0x${digits[1] ?? digits[2]}%`})`;
  };
  return Prisma.sql`(${exact(Prisma.sql`w`)} OR (
    length(${q}) >= ${SHORTEST_MISTYPED}::int AND NOT EXISTS (SELECT FROM whale x WHERE ${exact(Prisma.sql`x`)})
    AND word_similarity(${q}, lower(w.label)) >= ${LIKE_ENOUGH}))`;
}

type Row = Omit<RankedWhale, "rank" | "lastTradeAt" | "computedAt"> & {
  lastTradeAt: Date | null;
  computedAt: Date | null;
};

function whaleOf(row: Row, metric: Metric, rank: number): RankedWhale {
  const whale = {
    ...row,
    rank,
    lastTradeAt: row.lastTradeAt?.toISOString() ?? null,
    computedAt: row.computedAt?.toISOString() ?? null,
  };
  return figureOf(whale, metric) === null ? { ...whale, rank: null } : whale;
}

function figureOf(whale: RankedWhale, metric: Metric): string | null {
  if (metric === "last") return whale.lastTradeAt;
  if (metric === "trades") return whale.tradeCount === null ? null : String(whale.tradeCount);
  return whale[metric];
}

/** A ranked whale as the API shows it. */
export function apiRankedWhaleOf({ share: _, ...whale }: RankedWhale) {
  return { ...whale, id: String(whale.id) };
}
