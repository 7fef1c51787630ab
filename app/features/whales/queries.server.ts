import { z } from "zod";
import type { PrismaClient, Whale, WhaleStats } from "~/generated/prisma/client.ts";
import { limitParameter } from "~/lib/api-errors.ts";
import { decodeCursor, idCursor, type Page, pageOf } from "~/lib/keyset.ts";
import { LEADERBOARD_WINDOWS, type LeaderboardWindow, STATS_WINDOW } from "./leaderboard.ts";
import { recordOf, type WhaleRecord } from "./record.ts";

/** A large trader. Decimals are exact strings, times ISO UTC. */
export type WhaleItem = {
  id: number;
  venue: string;
  address: string;
  label: string | null;
  source: Whale["source"];
  followed: boolean;
  followedAt: string | null;
  lastTradeAt: string | null;
};

/** Figures of one window; what is null is withheld, and `withheld` says why. `computed` is false before the first computation. */
export type WindowStats = {
  window: LeaderboardWindow;
  computed: boolean;
  volume: string | null;
  tradeCount: number | null;
  lastTradeAt: string | null;
  withheld: string | null;
  computedAt: string | null;
};

/** How far the wallet's trades have been read; null times = not yet. */
type WalletHistory = {
  completeSince: string | null;
  lastReadAt: string | null;
  storedTotal: number;
  venueTotal: number | null;
  lastErrorCode: string | null;
  lastErrorMessage: string | null;
};

export type WhaleDetail = WhaleItem & {
  stats: WindowStats[];
  record: WhaleRecord;
  history: WalletHistory | null;
};

/** Query string of GET /api/v1/whales. */
export const whaleSearch = z.strictObject({
  followed: z
    .enum(["true", "false"], "must be true or false")
    .transform((value) => value === "true")
    .optional(),
  cursor: z.string().optional(),
  limit: limitParameter,
});

/**
 * Every whale, oldest row first: an order that stays while they trade.
 * @throws {Response} 400 for a cursor of another list
 */
export async function listWhales(
  db: PrismaClient,
  query: { followed?: boolean; cursor?: string; limit: number },
): Promise<Page<WhaleItem>> {
  const after = decodeCursor(query.cursor, idCursor);
  const rows = await db.whale.findMany({
    where: { id: { gt: Number(after?.[0] ?? 0) }, followed: query.followed },
    orderBy: { id: "asc" },
    take: query.limit + 1,
  });
  return pageOf(rows.map(itemOf), query.limit, (whale) => [String(whale.id)]);
}

/** One whale with the figures of every window and the state of its history; null when there is none. */
export async function getWhale(db: PrismaClient, id: number): Promise<WhaleDetail | null> {
  const whale = await db.whale.findUnique({ where: { id }, include: { stats: true } });
  if (!whale) return null;
  const stream = await db.streamState.findUnique({
    where: {
      venue_kind_wallet: { venue: whale.venue, kind: "trades", wallet: whale.address },
    },
  });
  const stats = LEADERBOARD_WINDOWS.map((window) =>
    statsOf(
      window,
      whale.stats.find((row) => row.window === STATS_WINDOW[window]),
    ),
  );
  const history = stream && {
    completeSince: stream.completeSince?.toISOString() ?? null,
    lastReadAt: stream.lastReadAt?.toISOString() ?? null,
    storedTotal: stream.storedTotal,
    venueTotal: stream.venueTotal,
    lastErrorCode: stream.failuresInRow > 0 ? stream.lastErrorCode : null,
    lastErrorMessage: stream.failuresInRow > 0 ? stream.lastErrorMessage : null,
  };
  const record = recordOf(whale.stats.find((row) => row.window === "all"));
  return { ...itemOf(whale), stats, record, history };
}

function statsOf(window: LeaderboardWindow, row: WhaleStats | undefined): WindowStats {
  return {
    window,
    computed: row !== undefined,
    volume: row?.volume?.toFixed() ?? null,
    tradeCount: row?.tradeCount ?? null,
    lastTradeAt: row?.lastTradeAt?.toISOString() ?? null,
    withheld: row ? row.withheld : "not computed yet",
    computedAt: row?.computedAt.toISOString() ?? null,
  };
}

/** What a whale is called and whether it is followed; null when there is none. */
export async function getWhaleName(
  db: PrismaClient,
  id: number,
): Promise<Pick<Whale, "id" | "address" | "label" | "followed"> | null> {
  return db.whale.findUnique({
    where: { id },
    select: { id: true, address: true, label: true, followed: true },
  });
}

/** Our id of a wallet; null when it is not known. */
export async function findWhaleId(
  db: PrismaClient,
  venue: string,
  address: string,
): Promise<number | null> {
  const whale = await db.whale.findUnique({
    where: { venue_address: { venue, address } },
    select: { id: true },
  });
  return whale?.id ?? null;
}

/** Whether any wallet is followed. */
export async function hasFollowedWhales(db: PrismaClient): Promise<boolean> {
  return (await db.whale.findFirst({ where: { followed: true }, select: { id: true } })) !== null;
}

function itemOf(row: Whale): WhaleItem {
  return {
    id: row.id,
    venue: row.venue,
    address: row.address,
    label: row.label,
    source: row.source,
    followed: row.followed,
    followedAt: row.followedAt?.toISOString() ?? null,
    lastTradeAt: row.lastTradeAt?.toISOString() ?? null,
  };
}

/** A whale as the API shows it. */
export function apiWhaleOf<Item extends WhaleItem>(whale: Item) {
  return { ...whale, id: String(whale.id) };
}
