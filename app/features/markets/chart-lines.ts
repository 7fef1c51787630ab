import type { TradeMark } from "./market-activity.server.ts";
import { type GridPoint, gridOf, gridTimeOf, type PriceHistory } from "./price-grid.ts";

/** One line of a price chart. */
export type ChartLine = {
  key: string;
  name: string;
  points: readonly GridPoint[];
};

/** A trade as the chart draws it. */
export type ChartMark = TradeMark & {
  /** Key of the line it belongs to. */
  line: string;
  /** Epoch seconds of the grid point it stands at. */
  time: number;
  /** 0 to 1, by the area that the amounts ask for. */
  size: number;
};

/** Both outcomes of a market; the no price is 1 minus the yes price. */
export function bothOutcomes(
  history: PriceHistory,
  { yesLabel, noLabel }: { yesLabel: string | null; noLabel: string | null },
): ChartLine[] {
  const points = gridOf(history);
  return [
    { key: "yes", name: yesLabel ?? "Yes", points },
    {
      key: "no",
      name: noLabel ?? "No",
      points: points.map(({ time, price }) => ({ time, price: price === null ? null : 1 - price })),
    },
  ];
}

/** Trades as marks on the lines of `bothOutcomes`, in order of time as the chart wants them. */
export function marksOf(trades: readonly TradeMark[], { range }: PriceHistory): ChartMark[] {
  const largest = Math.max(0, ...trades.map(({ amount }) => Number(amount)));
  return trades
    .map((trade) => ({
      ...trade,
      line: trade.outcomeSide,
      time: gridTimeOf(range, trade.at),
      size: largest > 0 ? Math.sqrt(Math.max(0, Number(trade.amount)) / largest) : 0,
    }))
    .sort((a, b) => a.time - b.time);
}

/** The last known price of a line; null = none is. */
export function lastPriceOf({ points }: ChartLine): number | null {
  return points.at(-1)?.price ?? null;
}
