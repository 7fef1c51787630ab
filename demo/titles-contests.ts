/** Questions about politics and games. */

import { dateText, endOfMonth, hourOfDay, minuteText, yearOf } from "./calendar.ts";
import { rulesText, type Template } from "./draft.ts";
import * as words from "./title-words.ts";

export const coalition: Template = (random, at) => {
  const country = random.pick(words.COUNTRIES);
  const cutoffAt = endOfMonth(at, random.int(2, 6));
  return {
    title: `Will a snap election be called in ${country} before ${dateText(cutoffAt + 60)}?`,
    rules: rulesText(
      `This market resolves to "Yes" if, by ${dateText(cutoffAt)}, a national parliamentary election in ${country} is officially set for a date earlier than the regular end of the term.`,
      `the official gazette of ${country}; a consensus of credible reporting may be used`,
    ),
    labels: ["Politics", "Elections"],
    cutoffAt,
    chance: random.between(0.03, 0.35),
  };
};

export const bill: Template = (random, at) => {
  const name = random.pick(words.BILLS);
  const cutoffAt = endOfMonth(at, random.int(1, 7));
  return {
    title: `Will the EU adopt ${name} by ${dateText(cutoffAt)}?`,
    rules: rulesText(
      `This market resolves to "Yes" if both the European Parliament and the Council have formally adopted ${name} by 23:59 UTC on ${dateText(cutoffAt)}. A provisional agreement alone does not count.`,
      "the Legislative Observatory of the European Parliament",
    ),
    labels: ["Politics", "EU"],
    cutoffAt,
    chance: random.between(0.08, 0.8),
  };
};

export const turnout: Template = (random, at) => {
  const country = random.pick(words.COUNTRIES);
  const cutoffAt = hourOfDay(at, random.int(12, 80), 18);
  const percent = random.int(41, 78);
  return {
    title: `Turnout above ${percent}% in the next local elections of ${country}?`,
    rules: rulesText(
      `This market resolves to "Yes" if the national turnout of the local elections in ${country}, as first published by the electoral authority, exceeds ${percent}.00%.`,
      `the electoral authority of ${country}`,
      'If the elections are not held within the year, the market resolves to "No".',
    ),
    labels: ["Politics", "Elections", "Turnout"],
    cutoffAt,
    chance: random.between(0.15, 0.85),
  };
};

function initials(name: string): string {
  const letters = name.split(/[^A-Za-z]+/).filter(Boolean);
  return letters.length > 1
    ? letters.map((part) => part[0]?.toUpperCase()).join("")
    : name.slice(0, 3).toUpperCase();
}

export const match: Template = (random, at) => {
  const [home = "", away = ""] = random.sample(words.CLUBS, 2);
  const league = random.pick(words.LEAGUES);
  const cutoffAt = hourOfDay(at, random.int(1, 6), random.int(14, 21));
  return {
    title: `${home} vs ${away}: ${league.name}, ${dateText(cutoffAt)}`,
    rules: rulesText(
      `In the ${league.name} game scheduled for ${minuteText(cutoffAt)}: if ${home} win, this market resolves to "${home}"; if ${away} win, it resolves to "${away}". Extra time and penalties count.`,
      `the official result list of the ${league.name}`,
      "If the game ends in a tie, is cancelled, or is delayed by more than 7 days, the market resolves 50-50.",
    ),
    labels: ["Sports", league.name],
    cutoffAt,
    chance: random.between(0.2, 0.8),
    sides: { yes: home, no: away, yesShort: initials(home), noShort: initials(away) },
  };
};

export const totals: Template = (random, at) => {
  const [home = "", away = ""] = random.sample(words.CLUBS, 2);
  const cutoffAt = hourOfDay(at, random.int(1, 6), random.int(14, 21));
  const goals = random.pick(["1.5", "2.5", "3.5"]);
  return {
    title: `Over ${goals} goals: ${home} vs ${away}, ${dateText(cutoffAt)}?`,
    rules: rulesText(
      `This market resolves to "Over" if ${home} and ${away} together score more than ${goals} goals in the game scheduled for ${minuteText(cutoffAt)}, in regular time plus stoppage time.`,
      "the official match report",
      "If the game is not completed within 7 days of its date, the market resolves 50-50.",
    ),
    labels: ["Sports", "Totals"],
    cutoffAt,
    chance: random.between(0.25, 0.75),
    sides: { yes: "Over", no: "Under", yesShort: "O", noShort: "U" },
  };
};

export const series: Template = (random, at) => {
  const [home = "", away = ""] = random.sample(words.ESPORTS_TEAMS, 2);
  const { game, event } = random.pick(words.ESPORTS_EVENTS);
  const cutoffAt = hourOfDay(at, random.int(1, 5), random.int(8, 20));
  return {
    title: `${home} vs ${away} (${event} ${yearOf(cutoffAt)}, ${dateText(cutoffAt)})`,
    rules: rulesText(
      `In the ${event} best-of-series match scheduled for ${minuteText(cutoffAt)}: if ${home} win the series, this market resolves to "${home}"; if ${away} win it, to "${away}". The winner is the first team to win a majority of the games. Games that are replayed for technical reasons count once.`,
      `the official ${event} broadcast`,
      "If the match is cancelled or delayed by more than 7 days, the market resolves 50-50. A forfeit after the start counts as a loss.",
    ),
    labels: ["Esports", game, event],
    cutoffAt,
    chance: random.between(0.15, 0.85),
    sides: { yes: home, no: away, yesShort: initials(home), noShort: initials(away) },
  };
};
