import { canonicalFigures, type Fill, SIDES } from "./fill-log.ts";
import type { World } from "./world.ts";

/** A fill that a reader must have; decimals are canonical (no exponent, no trailing zero). */
type TruthTrade = {
  /** Lower case. */
  wallet: string;
  txHash: string;
  marketId: number;
  outcomeSide: "yes" | "no";
  /** Lower case. */
  side: string;
  price: string;
  shares: string;
  amount: string;
  fee: string;
  /** 0 for the first of equal fills of one transaction, then 1, 2, … */
  ordinal: number;
  /** Unix seconds. */
  createdAt: number;
};

export type TruthQuery = {
  /** Any case; absent = all wallets. */
  wallet?: string | undefined;
  /** `nextCursor` of the page before; the pages of one walk show one and the same moment. */
  cursor?: string | undefined;
  /** Absent = all. */
  limit?: number | undefined;
};

export type TruthPage = {
  list: TruthTrade[];
  /** Of the whole list at the moment of the walk's first page. */
  total: number;
  nextCursor: string | null;
};

export type TruthWallet = { wallet: string; userName: string; trades: number };

export class CursorError extends Error {}

/** Where a walk stands: its moment, the log's length then, and the place in the list. */
type Position = { at: number; length: number; place: number };

function parseCursor(cursor: string): Position {
  const parts = /^(\d{1,12})-(\d{1,10})-(\d{1,10})$/.exec(cursor);
  if (!parts) throw new CursorError("cursor must be the nextCursor of an earlier page");
  return { at: Number(parts[1]), length: Number(parts[2]), place: Number(parts[3]) };
}

function* indicesOf(world: World, wallet: string | undefined, length: number) {
  if (wallet !== undefined) {
    yield* world.whaleOfAddress.get(wallet.toLowerCase())?.fills ?? [];
    return;
  }
  for (let index = 0; index < length; index++) yield index;
}

/** How many fills before this one in its transaction are equal to it and already visible. */
function ordinalOf(world: World, index: number, fill: Fill, at: number): number {
  let ordinal = 0;
  for (let before = index - 1; before >= 0; before--) {
    const other = world.log.get(before);
    if (other.tx !== fill.tx) break;
    const equal =
      other.whale === fill.whale &&
      other.market === fill.market &&
      other.side === fill.side &&
      other.outcome === fill.outcome &&
      other.price === fill.price &&
      other.quantity === fill.quantity;
    if (equal && world.log.visible(before, at)) ordinal += 1;
  }
  return ordinal;
}

function truthTrade(world: World, index: number, at: number): TruthTrade {
  const fill = world.log.get(index);
  return {
    wallet: world.whales[fill.whale]?.address ?? "",
    txHash: world.txHash(fill.tx),
    marketId: world.book.markets[fill.market]?.id ?? 0,
    outcomeSide: fill.outcome === 0 ? "yes" : "no",
    side: (SIDES[fill.side] ?? "").toLowerCase(),
    ...canonicalFigures(fill),
    ordinal: ordinalOf(world, index, fill, at),
    createdAt: fill.createdAt,
  };
}

/**
 * Every fill visible now, oldest first.
 * @param now epoch milliseconds
 * @throws {CursorError} for a cursor that is none
 */
export function truthTrades(world: World, now: number, query: TruthQuery = {}): TruthPage {
  const position = query.cursor
    ? parseCursor(query.cursor)
    : { at: Math.floor(now / 1000), length: world.log.length(), place: 0 };
  const { at, length, place } = position;
  const end = place + (query.limit ?? Number.POSITIVE_INFINITY);
  const list: TruthTrade[] = [];
  let total = 0;
  for (const index of indicesOf(world, query.wallet, length)) {
    if (index >= length || !world.log.visible(index, at)) continue;
    if (total >= place && total < end) list.push(truthTrade(world, index, at));
    total += 1;
  }
  return { list, total, nextCursor: end < total ? `${at}-${length}-${end}` : null };
}

/** Every wallet with the number of its fills visible now. */
export function truthWallets(world: World, now: number): TruthWallet[] {
  const at = Math.floor(now / 1000);
  return world.whales.map((whale) => ({
    wallet: whale.address,
    userName: whale.userName,
    trades: whale.fills.filter((index) => world.log.visible(index, at)).length,
  }));
}
