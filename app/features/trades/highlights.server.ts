import { Prisma, type PrismaClient } from "~/generated/prisma/client.ts";
import { WINDOW_MS } from "~/lib/windows.ts";
import { readTrades, type TradeItem } from "./queries.server.ts";
import { SIZE_TIERS } from "./size.ts";

/** What stands out among the stored trades up to now. */
export type Highlights = {
  /** The largest buy or sell; null = none is stored for that time. */
  biggest: { window: "1h" | "24h"; trade: TradeItem | null }[];
  /** Buys and sells of the last hour; `volume` is an exact decimal. */
  lastHour: { trades: number; volume: string };
  /** Some followed wallet has not been read to the end: larger trades may be missing. */
  incomplete: boolean;
};

const HIGHLIGHT_WINDOWS = ["1h", "24h"] as const;

/**
 * The figures above the feed.
 * @param venue of that venue only
 */
export async function getHighlights(
  db: PrismaClient,
  { now, venue }: { now: number; venue?: string },
): Promise<Highlights> {
  const from = (window: "1h" | "24h") => new Date(now - WINDOW_MS[window]).toISOString();
  const [trades, [sums]] = await Promise.all([
    Promise.all(HIGHLIGHT_WINDOWS.map((window) => biggestTrade(db, from(window), venue))),
    db.$queryRaw<{ trades: number; volume: Prisma.Decimal; incomplete: boolean }[]>(Prisma.sql`
      SELECT count(*)::int AS trades, coalesce(sum(t.amount), 0) AS volume,
        EXISTS (
          SELECT FROM stream_state s WHERE s.kind = 'trades' AND s.last_joined_at IS NULL
            AND EXISTS (SELECT FROM whale w WHERE w.venue = s.venue AND w.address = s.wallet AND w.followed)
        ) AS incomplete
      FROM trade t WHERE t.traded_at >= ${from("1h")}::timestamptz AND ${countedSql(venue)}`),
  ]);
  return {
    biggest: HIGHLIGHT_WINDOWS.map((window, n) => ({ window, trade: trades[n] ?? null })),
    lastHour: { trades: sums?.trades ?? 0, volume: sums?.volume.toFixed() ?? "0" },
    incomplete: sums?.incomplete ?? false,
  };
}

/** The tiers are tried from the largest down, and the first with a trade has the biggest of all: only a quiet day reads every trade. */
async function biggestTrade(db: PrismaClient, from: string, venue: string | undefined) {
  const bounds = [...SIZE_TIERS.map((tier) => `t.amount >= ${tier.from}`), "t.amount IS NOT NULL"];
  const candidates = bounds.map(
    (bound) => Prisma.sql`(
      SELECT t.id FROM trade t
      WHERE ${Prisma.raw(bound)} AND t.traded_at >= ${from}::timestamptz AND ${countedSql(venue)}
      ORDER BY t.amount DESC, t.traded_at DESC, t.id DESC LIMIT 1)`,
  );
  const [trade] = await readTrades(
    db,
    Prisma.sql`SELECT * FROM trade t WHERE t.id = (SELECT coalesce(${Prisma.join(candidates)}))`,
  );
  return trade ?? null;
}

/** Buys and sells; what is split or merged changes no hands. */
function countedSql(venue: string | undefined): Prisma.Sql {
  const traded = Prisma.sql`t.side IN ('buy', 'sell')`;
  return venue ? Prisma.sql`${traded} AND t.venue = ${venue}` : traded;
}
