/** Questions about technology, culture and nature. */

import { dateText, endOfDay, endOfMonth, hourOfDay, monthText } from "./calendar.ts";
import { levelNear, rulesText, type Template } from "./draft.ts";
import * as words from "./title-words.ts";

export const benchmark: Template = (random, at) => {
  const name = random.pick(words.BENCHMARKS);
  const cutoffAt = endOfMonth(at, random.int(1, 5));
  const percent = random.int(55, 96);
  return {
    title: `Will any AI model score ${percent}% on ${name} by ${dateText(cutoffAt)}?`,
    rules: rulesText(
      `This market resolves to "Yes" if the public leaderboard of ${name} lists a score of at least ${percent}.0% for any single model by 23:59 UTC on ${dateText(cutoffAt)}. Scores that are later withdrawn for contamination do not count.`,
      `the official leaderboard of ${name}`,
    ),
    labels: ["Tech", "AI"],
    cutoffAt,
    chance: random.between(0.1, 0.85),
  };
};

export const release: Template = (random, at) => {
  const name = random.pick(words.RELEASES);
  const cutoffAt = endOfMonth(at, random.int(1, 6));
  return {
    title: `${name} released by ${dateText(cutoffAt)}?`,
    rules: rulesText(
      `This market resolves to "Yes" if a stable version of ${name} is announced as generally available by 23:59 UTC on ${dateText(cutoffAt)}. Betas and release candidates do not count.`,
      "the project's release page",
    ),
    labels: ["Tech", "Software"],
    cutoffAt,
    chance: random.between(0.1, 0.9),
  };
};

export const boxOffice: Template = (random, at) => {
  const film = random.pick(words.FILMS);
  const cutoffAt = hourOfDay(at, random.int(4, 25), 20);
  const { text, chance } = levelNear(random, { level: 62, step: 2 }, 0.25);
  return {
    title: `"${film}" opening weekend above $${text} million?`,
    rules: rulesText(
      `This market resolves to "Yes" if the domestic opening weekend (Friday to Sunday, previews included) of "${film}" grosses more than $${text} million according to the studio's actuals.`,
      "the weekend actuals of Box Office Mojo",
      'If the release is postponed by more than 30 days, the market resolves to "No".',
    ),
    labels: ["Culture", "Film"],
    cutoffAt,
    chance,
  };
};

export const earthquake: Template = (random, at) => {
  const cutoffAt = endOfDay(at, random.int(6, 28));
  const magnitude = random.pick(["6.5", "6.8", "7.0", "7.2", "7.5"]);
  return {
    title: `Magnitude ${magnitude}+ earthquake by ${dateText(cutoffAt)}?`,
    rules: rulesText(
      `This market resolves to "Yes" if an earthquake of magnitude ${magnitude} or more occurs anywhere between the opening of this market and 23:59 UTC on ${dateText(cutoffAt)}. The magnitude shown 24 hours after the event counts.`,
      "USGS earthquake catalog",
    ),
    labels: ["Science", "Earth"],
    cutoffAt,
    chance: random.between(0.1, 0.9),
  };
};

export const launches: Template = (random, at) => {
  const cutoffAt = endOfMonth(at, random.int(0, 2));
  const count = random.int(18, 34);
  return {
    title: `More than ${count} orbital launches in ${monthText(cutoffAt)}?`,
    rules: rulesText(
      `This market resolves to "Yes" if more than ${count} launch attempts intended to reach orbit take place worldwide in ${monthText(cutoffAt)} (UTC). Failures count.`,
      "the orbital launch log of Jonathan McDowell",
    ),
    labels: ["Science", "Space"],
    cutoffAt,
    chance: random.between(0.15, 0.85),
  };
};
