import { DAY, HOUR } from "./calendar.ts";
import { decide, type Exchange, type Order, positionOf } from "./decisions.ts";
import { BUY, type Fill, MINIMUM_FEE, SELL, tradedValue } from "./fill-log.ts";
import type { Market } from "./market.ts";
import { PRICE_ONE, push } from "./prices.ts";
import type { Whale } from "./whales.ts";

const MILLION = 1_000_000;
/** Chances per transaction. */
const IDENTICAL_FILLS = 0.03;
const LADDER = 0.07;
const SWEEP = 0.0008;
const COUNTERPARTY = 0.12;
const LATE_FILL = 0.01;

/** Fills that one transaction has on average, those of its counterparty and of sweeps included. */
export const FILLS_PER_TRANSACTION = 1.17;

/**
 * Writes a fill into the log, the wallet's and the market's lists and their volumes.
 * @returns its index
 */
export function record(exchange: Exchange, fill: Fill): number {
  const index = exchange.log.append(fill);
  const whale = exchange.whales[fill.whale];
  const market = exchange.book.markets[fill.market];
  if (!whale || !market) throw new RangeError("A fill needs a wallet and a market that exist.");
  whale.fills.push(index);
  market.fills.push(index);
  if (fill.side === BUY || fill.side === SELL) {
    const value = tradedValue(fill);
    const hour = Math.floor(fill.createdAt / HOUR) - Math.floor(market.createdAt / HOUR);
    while (market.hourly.length <= hour) market.hourly.push(0);
    market.hourly[hour] = (market.hourly[hour] ?? 0) + value;
    market.volume += value;
    const day = Math.floor(fill.createdAt / DAY);
    whale.daily.set(day, (whale.daily.get(day) ?? 0) + value);
  }
  return index;
}

/** @param rebated makers of this transaction receive a rebate */
function feeOf(whale: Whale, order: Order, rebated: boolean): number {
  if (order.side !== BUY && order.side !== SELL) return 0;
  if (whale.style.makes) return rebated ? -4 : 0;
  const value = tradedValue(order);
  if (value < MILLION) return 0;
  const odds = order.price / PRICE_ONE;
  const basisPoints = Math.max(1, Math.round(400 * odds * (1 - odds)));
  return (value * basisPoints) / PRICE_ONE < MILLION / 4 ? MINIMUM_FEE : basisPoints;
}

/** Cuts an order into the fills of one transaction: mostly one, sometimes equal ones, sometimes at neighbouring prices. */
function cut(exchange: Exchange, order: Order): Order[] {
  const { random } = exchange;
  const draw = random.next();
  if (order.side > SELL || draw >= IDENTICAL_FILLS + LADDER) return [order];
  const count = random.int(2, draw < IDENTICAL_FILLS ? 4 : 3);
  const part = Math.floor(order.quantity / count);
  const profit = Math.floor(order.profit / count);
  const room = Math.min(order.price, PRICE_ONE - order.price) > 300;
  return Array.from({ length: count }, (_, step) => {
    const rise = draw < IDENTICAL_FILLS || !room ? 0 : step * 10;
    const price = order.price + (order.side === BUY ? rise : -rise);
    return { ...order, quantity: rise > 0 ? part - step : part, price, profit };
  });
}

function counterparty(exchange: Exchange, order: Order): Order | null {
  const { random, whales } = exchange;
  const maker = random.pick(whales);
  if (!maker.style.makes || maker.index === order.whale) return null;
  const price = PRICE_ONE - order.price;
  const quantity = Math.floor((order.quantity * price) / order.price);
  if (quantity < MILLION || quantity > 200_000 * MILLION) return null;
  const outcome = 1 - order.outcome;
  return { ...order, whale: maker.index, outcome, price, quantity, profit: 0 };
}

function recordAll(exchange: Exchange, orders: Order[], at: number, tx: number): void {
  const { random, whales, book } = exchange;
  const rebated = random.chance(0.3);
  const feeAsNumber = tx % 29 === 7;
  for (const order of orders) {
    const whale = whales[order.whale];
    const market = book.markets[order.market];
    if (!whale || !market) continue;
    if (order.side === BUY) {
      const position = positionOf(whale, market, order.outcome);
      position.shares += Math.floor((order.quantity * PRICE_ONE) / order.price);
      position.cost += order.quantity;
    }
    const fee = feeOf(whale, order, rebated);
    const late = random.chance(LATE_FILL) ? random.int(5, 90) : 0;
    record(exchange, { ...order, fee, createdAt: Math.floor(at), late, tx, feeAsNumber });
  }
}

/**
 * One trader acts: one transaction, or a sweep of some dozens within the same second.
 * @param whale the trader
 * @param at unix seconds
 * @param nextTx numbers the transactions
 * @param most fills to write at most
 * @returns false when the trader found nothing to trade
 */
export function trade(
  exchange: Exchange,
  whale: Whale,
  at: number,
  nextTx: () => number,
  most: number,
): boolean {
  const { random, book } = exchange;
  const order = decide(exchange, whale, at);
  const market = book.markets[order?.market ?? -1];
  if (!order || !market) return false;
  const sweeps = order.side === BUY && most > 60 && random.chance(SWEEP);
  if (sweeps) {
    const count = random.int(25, 60);
    const quantity = Math.max(MILLION, Math.floor(order.quantity / count));
    for (let step = 0; step < count; step++) {
      recordAll(exchange, [{ ...order, quantity: quantity + step }], at, nextTx());
    }
  } else {
    const fills = cut(exchange, order).slice(0, most);
    const other =
      order.side === BUY && fills.length < most && random.chance(COUNTERPARTY)
        ? counterparty(exchange, order)
        : null;
    recordAll(exchange, other ? [...fills, other] : fills, at, nextTx());
  }
  if (order.side > SELL) return true;
  const up = (order.side === BUY) === (order.outcome === 0);
  push(market, ((up ? 1 : -1) * tradedValue(order)) / MILLION);
  return true;
}

/** Closed markets: losers' positions vanish, a few of the winners will be redeemed on chain. */
export function settle(exchange: Exchange, closed: Market[]): void {
  for (const market of closed) {
    for (const whale of exchange.whales) {
      for (const side of [0, 1] as const) {
        const key = market.index * 2 + side;
        const position = whale.positions.get(key);
        if (!position) continue;
        whale.positions.delete(key);
        const wins = market.result === (side === 0 ? "yes" : "no");
        if (!wins || position.shares < MILLION || !exchange.random.chance(0.08)) continue;
        whale.redeemable.push({ market, side, shares: position.shares });
      }
    }
  }
}
