import type { Draft } from "./draft.ts";

/** Something that can be traded: a binary question or one outcome of a categorical. Times are unix seconds. */
export type Market = {
  /** Place in `MarketBook.markets`. */
  index: number;
  id: number;
  topic: Topic;
  title: string;
  slug: string;
  yesTokenId: string;
  noTokenId: string;
  conditionId: string;
  questionId: string;
  createdAt: number;
  activatedAt: number;
  /** As stated by the venue; 0 = see the parent. */
  cutoffAt: number;
  /** Trading ends; known in advance unless the market is decided early. */
  closesAt: number;
  /** Infinity until the market is closed. */
  resolvedAt: number;
  /** Some resolved markets never state when they were resolved. */
  hidesResolvedAt: boolean;
  /** "void" = failed: neither side wins. */
  result: "yes" | "no" | "void" | null;
  /** Log odds of yes, what they return to, and when they last moved. */
  logit: number;
  anchor: number;
  movedAt: number;
  /** Standard deviation of the log odds after one hour without orders. */
  volatility: number;
  /** Dollars that move the log odds by one. */
  depth: number;
  /** 0 = nobody ever trades here. */
  popularity: number;
  /** Indices into the fill log, in its order. */
  fills: number[];
  /** Millionths of a dollar traded in all. */
  volume: number;
  /** The same per hour, from the hour of `createdAt` on. */
  hourly: number[];
};

/** What the venue lists: a binary question with its one market, or a categorical parent with one market per outcome. */
export type Topic = {
  /** Only of categoricals; a binary goes by its market's id. */
  parentId: number | null;
  draft: Draft;
  slug: string;
  labelIds: number[];
  createdAt: number;
  markets: Market[];
  /** Parents that say "Created" whatever their children do. */
  alwaysCreated: boolean;
  resolvableByAi: boolean;
};

/** Probability of yes, 0 to 1. */
export function probability(market: Market): number {
  return 1 / (1 + Math.exp(-market.logit));
}

/** The title as part of an address: lower case, hyphens. */
export function slugOf(title: string): string {
  return title
    .normalize("NFKD")
    .replace(/↑/g, "above")
    .replace(/↓/g, "below")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

/** Log odds of a probability, kept away from 0 and 1. */
export const logitOf = (probability: number): number => {
  const bounded = Math.min(0.97, Math.max(0.015, probability));
  return Math.log(bounded / (1 - bounded));
};
