import type { CsvColumns } from "~/lib/csv.server.ts";
import type { RankedWhale } from "./leaderboard.server.ts";

/** Columns of /whales.csv. Figures are those of the window that the list is asked for. */
export const WHALE_COLUMNS = {
  rank: ({ rank }) => rank,
  id: ({ id }) => String(id),
  venue: ({ venue }) => venue,
  address: ({ address }) => address,
  label: ({ label }) => label,
  source: ({ source }) => source,
  followed: ({ followed }) => followed,
  lastTradeAt: ({ lastTradeAt }) => lastTradeAt,
  volume: ({ volume }) => volume,
  tradeCount: ({ tradeCount }) => tradeCount,
  withheld: ({ computedAt, withheld }) => (computedAt === null ? "not computed yet" : withheld),
  pnl: ({ pnl }) => pnl,
  wins: ({ wins }) => wins,
  decided: ({ decided }) => decided,
  pnlWithheld: ({ pnlWithheld }) => pnlWithheld,
  computedAt: ({ computedAt }) => computedAt,
} satisfies CsvColumns<RankedWhale>;
