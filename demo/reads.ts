import { DAY, HOUR } from "./calendar.ts";
import { type Fill, type FillLog, SELL, tradedValue } from "./fill-log.ts";
import type { Market, Topic } from "./market.ts";
import type { Whale } from "./whales.ts";
import type { World } from "./world.ts";

/** The longest a fill stays hidden, in seconds. */
const LONGEST_DELAY = 90;

/**
 * A wallet's fills as the venue shows them at a moment: newest first, of equal seconds the later fill first.
 * @param list indices into the log in its order
 * @param at unix seconds
 */
export function newestFirst(
  log: FillLog,
  list: readonly number[],
  at: number,
  offset: number,
  limit: number,
): { total: number; indices: number[] } {
  const recent: number[] = [];
  let settled = list.length;
  for (; settled > 0; settled--) {
    const index = list[settled - 1] ?? 0;
    if (log.createdAt(index) + LONGEST_DELAY <= at) break;
    if (log.visible(index, at)) recent.push(index);
  }
  const total = recent.length + settled;
  const indices: number[] = [];
  for (let place = offset; place < Math.min(total, offset + limit); place++) {
    const index =
      place < recent.length ? recent[place] : list[settled - 1 - (place - recent.length)];
    if (index !== undefined) indices.push(index);
  }
  return { total, indices };
}

/** The last buy or sell in a market at a moment; null = never traded. */
export function lastTrade(world: World, market: Market, at: number): Fill | null {
  for (let place = market.fills.length - 1; place >= 0; place--) {
    const index = market.fills[place] ?? 0;
    if (world.log.side(index) <= SELL && world.log.createdAt(index) <= at) {
      return world.log.get(index);
    }
  }
  return null;
}

export const STATUS_NAMES = [
  "",
  "Created",
  "Activated",
  "Resolving",
  "Resolved",
  "Failed",
  "Deleted",
] as const;

/** 1 Created, 2 Activated, 3 Resolving, 4 Resolved, 5 Failed */
export function marketStatus(market: Market, at: number): number {
  if (at < market.activatedAt && at < market.closesAt) return 1;
  if (at < market.closesAt) return 2;
  if (at < market.resolvedAt) return 3;
  return market.result === "void" ? 5 : 4;
}

/** What the children amount to: activated while one of them is, resolved when all are. */
function trueStatus(topic: Topic, at: number): number {
  const statuses = topic.markets
    .filter((market) => market.createdAt <= at)
    .map((market) => marketStatus(market, at));
  return statuses.includes(2) ? 2 : Math.min(...statuses);
}

/** What the venue states: for many parents "Created", whatever their children do. */
export function statedStatus(topic: Topic, at: number): number {
  return topic.parentId !== null && topic.alwaysCreated ? 1 : trueStatus(topic, at);
}

export type MarketQuery = {
  status: "activated" | "resolved" | null;
  /** 0 binary, 1 categorical, 2 both */
  marketType: 0 | 1 | 2;
  /** 1 newest, 2 ending soon, 3/4 volume, 5/6 volume of 24 hours, 7/8 of 7 days (descending/ascending) */
  sortBy: number;
};

/** The catalog at a moment (unix seconds), filtered and sorted. */
export function listTopics(world: World, query: MarketQuery, at: number): Topic[] {
  const wanted = query.status === "activated" ? 2 : query.status === "resolved" ? 4 : 0;
  const topics = world.book.topics.filter(
    (topic) =>
      topic.createdAt <= at &&
      (query.marketType === 2 || (topic.parentId === null) === (query.marketType === 0)) &&
      (wanted === 0 || trueStatus(topic, at) === wanted),
  );
  const keys = new Map(topics.map((topic) => [topic, sortKey(world, topic, query.sortBy, at)]));
  return topics.sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
}

function sortKey(world: World, topic: Topic, sortBy: number, at: number): number {
  if (sortBy === 2) return topic.draft.cutoffAt;
  if (sortBy < 3) return -topic.createdAt;
  const seconds = sortBy < 5 ? null : sortBy < 7 ? DAY : 7 * DAY;
  const volume = topicVolume(world, topic, at, seconds);
  return sortBy % 2 === 1 ? -volume : volume;
}

/** Millionths of a dollar traded in a topic up to `at`, in all (null) or in whole hours of the last `seconds`. */
export function topicVolume(
  world: World,
  topic: Topic,
  at: number,
  seconds: number | null,
): number {
  return topic.markets.reduce((sum, market) => sum + marketVolume(world, market, at, seconds), 0);
}

/** As `topicVolume`, of one market. */
export function marketVolume(
  world: World,
  market: Market,
  at: number,
  seconds: number | null,
): number {
  let volume = market.volume;
  if (seconds !== null) {
    const first = Math.floor((at - seconds) / HOUR) + 1 - Math.floor(market.createdAt / HOUR);
    volume = market.hourly.slice(Math.max(0, first)).reduce((sum, value) => sum + value, 0);
  }
  for (let place = market.fills.length - 1; place >= 0; place--) {
    const fill = world.log.get(market.fills[place] ?? 0);
    if (fill.createdAt <= at) break;
    if (fill.side <= SELL) volume -= tradedValue(fill);
  }
  return volume;
}

/**
 * The traders by what they traded, most first.
 * @param days 0 = all time; otherwise today (UTC) and the days before it
 * @returns each with millionths of a dollar
 */
export function rankWhales(
  world: World,
  at: number,
  days: number,
): { whale: Whale; volume: number }[] {
  const today = Math.floor(at / DAY);
  const first = days === 0 ? 0 : today - days + 1;
  return world.whales
    .map((whale) => {
      let volume = 0;
      for (const [day, value] of whale.daily) if (day >= first && day <= today) volume += value;
      return { whale, volume };
    })
    .sort((a, b) => b.volume - a.volume || a.whale.index - b.whale.index);
}
