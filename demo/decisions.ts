import { BUY, type Fill, type FillLog, MERGE, REDEEM, SELL, SPLIT } from "./fill-log.ts";
import type { Market } from "./market.ts";
import type { MarketBook } from "./market-book.ts";
import { driftTo, PRICE_ONE, yesPrice } from "./prices.ts";
import type { Random } from "./random.ts";
import { CATEGORIES, type Position, type Whale } from "./whales.ts";

const MILLION = 1_000_000;

/** What an order decides before it is cut into fills. */
export type Order = Pick<
  Fill,
  "whale" | "market" | "side" | "outcome" | "price" | "quantity" | "profit"
>;

export type Exchange = { book: MarketBook; whales: Whale[]; log: FillLog; random: Random };

function pickMarket(exchange: Exchange, whale: Whale): Market | null {
  const { random, book } = exchange;
  const place = random.int(0, whale.style.breadth - 1);
  const known = whale.watchlist[place];
  if (known && known.result === null && !random.chance(0.01)) return known;
  for (let attempt = 0; attempt < 6; attempt++) {
    const category = random.chance(0.8) ? random.pick(whale.favourites) : random.pick(CATEGORIES);
    const open = book.open.get(category) ?? [];
    if (open.length === 0) continue;
    const first = random.pick(open);
    const second = random.pick(open);
    const market = first.popularity > second.popularity ? first : second;
    if (market.popularity === 0) continue;
    whale.watchlist[place] = market;
    return market;
  }
  const traded = [...book.open.values()].flat().filter((market) => market.popularity > 0);
  const market = traded.length > 0 ? random.pick(traded) : undefined;
  if (market) whale.watchlist[place] = market;
  return market ?? null;
}

/** Which side the trader believes in; holds for as long as market and trader exist. */
function believesYes(whale: Whale, market: Market): boolean {
  const contrarian = whale.style.name === "contrarian";
  if (whale.style.name === "sniper" || contrarian) return market.logit > 0 !== contrarian;
  return ((whale.index * 31 + market.index * 17) ^ (market.index >> 2)) % 2 === 0;
}

function dollars(exchange: Exchange, whale: Whale): number {
  const size = whale.size * Math.exp(exchange.random.normal() * whale.style.spread);
  return Math.max(50, Math.min(50_000, size));
}

/** What a trader holds of an outcome (0 yes, 1 no); an empty position is begun where there is none. */
export function positionOf(whale: Whale, market: Market, outcome: number): Position {
  const key = market.index * 2 + outcome;
  const found = whale.positions.get(key);
  if (found) return found;
  const position = { shares: 0, cost: 0 };
  whale.positions.set(key, position);
  return position;
}

function buy(exchange: Exchange, whale: Whale, market: Market): Order {
  const { random } = exchange;
  const yes = believesYes(whale, market) === random.chance(whale.style.conviction);
  const price = yes ? yesPrice(market) : PRICE_ONE - yesPrice(market);
  // Orders are entered in cents; some traders type round sums.
  const cents = random.chance(0.3)
    ? Math.max(5_000, Math.round(dollars(exchange, whale) / 50) * 5_000)
    : Math.round(dollars(exchange, whale) * 100);
  const outcome = yes ? 0 : 1;
  const quantity = cents * 10_000;
  return {
    whale: whale.index,
    market: market.index,
    side: BUY,
    outcome,
    price,
    quantity,
    profit: 0,
  };
}

function sell(exchange: Exchange, whale: Whale, market: Market): Order | null {
  const { random } = exchange;
  const outcome = (whale.positions.get(market.index * 2)?.shares ?? 0) > 0 ? 0 : 1;
  const position = positionOf(whale, market, outcome);
  if (position.shares < MILLION) return null;
  const price = outcome === 0 ? yesPrice(market) : PRICE_ONE - yesPrice(market);
  const most = Math.floor((60_000 * MILLION * PRICE_ONE) / price);
  const part = random.chance(0.4) ? 1 : random.between(0.15, 0.8);
  const quantity = Math.min(most, Math.floor(position.shares * part));
  const cost = Math.floor((position.cost * quantity) / position.shares);
  position.shares -= quantity;
  position.cost -= cost;
  const profit = Math.floor((quantity * price) / PRICE_ONE) - cost;
  return { whale: whale.index, market: market.index, side: SELL, outcome, price, quantity, profit };
}

function splitOrMerge(exchange: Exchange, whale: Whale, market: Market, side: number): Order {
  const yes = positionOf(whale, market, 0);
  const no = positionOf(whale, market, 1);
  const pairs = Math.min(yes.shares, no.shares);
  const merges = side === MERGE && pairs >= 10 * MILLION;
  const quantity = merges
    ? Math.floor(pairs / MILLION) * MILLION
    : Math.round(dollars(exchange, whale)) * MILLION;
  const change = merges ? -quantity : quantity;
  for (const position of [yes, no]) {
    position.cost += merges
      ? -Math.floor((position.cost * quantity) / position.shares)
      : Math.floor(quantity / 2);
    position.shares += change;
  }
  const kind = merges ? MERGE : SPLIT;
  const order = { whale: whale.index, market: market.index, side: kind, outcome: 0 };
  return { ...order, price: PRICE_ONE / 2, quantity, profit: Number.NaN };
}

function redeem(whale: Whale): Order | null {
  const won = whale.redeemable.pop();
  if (!won) return null;
  const order = { whale: whale.index, market: won.market.index, side: REDEEM, outcome: won.side };
  return { ...order, price: PRICE_ONE, quantity: won.shares, profit: Number.NaN };
}

/**
 * What a trader does now: mostly by habit, in a market of the watchlist.
 * @param at unix seconds
 * @returns null when nothing can be traded
 */
export function decide(exchange: Exchange, whale: Whale, at: number): Order | null {
  const won = redeem(whale);
  if (won) return won;
  const market = pickMarket(exchange, whale);
  if (!market) return null;
  driftTo(market, at, exchange.random);
  const { sell: sells, split, merge } = whale.style;
  const draw = exchange.random.next();
  if (draw < split) return splitOrMerge(exchange, whale, market, SPLIT);
  if (draw < split + merge) return splitOrMerge(exchange, whale, market, MERGE);
  const sold = draw < split + merge + sells ? sell(exchange, whale, market) : null;
  return sold ?? buy(exchange, whale, market);
}
