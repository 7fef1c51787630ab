import { z } from "zod";

/** Rows of a venue may appear up to this long after the time they carry. */
const LATE_ROWS_MS = 120_000;

/** A stretch of a stream that is stored, newest end first; the second of `oldest` may be stored in part. Epoch milliseconds. */
export type Range = {
  newest: number;
  oldest: number;
  /** Rows between the top of the list and `oldest`, and the list's total, when `oldest` was stored: where to look for it later. */
  depth: number;
  total: number;
  /** The list's total when this read began. */
  topTotal: number;
};

const rangeSchema = z.object({
  newest: z.number(),
  oldest: z.number(),
  depth: z.number(),
  total: z.number(),
  topTotal: z.number(),
});

/** How far a stream has been read. Times are the rows' own, in epoch milliseconds. */
export type Progress = {
  /** Everything up to here is stored; null = never joined. */
  watermark: number | null;
  /** Stored stretches above the floor while a read is open, newest first; the first one belongs to the read in progress. */
  covered: Range[];
  /** Read down to here although it lies below the watermark. */
  rereadUntil: number | null;
  /** Complete from here on; 0 = from the first; null = not yet. */
  completeSince: number | null;
};

/** Ranges as stored in `StreamState.covered`; what does not parse is dropped, which costs only reading again. */
export function parseCovered(stored: unknown): Range[] {
  const parsed = z.array(rangeSchema).safeParse(stored);
  return parsed.success ? parsed.data : [];
}

/**
 * The time below which this read has nothing left to do: every row newer than it, or exactly as old, must be seen.
 * `-Infinity` = the end of the list.
 * @param keptSince what is older was stored once and has been removed since; no read goes below it
 */
export function floorOf(progress: Progress, rereading: boolean, keptSince: number): number {
  const normal = progress.watermark === null ? -Infinity : progress.watermark - LATE_ROWS_MS;
  if (!rereading || progress.rereadUntil === null) return normal;
  return Math.min(normal, Math.max(progress.rereadUntil, keptSince));
}

/** Bound on remembered stretches; forgetting the oldest costs only reading it again. */
const MAX_RANGES = 8;

/**
 * A page was stored: the read's own stretch now ends at `oldest`. Stretches of earlier, interrupted reads that it runs into are joined,
 * late rows included, so that the read goes on below them.
 * @param begins this page is the top of the list: a new stretch begins
 */
export function extend(progress: Progress, page: Range, begins: boolean): Progress {
  const own = begins ? undefined : progress.covered[0];
  const below = begins ? [...progress.covered] : progress.covered.slice(1);
  let current: Range = page;
  if (own) {
    const lower = own.oldest < page.oldest ? own : page;
    current = { ...lower, newest: own.newest, topTotal: own.topTotal };
  }
  for (let next = below[0]; next && current.oldest < next.newest - LATE_ROWS_MS; next = below[0]) {
    if (next.oldest < current.oldest) {
      current = { ...current, oldest: next.oldest, depth: next.depth, total: next.total };
    }
    below.shift();
  }
  return { ...progress, covered: [current, ...below].slice(0, MAX_RANGES) };
}

/**
 * The read has seen everything down to its floor: what it covered becomes the watermark.
 * @param completeFrom where the list ends (0 = its true end), if this read came to it
 */
export function join(progress: Progress, completeFrom: number | null): Progress {
  const newest = progress.covered[0]?.newest ?? null;
  const watermark =
    newest === null ? progress.watermark : Math.max(progress.watermark ?? newest, newest);
  return {
    ...progress,
    watermark,
    covered: [],
    completeSince: completeFrom ?? progress.completeSince,
  };
}
