import { HOUR } from "./calendar.ts";
import type { Draft, DraftChild, Template } from "./draft.ts";
import type { Random } from "./random.ts";
import * as words from "./title-words.ts";
import * as categorical from "./titles-categorical.ts";
import * as contests from "./titles-contests.ts";
import * as finance from "./titles-finance.ts";
import * as progress from "./titles-progress.ts";

const BINARY: readonly Template[] = [
  finance.coinClose,
  finance.coinClose,
  finance.coinHit,
  finance.coinHit,
  finance.stablecoins,
  finance.marketClose,
  finance.marketClose,
  finance.inflation,
  finance.rateCut,
  finance.rateCut,
  contests.coalition,
  contests.bill,
  contests.turnout,
  contests.match,
  contests.match,
  contests.totals,
  contests.series,
  contests.series,
  progress.benchmark,
  progress.benchmark,
  progress.release,
  finance.revenue,
  progress.boxOffice,
  progress.earthquake,
  progress.launches,
];

/** A yes/no question asked at `at` (unix seconds); it closes at least an hour later. */
export function draftBinary(random: Random, at: number): Draft {
  const draft = random.pick(BINARY)(random, at);
  return draft.cutoffAt >= at + HOUR ? draft : draftBinary(random, at);
}

const CATEGORICAL: readonly Template[] = [
  categorical.coinLevels,
  categorical.coinLevels,
  categorical.rateDecision,
  categorical.cupWinner,
  categorical.eventWinner,
  categorical.bestModel,
  categorical.topFilm,
  categorical.acquisitions,
  categorical.anomaly,
  categorical.seats,
];

/** A question with several outcomes asked at `at` (unix seconds); it closes at least an hour later. */
export function draftCategorical(random: Random, at: number): Draft {
  const draft = random.pick(CATEGORICAL)(random, at);
  return draft.cutoffAt >= at + HOUR ? draft : draftCategorical(random, at);
}

/** An outcome that joins a categorical later on; null where the question's outcomes are fixed. */
export function draftLateChild(random: Random, parent: Draft): DraftChild | null {
  const known = new Set(parent.children?.map((child) => child.title));
  const pool = parent.labels.includes("AI")
    ? words.MODEL_MAKERS
    : parent.labels.includes("M&A")
      ? words.COMPANIES
      : parent.labels[0] === "Esports"
        ? words.ESPORTS_TEAMS
        : [];
  const fresh = pool.filter((title) => !known.has(title));
  return fresh.length > 0
    ? { title: random.pick(fresh), chance: random.between(0.02, 0.12) }
    : null;
}
