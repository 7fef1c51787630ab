/**
 * What a venue hands over and a feature stores: the venues' rows in our terms. Money, prices and sizes are exact decimal strings
 * without exponent ("0.029"), times are `Date`s of the venue's clock.
 */

export type VenueId = "opinion";

export type MarketKind = "binary" | "categorical";
export type MarketStatus =
  | "unknown"
  | "created"
  | "activated"
  | "resolving"
  | "resolved"
  | "failed"
  | "deleted";

export type MarketRow = {
  venue: VenueId;
  kind: MarketKind;
  externalId: string;
  /** Number of the categorical parent, where the venue nests this market below one. */
  parentExternalId: string | null;
  title: string;
  slug: string | null;
  rules: string | null;
  status: MarketStatus;
  yesLabel: string | null;
  noLabel: string | null;
  yesTokenId: string | null;
  noTokenId: string | null;
  conditionId: string | null;
  questionId: string | null;
  resultSide: "yes" | "no" | null;
  volume: string | null;
  volume24h: string | null;
  volume7d: string | null;
  quoteToken: string | null;
  chainId: string | null;
  labels: string[];
  thumbnailUrl: string | null;
  openedAt: Date | null;
  cutoffAt: Date | null;
  resolvedAt: Date | null;
};

export type TradeRow = {
  venue: VenueId;
  /** Lower-case 0x address. */
  wallet: string;
  txHash: string;
  marketExternalId: string;
  marketTitle: string;
  /** The categorical parent; null for a binary market. */
  parentExternalId: string | null;
  parentTitle: string | null;
  /** "yes", "no", or what the venue sent where it is neither. */
  outcomeSide: string;
  /** Label of the outcome as the venue shows it. */
  outcomeLabel: string;
  /** "buy", "sell", "split", "merge", or what the venue sent, lower case. */
  side: string;
  price: string;
  shares: string;
  amount: string | null;
  fee: string | null;
  tradedAt: Date;
};

export type PriceRow = { tokenId: string; price: string; at: Date };

export type LeaderboardRow = {
  venue: VenueId;
  address: string;
  name: string | null;
  rankValue: string | null;
};

/** A row that failed its schema, kept whole. */
export type BadRow = {
  /** What was received, but for secrets in it. */
  payload: unknown;
  /** Path inside the row, dotted; "" for the row itself. */
  path: string;
  message: string;
  /** True for a child of the entry before it: it takes no place of its own on the page or in its total. */
  nested?: true;
};

/** One place of a list page, in the venue's order: a good row or a bad one. */
export type Entry<Row> = { row: Row; bad?: undefined } | { row?: undefined; bad: BadRow };

export type ListPage<Row> = {
  entries: Entry<Row>[];
  /** What the venue says the whole list holds. */
  total: number;
};
