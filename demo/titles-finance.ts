/** Questions about coins, markets, the economy and companies. */

import { dateText, endOfDay, endOfMonth, hourOfDay, monthText } from "./calendar.ts";
import { levelNear, rulesText, type Template } from "./draft.ts";
import * as words from "./title-words.ts";

export const coinClose: Template = (random, at) => {
  const coin = random.pick(words.COINS);
  const cutoffAt = endOfDay(at, random.int(1, 5));
  const { text, chance } = levelNear(random, coin, 0.05);
  return {
    title: `Will ${coin.name} close above $${text} on ${dateText(cutoffAt)}?`,
    rules: rulesText(
      `This market resolves to "Yes" if the 1-minute candle of ${coin.ticker}/USDT that ends at 23:59 UTC on ${dateText(cutoffAt)} closes strictly above $${text}. Otherwise it resolves to "No".`,
      `Binance, ${coin.ticker}/USDT spot, column "Close"`,
    ),
    labels: ["Crypto", coin.ticker, "Daily"],
    cutoffAt,
    chance,
  };
};

export const coinHit: Template = (random, at) => {
  const coin = random.pick(words.COINS);
  const cutoffAt = endOfMonth(at, random.int(0, 2));
  const { text, chance } = levelNear(random, coin, 0.15);
  return {
    title: `Will ${coin.name} touch $${text} by ${dateText(cutoffAt)}?`,
    rules: rulesText(
      `This market resolves to "Yes" as soon as any 1-minute candle of ${coin.ticker}/USDT between the opening of this market and 23:59 UTC on ${dateText(cutoffAt)} has $${text} between its low and its high. Otherwise it resolves to "No" after the deadline.`,
      `Binance, ${coin.ticker}/USDT spot, 1-minute candles`,
    ),
    labels: ["Crypto", coin.ticker],
    cutoffAt,
    chance,
  };
};

export const stablecoins: Template = (random, at) => {
  const cutoffAt = endOfMonth(at, random.int(1, 4));
  const { text, chance } = levelNear(random, { level: 315, step: 5 }, 0.06);
  return {
    title: `Total stablecoin supply above $${text} billion on ${dateText(cutoffAt)}?`,
    rules: rulesText(
      `This market resolves to "Yes" if the total market capitalisation of stablecoins shown for ${dateText(cutoffAt)} exceeds $${text} billion.`,
      "DefiLlama, page Stablecoins, daily chart",
    ),
    labels: ["Crypto", "Stablecoins"],
    cutoffAt,
    chance,
  };
};

export const marketClose: Template = (random, at) => {
  const index = random.pick(words.MARKET_LEVELS);
  const cutoffAt = hourOfDay(at, random.int(2, 30), 21);
  const { text, chance } = levelNear(random, index, 0.03);
  return {
    title: `${index.name} above ${index.unit}${text}${index.per} on ${dateText(cutoffAt)}?`,
    rules: rulesText(
      `This market resolves to "Yes" if the official value of ${index.name} for ${dateText(cutoffAt)} is above ${index.unit}${text}${index.per}. When ${dateText(cutoffAt)} is not a trading day, the last trading day before it counts.`,
      index.source,
    ),
    labels: ["Economy", "Markets"],
    cutoffAt,
    chance,
  };
};

export const inflation: Template = (random, at) => {
  const economy = random.pick(words.ECONOMIES);
  const cutoffAt = hourOfDay(at, random.int(10, 40), 12);
  const { text, chance } = levelNear(random, { level: 2.8, step: 0.1 }, 0.12);
  const month = monthText(at);
  return {
    title: `${economy} inflation above ${text}% for ${month}?`,
    rules: rulesText(
      `This market resolves to "Yes" if the first release of the ${economy} consumer price index for ${month} shows an increase of more than ${text}% over twelve months, as rounded in the release.`,
      "the national statistics office's press release",
    ),
    labels: ["Economy", "Inflation"],
    cutoffAt,
    chance,
  };
};

export const rateCut: Template = (random, at) => {
  const bank = random.pick(words.CENTRAL_BANKS);
  const cutoffAt = hourOfDay(at, random.int(8, 75), 13);
  return {
    title: `${bank}: rate cut at the ${monthText(cutoffAt)} meeting?`,
    rules: rulesText(
      `This market resolves to "Yes" if the ${bank} announces a policy rate (for a range: its upper bound) below the one in force before its scheduled meeting of ${monthText(cutoffAt)}. An unscheduled decision before that meeting does not count.`,
      `the ${bank}'s monetary policy statement`,
    ),
    labels: ["Economy", "Rates"],
    cutoffAt,
    chance: random.between(0.06, 0.92),
  };
};

export const revenue: Template = (random, at) => {
  const company = random.pick(words.COMPANIES);
  const cutoffAt = hourOfDay(at, random.int(7, 60), 21);
  const { text, chance } = levelNear(random, { level: 2.4, step: 0.1 }, 0.15);
  return {
    title: `${company}: quarterly revenue above $${text} billion?`,
    rules: rulesText(
      `This market resolves to "Yes" if ${company} reports revenue of more than $${text} billion in its next quarterly report, due about ${dateText(cutoffAt)}.`,
      `the investor relations page of ${company}`,
      'If no report is published within 45 days of the date above, the market resolves to "No".',
    ),
    labels: ["Business", "Earnings"],
    cutoffAt,
    chance,
  };
};
