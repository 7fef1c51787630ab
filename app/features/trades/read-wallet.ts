import type { BadRow, Entry, ListPage, TradeRow } from "~/lib/rows.ts";
import { AppError, createError } from "~/reliability/errors.ts";
import { entryKey, follow, locate, type PageSource, type Segment } from "./continuity.ts";
import { extend, floorOf, join, type Progress } from "./coverage.ts";
import { tradeKey } from "./identity.ts";

export type NumberedTrade = { row: TradeRow; key: string; ordinal: number };
export type QuarantinedTrade = BadRow & { nearAt: number | null };

/** A page as it is committed: in one transaction with the progress that it stands for. */
export type PageToStore = {
  trades: NumberedTrade[];
  bad: QuarantinedTrade[];
  progress: Progress;
  /** Set with the page that ends the read. */
  joined: { floor: number; topTotal: number; atTrueEnd: boolean } | null;
};

export type ReadCounts = {
  fetched: number;
  created: number;
  duplicate: number;
  quarantined: number;
};

export type WalletReader = PageSource & {
  store(page: PageToStore): Promise<{ created: number; quarantined: number }>;
  /** Asked after every stored page that ends at an older second than the one before: may this step take another? */
  mayGoOn(): boolean;
  /** Raised as pages are stored, so that a read that fails half way has not brought nothing. */
  counts: ReadCounts;
};

export type ReadResult = {
  progress: Progress;
  /** The read has been joined with what was known before; nothing is left to do. */
  joined: boolean;
};

export type ReadStart = {
  progress: Progress;
  /** Start at the top of the list; false = go on where the first covered range ends. */
  fromTop: boolean;
  /** Go down to `progress.rereadUntil`. */
  rereading: boolean;
  /** Take an empty page for the end of what the venue serves although its total says more. */
  acceptEarlyEnd: boolean;
  /** What was taken for the end of the list before may not have been it. */
  endedEarly: boolean;
  /** Older rows were stored once and have been removed by retention; epoch milliseconds. */
  keptSince: number;
};

/** The list ended before the total it states: a hiccup, or all that the venue serves. */
export class EarlyEndError extends AppError {
  constructor(page: number, total: number) {
    super(
      "INVALID_RESPONSE",
      `Page ${page} is empty although the list is said to hold ${total} rows.`,
    );
  }
}

/** Times in a row that a page may have to be realigned before the step gives up and is tried again later. */
const MAX_REALIGNMENTS = 12;

/** Pages in a row without one readable row after which a read stops: the format has changed, and reading on would only fill the quarantine. */
const MAX_UNREADABLE_PAGES = 3;

/** Where a read stands between two pages. */
type Position = {
  progress: Progress;
  segment: Segment | null;
  /** The page to take next; 0 = to be reckoned from the depth of the first covered range. */
  pageNumber: number;
  /** The first covered range belongs to this read. */
  begun: boolean;
  realignments: number;
};

/**
 * Reads a wallet's fills newest first (design: "One read of a wallet") until the floor or the end is reached or `mayGoOn` says stop.
 * Every page is committed with the progress it stands for, so it can be killed anywhere.
 * @throws AppError INVALID_RESPONSE (retryable) when the list keeps moving or stops short of its total; whatever `fetchPage` and `store` throw
 */
export async function readWallet(start: ReadStart, reader: WalletReader): Promise<ReadResult> {
  const floor = floorOf(start.progress, start.rereading, start.keptSince);
  const { counts } = reader;
  let unreadable = 0;
  const fromTop = start.fromTop || start.progress.covered.length === 0;
  const position: Position = {
    progress: start.progress,
    segment: null,
    pageNumber: fromTop ? 1 : 0,
    begun: !fromTop,
    realignments: 0,
  };
  while (true) {
    const found = await nextPage(position, reader);
    if (found === "realign") continue;
    const { page, skip } = found;
    const before = oldestOf(position);
    const stretch = take(page, skip, position, reader.pageSize, start.acceptEarlyEnd);
    const reached = oldestOf(position);
    const jumped = reached < Math.min(before, stretch.oldest);
    const atEnd = stretch.atEnd && !jumped;
    const joined = atEnd || reached < floor;
    const topTotal = position.progress.covered[0]?.topTotal ?? page.total;
    const atTrueEnd = atEnd && stretch.endsAt === 0;
    if (joined) {
      position.progress = join(position.progress, completeFrom(start, atEnd, stretch.endsAt));
    }
    const trades = stretch.trades.filter(({ row }) => row.tradedAt.getTime() >= start.keptSince);
    const stored = await reader.store({
      trades,
      bad: stretch.bad,
      progress: position.progress,
      joined: joined ? { floor, topTotal, atTrueEnd } : null,
    });
    counts.fetched += page.entries.length - skip;
    counts.created += stored.created;
    counts.duplicate += trades.length - stored.created;
    counts.quarantined += stored.quarantined;
    if (joined) return { progress: position.progress, joined: true };
    unreadable = stretch.bad.length > 0 && stretch.trades.length === 0 ? unreadable + 1 : 0;
    if (unreadable >= MAX_UNREADABLE_PAGES) {
      throw createError(
        "INVALID_RESPONSE",
        `No row of ${unreadable} pages is readable: the venue's format seems to have changed.`,
      );
    }

    if (jumped) {
      position.segment = null;
      position.pageNumber = 0;
    } else {
      position.pageNumber += 1;
    }
    if (reached < before) {
      position.realignments = 0;
      if (!reader.mayGoOn()) return { progress: position.progress, joined: false };
    }
  }
}

/** Since when the history is complete, where this read has found its end: the true one, or the last row that is served. */
function completeFrom(start: ReadStart, atEnd: boolean, endsAt: number): number | null {
  const known = start.progress.completeSince;
  if (!atEnd) return null;
  if (endsAt > 0) return endsAt;
  return known === null ? 0 : start.endedEarly ? start.keptSince : known;
}

function oldestOf(position: Position): number {
  return (position.begun ? position.progress.covered[0]?.oldest : undefined) ?? Infinity;
}

/** Fetches the next page and says how many of its first rows the segment has seen; "realign" = nothing was taken, go on from a page before. */
async function nextPage(
  position: Position,
  reader: WalletReader,
): Promise<{ page: ListPage<TradeRow>; skip: number } | "realign"> {
  const { segment } = position;
  const resumeAt = position.begun ? position.progress.covered[0] : undefined;
  if (segment === null && resumeAt) {
    const located = await locate(resumeAt, position.pageNumber, reader);
    position.pageNumber = located.pageNumber;
    return { page: located.page, skip: 0 };
  }
  const page = await reader.fetchPage(position.pageNumber);
  if (segment === null) return { page, skip: 0 };
  const skip = await follow(segment, page, position.pageNumber, reader);
  if (skip !== "realign") return { page, skip };
  position.realignments += 1;
  if (position.realignments > MAX_REALIGNMENTS) {
    throw createError(
      "INVALID_RESPONSE",
      "The list of fills keeps moving between two pages; it is read again later.",
    );
  }
  position.segment = null;
  position.pageNumber = Math.max(1, position.pageNumber - 1);
  return "realign";
}

/** Adds a page to the segment and to the progress. */
function take(
  page: ListPage<TradeRow>,
  skip: number,
  position: Position,
  pageSize: number,
  acceptEarlyEnd: boolean,
) {
  const offset = (position.pageNumber - 1) * pageSize;
  const reachedTotal = offset + page.entries.length >= page.total;
  const empty = page.entries.length === 0;
  if (empty && !reachedTotal && !acceptEarlyEnd) {
    throw new EarlyEndError(position.pageNumber, page.total);
  }
  position.segment ??= { ordinals: new Map(), keys: [], total: page.total, lastTime: Infinity };
  const { segment } = position;
  const shift = page.total - segment.total;
  const entries = page.entries.slice(skip);
  const { trades, bad, times } = number(entries, segment);
  segment.keys = [...segment.keys, ...entries.map(entryKey)].slice(-2 * pageSize);
  // Rows that moved down by more than a page: what is left of the shift shows at the head of the next one.
  segment.total = page.total - (shift - skip);
  segment.lastTime = times.at(-1) ?? segment.lastTime;

  const oldest = times.length > 0 ? Math.min(...times) : oldestOf(position);
  if (times.length > 0) {
    const depth = offset + page.entries.length;
    const newest = Math.max(...times);
    const range = { newest, oldest, depth, total: page.total, topTotal: page.total };
    position.progress = extend(position.progress, range, !position.begun);
    position.begun = true;
  }
  const endsAt = reachedTotal || !Number.isFinite(oldest) ? 0 : oldest;
  return { trades, bad, oldest, atEnd: empty || reachedTotal, endsAt };
}

function number(entries: Entry<TradeRow>[], segment: Segment) {
  const trades: NumberedTrade[] = [];
  const bad: QuarantinedTrade[] = [];
  const times: number[] = [];
  entries.forEach((entry, index) => {
    if (entry.bad) {
      // A read that has seen something older than the row above has passed this one, whatever its own time is.
      const above = times.at(-1) ?? segment.lastTime;
      const below = entries.slice(index + 1).find((other) => other.row)?.row;
      const nearAt = Number.isFinite(above) ? above : (below?.tradedAt.getTime() ?? null);
      bad.push({ ...entry.bad, nearAt });
      return;
    }
    const key = tradeKey(entry.row);
    const ordinal = segment.ordinals.get(key) ?? 0;
    segment.ordinals.set(key, ordinal + 1);
    trades.push({ row: entry.row, key, ordinal });
    times.push(entry.row.tradedAt.getTime());
  });
  return { trades, bad, times };
}
