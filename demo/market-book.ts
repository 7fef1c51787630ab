import { DAY, HOUR } from "./calendar.ts";
import type { Draft } from "./draft.ts";
import { logitOf, type Market, probability, slugOf, type Topic } from "./market.ts";
import { hexOf, type Random, seedWords } from "./random.ts";
import { draftBinary, draftCategorical, draftLateChild } from "./titles.ts";

type BookEvent = { at: number } & (
  | { kind: "birth" }
  | { kind: "activate" | "knock-out"; market: Market }
  | { kind: "late-child" | "close"; topic: Topic }
);

export type MarketBook = {
  topics: Topic[];
  markets: Market[];
  marketOfId: Map<number, Market>;
  parentOfId: Map<number, Topic>;
  marketOfToken: Map<string, Market>;
  /** Markets open for trading, by category (first label). */
  open: Map<string, Market[]>;
  /** Unix seconds of the next thing that happens by itself; Infinity = nothing. */
  nextEventAt(): number;
  /** Lets it happen and returns the markets it closed. */
  runEvent(): Market[];
};

const LABEL_ID_BASE = 100_000;
/** Parents count from here; so do the oldest markets, so that numbers collide as they do on the venue. */
const FIRST_PARENT_ID = 1_200;
const FIRST_MARKET_ID = 26_000;

type State = {
  random: Random;
  words: Uint32Array;
  /** Soonest first. */
  events: BookEvent[];
  labels: Map<string, number>;
  slugs: Set<string>;
  nextParentId: number;
  nextOldId: number;
  nextId: number;
  book: MarketBook;
};

/**
 * The venue's catalog: `size` topics at any time, about one in five of them categorical; a closed topic is replaced within hours.
 * Everything that happens is drawn from `random` in the order of time.
 * @param options.startsAt unix seconds of the first moment
 */
export function createMarketBook(options: {
  seed: string;
  random: Random;
  startsAt: number;
  size: number;
}): MarketBook {
  const { seed, random, startsAt, size } = options;
  const events: BookEvent[] = [];
  const book: MarketBook = {
    topics: [],
    markets: [],
    marketOfId: new Map(),
    parentOfId: new Map(),
    marketOfToken: new Map(),
    open: new Map(),
    nextEventAt: () => events[0]?.at ?? Number.POSITIVE_INFINITY,
    runEvent: () => runEvent(state),
  };
  const state: State = {
    random,
    words: seedWords(`${seed}/tokens`),
    events,
    labels: new Map(),
    slugs: new Set(),
    nextParentId: FIRST_PARENT_ID,
    nextOldId: FIRST_PARENT_ID,
    nextId: FIRST_MARKET_ID,
    book,
  };
  for (let count = 0; count < size; count++) {
    const at = startsAt - random.int(HOUR, 45 * DAY);
    addTopic(state, draftFresh(state, at, startsAt + HOUR), at, count < size / 4);
  }
  return book;
}

function schedule(state: State, event: BookEvent): void {
  let low = 0;
  let high = state.events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((state.events[middle]?.at ?? 0) <= event.at) low = middle + 1;
    else high = middle;
  }
  state.events.splice(low, 0, event);
}

function labelIdOf(state: State, label: string): number {
  const id = state.labels.get(label) ?? LABEL_ID_BASE + state.labels.size + 1;
  state.labels.set(label, id);
  return id;
}

function takeMarketId(state: State, old: boolean): number {
  if (old) return state.nextOldId++;
  state.nextId += state.random.int(1, 3);
  return state.nextId;
}

function addMarket(
  state: State,
  topic: Topic,
  title: string,
  chance: number,
  at: number,
  id: number,
): Market {
  const index = state.book.markets.length;
  const hex = (part: number): string => hexOf(state.words, index * 4 + part);
  const activatedAt = at + state.random.int(60, 1200);
  const market: Market = {
    index,
    id,
    topic,
    title,
    slug: topic.parentId === null ? topic.slug : `${topic.slug}-${slugOf(title)}`,
    yesTokenId: BigInt(`0x${hex(0)}`).toString(),
    noTokenId: BigInt(`0x${hex(1)}`).toString(),
    conditionId: hex(2),
    questionId: hex(3),
    createdAt: at,
    activatedAt,
    cutoffAt: topic.parentId !== null && state.random.chance(0.5) ? 0 : topic.draft.cutoffAt,
    closesAt: topic.draft.cutoffAt,
    resolvedAt: Number.POSITIVE_INFINITY,
    hidesResolvedAt: state.random.chance(0.1),
    result: null,
    logit: logitOf(chance),
    anchor: logitOf(chance),
    movedAt: at,
    volatility: state.random.between(0.02, 0.09),
    depth: 40_000 * Math.exp(state.random.normal() * 0.7),
    popularity: state.random.chance(0.05) && index > 2 ? 0 : Math.exp(state.random.normal()),
    fills: [],
    volume: 0,
    hourly: [],
  };
  topic.markets.push(market);
  state.book.markets.push(market);
  state.book.marketOfId.set(id, market);
  state.book.marketOfToken.set(market.yesTokenId, market);
  state.book.marketOfToken.set(market.noTokenId, market);
  schedule(state, { at: activatedAt, kind: "activate", market });
  return market;
}

function addTopic(state: State, draft: Draft, at: number, old: boolean): void {
  const topic: Topic = {
    parentId: draft.children ? state.nextParentId++ : null,
    draft,
    slug: slugOf(draft.title),
    labelIds: draft.labels.map((label) => labelIdOf(state, label)),
    createdAt: at,
    markets: [],
    alwaysCreated: state.random.chance(0.7),
    resolvableByAi: state.random.chance(0.3),
  };
  state.slugs.add(topic.slug);
  state.book.topics.push(topic);
  if (topic.parentId !== null) state.book.parentOfId.set(topic.parentId, topic);
  for (const { title, chance } of draft.children ?? [draft]) {
    const market = addMarket(
      state,
      topic,
      title,
      chance,
      at,
      takeMarketId(state, old && !draft.children),
    );
    if (draft.children && state.random.chance(0.3)) {
      const knockOutAt = Math.floor(state.random.between(at + 2 * HOUR, draft.cutoffAt));
      schedule(state, { at: knockOutAt, kind: "knock-out", market });
    }
  }
  if (draft.children && state.random.chance(0.4)) {
    const lateChildAt = Math.floor(state.random.between(at + 4 * HOUR, draft.cutoffAt - DAY));
    if (lateChildAt > at) schedule(state, { at: lateChildAt, kind: "late-child", topic });
  }
  schedule(state, { at: draft.cutoffAt, kind: "close", topic });
}

const MOST_DRAFTS = 200;

/** A question that is still open at `stillOpenAt` and not asked yet: two equal ones would share their address. */
function draftFresh(state: State, at: number, stillOpenAt: number): Draft {
  const count = state.book.topics.length;
  const write = count % 5 === 1 ? draftCategorical : draftBinary;
  for (let attempt = 0; ; attempt++) {
    const draft = write(state.random, at);
    if (draft.cutoffAt <= stillOpenAt) continue;
    if (!state.slugs.has(slugOf(draft.title))) return draft;
    if (attempt > MOST_DRAFTS) return { ...draft, title: `${draft.title} (${count})` };
  }
}

function close(state: State, market: Market, at: number, result: "yes" | "no" | "void"): void {
  market.closesAt = at;
  market.result = result;
  market.resolvedAt = at + state.random.int(HOUR, 20 * HOUR);
  const list = state.book.open.get(market.topic.draft.labels[0] ?? "");
  const place = list?.indexOf(market) ?? -1;
  if (place >= 0) list?.splice(place, 1);
}

function closeTopic(state: State, topic: Topic, at: number): Market[] {
  const open = topic.markets.filter((market) => market.result === null);
  const decided = topic.markets.some((market) => market.result === "yes");
  let point = state.random.next() * open.reduce((sum, market) => sum + probability(market), 0);
  const failed = state.random.chance(0.03);
  for (const market of open) {
    const weight = probability(market);
    const wins = topic.draft.exclusive
      ? !decided && point >= 0 && point < weight
      : state.random.chance(weight);
    point -= weight;
    close(state, market, at, failed ? "void" : wins ? "yes" : "no");
  }
  schedule(state, { at: at + state.random.int(HOUR / 4, 8 * HOUR), kind: "birth" });
  return open;
}

function knockOut(state: State, market: Market, at: number): Market[] {
  const others = market.topic.markets.filter((other) => other.result === null);
  if (market.result !== null || others.length < 3) return [];
  const weight = probability(market);
  const wins = !market.topic.draft.exclusive && state.random.chance(weight);
  if (!wins && weight > 0.25) return [];
  close(state, market, at, wins ? "yes" : "no");
  return [market];
}

function addLateChild(state: State, topic: Topic, at: number): void {
  const child = draftLateChild(state.random, topic.draft);
  if (!child || topic.markets.every((market) => market.result !== null)) return;
  topic.draft.children?.push(child);
  addMarket(state, topic, child.title, child.chance, at, takeMarketId(state, false));
}

function activate(state: State, market: Market): void {
  if (market.result !== null) return;
  const category = market.topic.draft.labels[0] ?? "";
  const list = state.book.open.get(category);
  if (list) list.push(market);
  else state.book.open.set(category, [market]);
}

function runEvent(state: State): Market[] {
  const event = state.events.shift();
  if (event?.kind === "birth") {
    addTopic(state, draftFresh(state, event.at, event.at), event.at, false);
  }
  if (event?.kind === "activate") activate(state, event.market);
  if (event?.kind === "late-child") addLateChild(state, event.topic, event.at);
  if (event?.kind === "knock-out") return knockOut(state, event.market, event.at);
  if (event?.kind === "close") return closeTopic(state, event.topic, event.at);
  return [];
}
