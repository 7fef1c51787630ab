import type { TimeWindow } from "~/lib/windows.ts";

/** What the whales can be ranked by. PnL is known over the whole history only. */
export const METRICS = ["volume", "trades", "last", "pnl"] as const;

export type Metric = (typeof METRICS)[number];

export const METRIC_NAMES: Record<Metric, string> = {
  volume: "Volume",
  trades: "Trades",
  last: "Last trade",
  pnl: "PnL",
};

/** The metrics inside a sentence. */
export const METRIC_WORDS: Record<Metric, string> = {
  volume: "volume",
  trades: "number of trades",
  last: "last trade",
  pnl: "realised PnL",
};

/** How a whale came to be known, in words. */
export const SOURCE_NAMES: Record<string, string> = {
  leaderboard: "Leaderboard",
  holder: "Holder list",
  manual: "By hand",
  imported: "Import",
};

export const LEADERBOARD_WINDOWS = ["24h", "7d", "30d", "all"] as const satisfies TimeWindow[];

export type LeaderboardWindow = (typeof LEADERBOARD_WINDOWS)[number];

/** What the table of figures calls each window. */
export const STATS_WINDOW = { "24h": "h24", "7d": "d7", "30d": "d30", all: "all" } as const;

/** The metric a list is ranked by: the one asked for, volume where that one is not known in the window. */
export function rankedBy(asked: Metric, window: LeaderboardWindow): Metric {
  return asked === "pnl" && window !== "all" ? "volume" : asked;
}
