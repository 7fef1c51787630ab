import { formatPrice } from "~/lib/format.ts";
import { gridOf, type PriceHistory } from "./price-grid.ts";

/** The stretch of time as a sentence has it. */
export const WINDOW_WORDS = {
  "1h": "in the last hour",
  "24h": "in the last 24 hours",
  "7d": "in the last 7 days",
  "30d": "in the last 30 days",
  all: "since the first known price",
} as const;

/**
 * The course of a price in one sentence: from where to where, and between which bounds.
 * @param when as in WINDOW_WORDS
 */
export function trendSentence(name: string, history: PriceHistory, when: string): string {
  const known = gridOf(history).flatMap(({ price }) => (price === null ? [] : [price]));
  const first = known[0];
  const last = known.at(-1);
  if (first === undefined || last === undefined) return `No price of ${name} is known ${when}.`;
  const price = (value: number) => formatPrice(String(value));
  // The last step shows its last price, so an extreme in it is in no point.
  const low = Math.min(...known, Number(history.low?.price ?? last));
  const high = Math.max(...known, Number(history.high?.price ?? last));
  if (low === high) return `${name} stayed at ${price(last)} ${when}.`;
  const course =
    first === last
      ? `${name} is back at ${price(last)}`
      : `${name} ${last > first ? "rose" : "fell"} from ${price(first)} to ${price(last)}`;
  return `${course} ${when}, between ${price(low)} and ${price(high)}.`;
}
