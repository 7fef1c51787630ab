/** A fill as the archive and the venue's truth both can tell it; decimals canonical, `at` in ISO. */
export type ComparableTrade = {
  wallet: string;
  txHash: string;
  marketId: string | number;
  outcomeSide: string;
  side: string;
  price: string;
  shares: string;
  amount: string | null;
  fee: string | null;
  ordinal: number;
  tradedAt: string;
};

/** Equal exactly for equal fills. */
export function tradeLine(trade: ComparableTrade): string {
  const { wallet, txHash, marketId, outcomeSide, side, price, shares, amount, fee } = trade;
  return [
    wallet,
    txHash,
    marketId,
    outcomeSide,
    side,
    price,
    shares,
    amount,
    fee,
    trade.ordinal,
    trade.tradedAt,
  ].join(" ");
}

/** The lines of the fills that a venue says a reader must have. */
export function truthLines(
  truth: (Omit<ComparableTrade, "tradedAt"> & { createdAt: number })[],
): Set<string> {
  return new Set(
    truth.map((trade) =>
      tradeLine({ ...trade, tradedAt: new Date(trade.createdAt * 1000).toISOString() }),
    ),
  );
}
