import type { HistoryRange } from "./history-range.ts";

/** A price that was read or traded at: epoch milliseconds, exact decimal of the yes outcome. */
export type PricePoint = { at: number; price: string };

export type PriceHistory = {
  range: HistoryRange;
  /** The last price known before the range; null = none was. */
  opening: string | null;
  /** The last known price of each step that has one, oldest first. */
  points: PricePoint[];
  /** Of every price in the range, sampled or not; null = there is none. */
  high: PricePoint | null;
  low: PricePoint | null;
};

/** The price at the end of a step (epoch seconds, as the chart wants them), or none where none is known yet. */
export type GridPoint = { time: number; price: number | null };

/**
 * A history as evenly spaced points, which is how charts draw their time axis: a price holds until the next one. The steps of the
 * highest and the lowest price show those, so that sampling hides no extreme; the last step keeps the last price.
 */
export function gridOf({ range, opening, points, high, low }: PriceHistory): GridPoint[] {
  const { from, to, stepMs } = range;
  const steps = Math.round((to - from) / stepMs);
  const stepOf = (at: number) => Math.min(steps - 1, Math.floor((at - from) / stepMs));
  const shown = new Map(points.map((point) => [stepOf(point.at), Number(point.price)]));
  const held = new Map(shown);
  const last = points.at(-1);
  for (const extreme of [low, high]) {
    if (extreme && last && stepOf(extreme.at) !== stepOf(last.at)) {
      shown.set(stepOf(extreme.at), Number(extreme.price));
    }
  }
  let price = opening === null ? null : Number(opening);
  const grid: GridPoint[] = [{ time: from / 1000, price }];
  for (let step = 0; step < steps; step++) {
    price = held.get(step) ?? price;
    grid.push({ time: (from + (step + 1) * stepMs) / 1000, price: shown.get(step) ?? price });
  }
  return grid;
}

/** The time (epoch seconds) under which a grid holds a moment; the range's start for an older one. */
export function gridTimeOf({ from, to, stepMs }: HistoryRange, at: number): number {
  const step = Math.floor((Math.min(at, to - 1) - from) / stepMs);
  return (from + Math.max(0, step + 1) * stepMs) / 1000;
}

/** How many different moments a price is known of, the opening included: a line needs two. */
export function knownPrices({ opening, points }: PriceHistory): number {
  return points.length + (opening === null ? 0 : 1);
}
