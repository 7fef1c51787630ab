import { createHash } from "node:crypto";
import type { Entry, ListPage, TradeRow } from "~/lib/rows.ts";
import type { Range } from "./coverage.ts";
import { tradeKey } from "./identity.ts";

/** The list that is read, page by page (1-based), newest first. */
export type PageSource = {
  fetchPage(page: number): Promise<ListPage<TradeRow>>;
  pageSize: number;
};

/**
 * A run of pages that continue each other without a gap. Equal fills are numbered within it: a segment that starts in the middle of a
 * list can only count too few of them, never too many, and too few are counted by the read that covers their whole second.
 */
export type Segment = {
  ordinals: Map<string, number>;
  keys: string[];
  total: number;
  lastTime: number;
};

/**
 * How a page continues the segment: the number of its first rows that the segment has already seen, or "realign" when that cannot be
 * told. Rows move down when a fill appears above them; `total` says by how many.
 */
export async function follow(
  segment: Segment,
  page: ListPage<TradeRow>,
  pageNumber: number,
  source: PageSource,
): Promise<number | "realign"> {
  const keys = page.entries.map(entryKey);
  const shift = page.total - segment.total;
  if (shift < 0) return "realign";
  const left = page.total - (pageNumber - 1) * source.pageSize;
  if (keys.length > Math.max(0, left)) return "realign";
  if (shift > 0) {
    const seen = segment.keys.slice(-shift);
    const overlap = keys.slice(0, Math.min(shift, keys.length));
    const fits = seen.length === shift && overlap.every((key, index) => key === seen[index]);
    return fits ? overlap.length : "realign";
  }
  const first = page.entries.find((entry) => entry.row)?.row?.tradedAt.getTime();
  if (first !== undefined && first > segment.lastTime) return "realign";
  if (!overlaps(segment.keys, keys)) return 0;
  // Equal fills on both sides of the boundary, or a shift that the total does not show yet: the page before tells which.
  const again = await source.fetchPage(pageNumber - 1);
  const expected = segment.keys.slice(-again.entries.length);
  const unmoved =
    again.total === segment.total &&
    again.entries.every((entry, index) => entryKey(entry) === expected[index]);
  return unmoved ? 0 : "realign";
}

/** Whether some tail of `before` equals a head of `after` of the same length. */
function overlaps(before: string[], after: string[]): boolean {
  for (let length = Math.min(before.length, after.length); length > 0; length--) {
    const tail = before.slice(-length);
    if (tail.every((key, index) => key === after[index])) return true;
  }
  return false;
}

/**
 * The page to go on with: its first row is strictly newer than the oldest stored one, so that the whole second of that row is read
 * again and equal fills in it are counted from the first.
 * @param guess where to look first; 0 = reckon from the depth at which the range ended
 */
export async function locate(range: Range, guess: number, source: PageSource) {
  let pageNumber = guess || Math.max(1, Math.floor(range.depth / source.pageSize));
  let step = 1;
  let reckoned = guess > 0;
  while (true) {
    const page = await source.fetchPage(pageNumber);
    if (!reckoned) {
      reckoned = true;
      const shifted = Math.floor((range.depth + page.total - range.total) / source.pageSize);
      if (shifted !== pageNumber && shifted >= 1) {
        pageNumber = shifted;
        continue;
      }
    }
    const first = page.entries.find((entry) => entry.row)?.row?.tradedAt.getTime();
    if (pageNumber === 1 || (first !== undefined && first > range.oldest)) {
      return { page, pageNumber };
    }
    pageNumber = Math.max(1, pageNumber - step);
    step *= 2;
  }
}

/** What a place of a page is recognised by: the fill's key, or a hash of what could not be read. */
export function entryKey(entry: Entry<TradeRow>): string {
  if (entry.row) return tradeKey(entry.row);
  return createHash("sha256")
    .update(JSON.stringify(entry.bad.payload) ?? "")
    .digest("hex");
}
