/** Orders of the page /markets; `relevance` is for a search only. */
export const SORTS = ["relevance", "volume24h", "volume", "newest", "closing", "price"] as const;
export type MarketSort = (typeof SORTS)[number];

/** Best matches that a search ranks. */
export const MATCHES_RANKED = 200;

/** Most groups whose outcomes are unfolded at a time. */
export const MOST_OPEN = 10;

/** The value of `open` in which a group is unfolded, or folded where it was; the one unfolded first gives way to an eleventh. */
export function toggledOpen(open: readonly number[], id: number): string {
  const others = open.filter((other) => other !== id);
  const wanted = others.length < open.length ? others : [...others, id].slice(-MOST_OPEN);
  return wanted.join(".");
}
