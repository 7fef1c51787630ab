import type { Logger } from "~/lib/logger.server.ts";
import type {
  LeaderboardRow,
  ListPage,
  MarketKind,
  MarketRow,
  PriceRow,
  TradeRow,
  VenueId,
} from "~/lib/rows.ts";
import type { AttemptLog } from "~/reliability/attempts.server.ts";
import type { Pacer, Priority } from "~/reliability/pacer.server.ts";

/** What a caller says about a request, and where the client counts it. */
export type CallOptions = {
  /** Who goes first when the budget is short. */
  priority: Priority;
  /** Raised by one for every HTTP request that is started, retries included. */
  meter?: { requests: number };
  /** Where every HTTP attempt is recorded, with what is known of { status, waitMs, bytes, retryAfterMs }. */
  attempts?: AttemptLog;
  /** Where failed attempts are logged, with the names of the run that asks; default: the venue's own. */
  logger?: Logger;
  signal?: AbortSignal;
};

/**
 * A place where people trade. Every method throws an `AppError` of the taxonomy when the venue did not answer properly, and
 * `signal.reason` once aborted; a row that fails its schema does not throw but comes back as a bad entry beside the good ones.
 */
export type Venue = {
  id: VenueId;
  name: string;
  /** False without credentials for wallets: markets only. */
  readsWallets: boolean;
  /** What a person can do to make `readsWallets` true; null when it is. */
  walletsHint: string | null;
  /** Rows asked for per list page. */
  pageSize: number;
  /** Request starts allowed per second. */
  requestsPerSecond: number;
  pacer: Pacer;
  /**
   * One page (1-based) of the active catalog, newest market first: what opens during a walk shows a row twice, and only what closes
   * can hide one. A categorical's children follow their parent inside one entry; a bad child is an entry after it, marked `nested`.
   */
  listMarkets(page: number, options: CallOptions): Promise<ListPage<MarketRow[]>>;
  /**
   * One market with its children, parent first; null when the venue does not know it (any more). A child that is asked for by itself
   * does not say whose it is: its `parentExternalId` is null although it has a parent.
   */
  getMarket(
    market: { kind: MarketKind; externalId: string },
    options: CallOptions,
  ): Promise<ListPage<MarketRow[]> | null>;
  /** Last price of a token; null = never traded. */
  getPrice(tokenId: string, options: CallOptions): Promise<PriceRow | null>;
  /** One page (1-based) of a wallet's fills, newest first. Only with `readsWallets`. */
  listTrades(wallet: string, page: number, options: CallOptions): Promise<ListPage<TradeRow>>;
  /** The wallets the venue ranks by volume, best first. */
  listLeaderboard(options: CallOptions): Promise<ListPage<LeaderboardRow>>;
};
