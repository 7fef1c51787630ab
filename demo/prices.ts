import { HOUR } from "./calendar.ts";
import type { Market, Topic } from "./market.ts";
import type { Random } from "./random.ts";

/** Prices are whole ten-thousandths of the quote token. */
export const PRICE_ONE = 10_000;

const MEAN_REVERSION_HOURS = 30;
const LOGIT_LIMIT = 5;

/** Lets the log odds wander for the time since they last moved. */
export function driftTo(market: Market, at: number, random: Random): void {
  const hours = Math.max(0, at - market.movedAt) / HOUR;
  if (hours === 0) return;
  market.movedAt = at;
  const step = Math.sqrt(Math.min(hours, 48)) * market.volatility;
  market.anchor += random.normal() * step;
  market.logit += random.normal() * step;
  market.logit += (market.anchor - market.logit) * (1 - Math.exp(-hours / MEAN_REVERSION_HOURS));
  bound(market);
}

/** An order moves the price: dollars on yes (or out of no) up, the others down. */
export function push(market: Market, dollarsOnYes: number): void {
  market.logit += Math.max(-0.4, Math.min(0.4, dollarsOnYes / market.depth));
  bound(market);
  if (market.topic.draft.exclusive) balance(market.topic);
}

/** Of outcomes that exclude each other the probabilities return to a sum of one. */
function balance(topic: Topic): void {
  let sum = 0;
  let slope = 0;
  for (const { logit, result } of topic.markets) {
    if (result !== null) continue;
    const probability = 1 / (1 + Math.exp(-logit));
    sum += probability;
    slope += probability * (1 - probability);
  }
  const shift = Math.max(-0.5, Math.min(0.5, (1 - sum) / Math.max(slope, 0.02)));
  for (const market of topic.markets) {
    if (market.result !== null) continue;
    market.logit += shift;
    market.anchor += shift;
    bound(market);
  }
}

function bound(market: Market): void {
  market.anchor = Math.max(-LOGIT_LIMIT, Math.min(LOGIT_LIMIT, market.anchor));
  market.logit = Math.max(-LOGIT_LIMIT, Math.min(LOGIT_LIMIT, market.logit));
}

/** Yes price in ten-thousandths: steps of 0.001, finer only near 0 and 1. */
export function yesPrice(market: Market): number {
  const price = PRICE_ONE / (1 + Math.exp(-market.logit));
  const step = price < 300 || price > PRICE_ONE - 300 ? 1 : 10;
  return Math.max(1, Math.min(PRICE_ONE - 1, Math.round(price / step) * step));
}
