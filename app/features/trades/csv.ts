import type { CsvColumns } from "~/lib/csv.server.ts";
import type { TradeItem } from "./queries.server.ts";

/** Columns of /trades.csv: those of GET /api/v1/trades and the names that belong to them. */
export const TRADE_COLUMNS = {
  tradedAt: ({ tradedAt }) => tradedAt,
  seenAt: ({ seenAt }) => seenAt,
  venue: ({ venue }) => venue,
  wallet: ({ whale }) => whale.address,
  whaleLabel: ({ whale }) => whale.label,
  marketId: ({ market }) => market.externalId,
  marketTitle: ({ market }) => market.title,
  parentTitle: ({ market }) => market.parentTitle,
  outcomeSide: ({ outcomeSide }) => outcomeSide,
  outcomeLabel: ({ market }) => market.outcomeLabel,
  side: ({ side }) => side,
  price: ({ price }) => price,
  shares: ({ shares }) => shares,
  amount: ({ amount }) => amount,
  fee: ({ fee }) => fee,
  txHash: ({ txHash }) => txHash,
  ordinal: ({ ordinal }) => ordinal,
  id: ({ id }) => id,
} satisfies CsvColumns<TradeItem>;
