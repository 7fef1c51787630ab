import { DAY } from "./calendar.ts";
import type { Exchange } from "./decisions.ts";
import { BUY, createFillLog, type Fill } from "./fill-log.ts";
import { createMarketBook } from "./market-book.ts";
import { FILLS_PER_TRANSACTION, record, settle, trade } from "./orders.ts";
import { PRICE_ONE, yesPrice } from "./prices.ts";
import { createRandom, hexOf, type Random, seedWords } from "./random.ts";
import { createWhales, hourlyPaces, type Whale } from "./whales.ts";

export type WorldOptions = {
  seed: string;
  /** Epoch milliseconds: history lies in the 30 days before, live trading begins here. */
  startedAt: number;
  /** Fills per second after `startedAt`, on average. */
  tradesPerSecond: number;
  /** Fills before `startedAt`, all wallets together. */
  historyFills: number;
  whales: number;
  /** Topics in the catalog. */
  markets: number;
};

export type World = Exchange & {
  whaleOfAddress: Map<string, Whale>;
  /** Lets everything happen up to this moment (epoch milliseconds). */
  advanceTo(now: number): void;
  /** Writes a fill nobody had planned; prices and later fills stay as they are. */
  insertFill(whale: Whale, now: number, random: Random): void;
  /** 0x and 64 hex digits. */
  txHash(tx: number): string;
};

const HISTORY_DAYS = 30;
/** Transactions that were not planned are numbered from here. */
const FIRST_INSERTED_TX = 0x8000_0000;

/**
 * The simulated exchange. All that happens up to a moment depends on the options alone, not on when or how often `advanceTo` is
 * called: a new process that is given the same options has the same past.
 */
export function createWorld(options: WorldOptions): World {
  const random = createRandom(`${options.seed}/world`);
  const startedAt = options.startedAt / 1000;
  const historyStart = Math.floor(startedAt) - HISTORY_DAYS * DAY;
  const exchange: Exchange = {
    book: createMarketBook({
      seed: options.seed,
      random: createRandom(`${options.seed}/markets`),
      startsAt: historyStart,
      size: options.markets,
    }),
    whales: createWhales({
      seed: options.seed,
      random: createRandom(`${options.seed}/whales`),
      count: options.whales,
    }),
    log: createFillLog(),
    random,
  };
  const { book, whales, log } = exchange;
  const paces = hourlyPaces(whales);
  const hashWords = seedWords(`${options.seed}/transactions`);
  let transactions = 0;
  let inserted = 0;

  /** History grows denser towards its end: the older, the fewer fills a day. */
  function historyTime(): number {
    const left = 1 - Math.min(1, (log.length() + random.next()) / options.historyFills);
    return startedAt - HISTORY_DAYS * DAY * left * left;
  }
  function nextTime(after: number): number {
    const inHistory = log.length() < options.historyFills && after < startedAt - 0.001;
    if (inHistory) return Math.max(after, Math.min(historyTime(), startedAt - 0.001));
    if (options.tradesPerSecond === 0) return Number.POSITIVE_INFINITY;
    const mean = FILLS_PER_TRANSACTION / options.tradesPerSecond;
    return Math.max(after, startedAt) - Math.log(1 - random.next()) * mean;
  }
  function pickWhale(at: number): Whale {
    const sums = paces[Math.floor(at / 3600) % 24];
    const point = random.next() * (sums?.at(-1) ?? 0);
    let low = 0;
    let high = whales.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sums?.[middle] ?? 0) > point) high = middle;
      else low = middle + 1;
    }
    return whales[low] as Whale;
  }

  let nextTradeAt = whales.length > 0 ? nextTime(historyStart + DAY / 24) : Infinity;
  const nextTx = (): number => transactions++;

  function tradeOnce(): void {
    const at = nextTradeAt;
    const most = at < startedAt ? options.historyFills - log.length() : Infinity;
    const traded = trade(exchange, pickWhale(at), at, nextTx, most);
    // Where nothing can be traded the clock has to move on until a market opens.
    nextTradeAt = nextTime(traded ? at : at + 600);
  }

  return {
    ...exchange,
    whaleOfAddress: new Map(whales.map((whale) => [whale.address, whale])),
    txHash: (tx) => `0x${hexOf(hashWords, tx)}`,
    advanceTo: (now) => {
      const until = now / 1000;
      for (;;) {
        const bookEventAt = book.nextEventAt();
        if (Math.min(bookEventAt, nextTradeAt) > until) return;
        if (bookEventAt <= nextTradeAt) settle(exchange, book.runEvent());
        else tradeOnce();
      }
    },
    insertFill: (whale, now, choice) => {
      const open = [...book.open.values()].flat();
      const market = whale.watchlist.find((known) => known?.result === null) ?? choice.pick(open);
      const outcome = choice.int(0, 1);
      const fill: Fill = {
        whale: whale.index,
        market: market.index,
        side: BUY,
        outcome,
        price: outcome === 0 ? yesPrice(market) : PRICE_ONE - yesPrice(market),
        quantity: choice.int(5_000, 200_000) * 10_000,
        fee: 0,
        createdAt: Math.floor(now / 1000),
        late: 0,
        tx: FIRST_INSERTED_TX + inserted++,
        profit: 0,
        feeAsNumber: false,
      };
      record(exchange, fill);
    },
  };
}
