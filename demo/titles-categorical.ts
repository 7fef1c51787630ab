/** Questions with several outcomes. */

import { dateText, endOfDay, endOfMonth, hourOfDay, monthText, yearOf } from "./calendar.ts";
import { type DraftChild, rulesText, type Template } from "./draft.ts";
import type { Random } from "./random.ts";
import * as words from "./title-words.ts";

/** Chances of outcomes that exclude each other: random weights, sorted by nothing, adding up to one. */
function shares(random: Random, titles: readonly string[]): DraftChild[] {
  const weights = titles.map(() => random.between(0.05, 1) ** 3 + 0.01);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return titles.map((title, index) => ({ title, chance: (weights[index] ?? 0) / sum }));
}

export const coinLevels: Template = (random, at) => {
  const coin = random.pick(words.COINS.slice(0, 4));
  const cutoffAt = endOfMonth(at, random.int(0, 1));
  const levels = [-0.3, -0.2, -0.1, 0.1, 0.2, 0.35].map((distance) => {
    const level = Math.round((coin.level * (1 + distance)) / coin.step) * coin.step;
    const chance = Math.min(0.95, Math.exp(-Math.abs(distance + random.normal() * 0.05) * 7));
    return { title: `${distance > 0 ? "↑" : "↓"} ${level.toLocaleString("en-US")}`, chance };
  });
  return {
    title: `What price will ${coin.name} hit in ${monthText(cutoffAt)}?`,
    rules: rulesText(
      `Each outcome resolves to "Yes" as soon as a 1-minute candle of ${coin.ticker}/USDT in ${monthText(cutoffAt)} reaches its level: at or above it for ↑, at or below it for ↓. Levels that are not reached by 23:59 UTC on ${dateText(cutoffAt)} resolve to "No".`,
      `Binance, ${coin.ticker}/USDT spot, 1-minute candles`,
    ),
    labels: ["Crypto", coin.ticker, "Monthly"],
    cutoffAt,
    chance: 0.5,
    children: levels,
    exclusive: false,
  };
};

export const rateDecision: Template = (random, at) => {
  const bank = random.pick(words.CENTRAL_BANKS);
  const cutoffAt = hourOfDay(at, random.int(8, 70), 13);
  return {
    title: `${bank} decision in ${monthText(cutoffAt)}?`,
    rules: rulesText(
      `Exactly one outcome resolves to "Yes": the one that names the change of the policy rate (for a range: of its upper bound) decided at the scheduled meeting of ${monthText(cutoffAt)}. Changes between two listed steps are rounded away from zero.`,
      `the ${bank}'s monetary policy statement`,
      'If the meeting is postponed beyond the month, the outcome "No change" resolves to yes.',
    ),
    labels: ["Economy", "Rates"],
    cutoffAt,
    chance: 0.5,
    children: shares(random, ["50+ bps cut", "25 bps cut", "No change", "25+ bps hike"]),
    exclusive: true,
  };
};

export const cupWinner: Template = (random, at) => {
  const league = random.pick(words.LEAGUES);
  const cutoffAt = hourOfDay(at, random.int(20, 120), 19);
  return {
    title: `${league.name} ${yearOf(cutoffAt)} winner?`,
    rules: rulesText(
      `The outcome of the club that is declared champion of the ${league.name} ${yearOf(cutoffAt)} resolves to "Yes", all others to "No". A club that can no longer win is resolved to "No" as soon as that is certain.`,
      `the official table of the ${league.name}`,
      'If no champion is declared within 60 days of the final\'s date, all outcomes resolve to "No".',
    ),
    labels: ["Sports", league.name],
    cutoffAt,
    chance: 0.5,
    children: shares(random, random.sample(words.CLUBS, random.int(5, 8))),
    exclusive: true,
  };
};

export const eventWinner: Template = (random, at) => {
  const { game, event } = random.pick(words.ESPORTS_EVENTS);
  const cutoffAt = hourOfDay(at, random.int(4, 25), 17);
  return {
    title: `Who wins the ${event} (${dateText(cutoffAt)})?`,
    rules: rulesText(
      `The outcome of the team that wins the grand final of the ${event} resolves to "Yes", all others to "No". Teams that are eliminated earlier are resolved early.`,
      `the official ${event} broadcast`,
      'If the event is cancelled, all outcomes resolve to "No".',
    ),
    labels: ["Esports", game, event],
    cutoffAt,
    chance: 0.5,
    children: shares(random, random.sample(words.ESPORTS_TEAMS, random.int(4, 8))),
    exclusive: true,
  };
};

export const bestModel: Template = (random, at) => {
  const cutoffAt = endOfMonth(at, random.int(0, 3));
  return {
    title: `Which company has the best AI model at the end of ${monthText(cutoffAt)}?`,
    rules: rulesText(
      `The outcome of the company whose model holds the highest score of the text leaderboard, style control on, at 12:00 UTC on ${dateText(cutoffAt)} resolves to "Yes". Of equal scores the one with more votes counts.`,
      "the LMArena text leaderboard",
      'If the leaderboard is unavailable for 14 days after the date, all outcomes resolve to "No".',
    ),
    labels: ["Tech", "AI"],
    cutoffAt,
    chance: 0.5,
    children: shares(random, random.sample(words.MODEL_MAKERS, random.int(4, 7))),
    exclusive: true,
  };
};

export const topFilm: Template = (random, at) => {
  const cutoffAt = hourOfDay(at, random.int(4, 18), 20);
  return {
    title: `Highest-grossing film of the weekend before ${dateText(cutoffAt)}?`,
    rules: rulesText(
      `The outcome of the film with the highest domestic gross from Friday to Sunday before ${dateText(cutoffAt)} resolves to "Yes", all others to "No".`,
      "the weekend actuals of Box Office Mojo",
      'If a film that is not listed leads the weekend, all outcomes resolve to "No".',
    ),
    labels: ["Culture", "Film"],
    cutoffAt,
    chance: 0.5,
    children: shares(random, random.sample(words.FILMS, random.int(4, 6))),
    exclusive: true,
  };
};

export const acquisitions: Template = (random, at) => {
  const cutoffAt = endOfMonth(at, random.int(3, 9));
  return {
    title: `Which companies will be acquired before ${dateText(cutoffAt + 60)}?`,
    rules: rulesText(
      `An outcome resolves to "Yes" if a definitive agreement to acquire more than 50% of the company named is announced before ${dateText(cutoffAt + 60)}. The deal need not be completed.`,
      "the companies' own announcements; a consensus of credible reporting may be used",
    ),
    labels: ["Business", "M&A"],
    cutoffAt,
    chance: 0.5,
    children: random.sample(words.COMPANIES, random.int(4, 7)).map((title) => ({
      title,
      chance: random.between(0.02, 0.4),
    })),
    exclusive: false,
  };
};

export const anomaly: Template = (random, at) => {
  const cutoffAt = endOfDay(at, random.int(12, 45));
  const titles = [
    "Below 1.15 °C",
    "1.15–1.24 °C",
    "1.25–1.34 °C",
    "1.35–1.44 °C",
    "1.45 °C or more",
  ];
  return {
    title: `Global temperature anomaly in ${monthText(at)}?`,
    rules: rulesText(
      `Exactly one outcome resolves to "Yes": the range that holds the land-ocean temperature anomaly for ${monthText(at)}, as first published before ${dateText(cutoffAt)}.`,
      "NASA GISTEMP v4, global mean",
    ),
    labels: ["Science", "Climate"],
    cutoffAt,
    chance: 0.5,
    children: shares(random, titles),
    exclusive: true,
  };
};

export const seats: Template = (random, at) => {
  const country = random.pick(words.COUNTRIES);
  const cutoffAt = hourOfDay(at, random.int(20, 140), 18);
  return {
    title: `Which bloc wins most seats in the next regional elections of ${country}?`,
    rules: rulesText(
      `The outcome of the political family whose lists win most seats over all regions, as first published by the electoral authority, resolves to "Yes". Of equal seat counts the one with more votes counts.`,
      `the electoral authority of ${country}`,
      'If the elections are not held within the year, all outcomes resolve to "No".',
    ),
    labels: ["Politics", "Elections"],
    cutoffAt,
    chance: 0.5,
    children: shares(random, [
      "Social democrats",
      "Christian democrats",
      "Liberals",
      "Greens",
      "Conservatives",
    ]),
    exclusive: true,
  };
};
