import type { Market } from "./market.ts";
import { hexOf, type Random, seedWords } from "./random.ts";

/** How a trader trades; probabilities are per transaction and add up to at most 1 (the rest is buying). */
type Style = {
  name: "market maker" | "accumulator" | "sniper" | "swing" | "scalper" | "contrarian";
  sell: number;
  split: number;
  merge: number;
  /** Median size in dollars, and the spread of its logarithm. */
  size: number;
  spread: number;
  /** How often this trader trades, relative to the others. */
  pace: number;
  /** Markets followed at a time. */
  breadth: number;
  /** Chance that a buy goes to the side the trader believes in. */
  conviction: number;
  /** Pays no fee but now and then receives one. */
  makes: boolean;
};

const STYLES: readonly Style[] = [
  {
    name: "market maker",
    sell: 0.34,
    split: 0.06,
    merge: 0.05,
    size: 420,
    spread: 0.8,
    pace: 5,
    breadth: 40,
    conviction: 0.5,
    makes: true,
  },
  {
    name: "accumulator",
    sell: 0.05,
    split: 0,
    merge: 0,
    size: 900,
    spread: 0.7,
    pace: 1.6,
    breadth: 5,
    conviction: 0.96,
    makes: false,
  },
  {
    name: "sniper",
    sell: 0.12,
    split: 0,
    merge: 0,
    size: 9_000,
    spread: 0.9,
    pace: 0.25,
    breadth: 12,
    conviction: 0.9,
    makes: false,
  },
  {
    name: "swing",
    sell: 0.45,
    split: 0,
    merge: 0.02,
    size: 1_600,
    spread: 0.9,
    pace: 1,
    breadth: 9,
    conviction: 0.75,
    makes: false,
  },
  {
    name: "scalper",
    sell: 0.49,
    split: 0,
    merge: 0,
    size: 140,
    spread: 0.6,
    pace: 3,
    breadth: 6,
    conviction: 0.55,
    makes: false,
  },
  {
    name: "contrarian",
    sell: 0.25,
    split: 0.01,
    merge: 0.01,
    size: 2_400,
    spread: 1,
    pace: 0.6,
    breadth: 10,
    conviction: 0.15,
    makes: false,
  },
];

export const CATEGORIES = [
  "Crypto",
  "Economy",
  "Politics",
  "Sports",
  "Esports",
  "Tech",
  "Business",
  "Culture",
  "Science",
] as const;

/** What a trader holds of one outcome: millionths of a share, and what they cost in millionths of a dollar. */
export type Position = { shares: number; cost: number };

export type Whale = {
  index: number;
  /** Lower case. */
  address: string;
  /** As the leaderboard writes it: some with capitals. */
  shownAddress: string;
  /** "" for a trader without a name. */
  userName: string;
  style: Style;
  favourites: string[];
  /** Hour of the day (UTC) at which the session begins, and its length in hours. */
  sessionStart: number;
  sessionHours: number;
  pace: number;
  size: number;
  watchlist: Market[];
  /** By market index × 2, + 1 for no. */
  positions: Map<number, Position>;
  /** Won positions that will be redeemed on chain. */
  redeemable: { market: Market; side: 0 | 1; shares: number }[];
  /** Indices into the fill log, in its order. */
  fills: number[];
  /** Millionths of a dollar traded per UTC day number. */
  daily: Map<number, number>;
};

const FIRST_NAMES =
  "quiet lucky salty midnight velvet solar copper distant patient northern crimson hidden mellow frozen electric lonely golden rapid silent cosmic".split(
    " ",
  );
const SECOND_NAMES =
  "harbor marlin oracle gambit lantern otter cipher falcon ledger orchid walrus compass badger tempest monsoon parlay quant nomad anchor heron".split(
    " ",
  );

function nameOf(random: Random): string {
  if (random.chance(0.12)) return "";
  const first = random.pick(FIRST_NAMES);
  const second = random.pick(SECOND_NAMES);
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  return random.pick([
    `${first}${second}`,
    `${capital(first)}${capital(second)}`,
    `${second}_${random.int(2, 99)}`,
    `${first}.${second}`,
    `0x${capital(second)}`,
    `${second}${random.int(1985, 2004)}`,
  ]);
}

/** The traders, every one with habits of its own. */
export function createWhales(options: { seed: string; random: Random; count: number }): Whale[] {
  const { random, count } = options;
  const words = seedWords(`${options.seed}/wallets`);
  const taken = new Set<string>();
  return Array.from({ length: count }, (_, index) => {
    const style = STYLES[index % STYLES.length] as Style;
    const address = `0x${hexOf(words, index).slice(0, 40)}`;
    let userName = nameOf(random);
    while (userName !== "" && taken.has(userName)) userName = `${nameOf(random)}${taken.size}`;
    taken.add(userName);
    return {
      index,
      address,
      shownAddress: index % 3 === 0 ? capitalised(address, random) : address,
      userName,
      style,
      favourites: random.sample(CATEGORIES, random.int(1, 4)),
      sessionStart: random.int(0, 23),
      sessionHours: style.makes ? 24 : random.int(5, 13),
      pace: style.pace * Math.exp(random.normal() * 0.5),
      size: style.size * Math.exp(random.normal() * 0.5),
      watchlist: [],
      positions: new Map(),
      redeemable: [],
      fills: [],
      daily: new Map(),
    };
  });
}

function capitalised(address: string, random: Random): string {
  return `0x${[...address.slice(2)].map((digit) => (random.chance(0.5) ? digit.toUpperCase() : digit)).join("")}`;
}

/** For every hour of the day the running sums of how likely each trader is to act. */
export function hourlyPaces(whales: readonly Whale[]): Float64Array[] {
  return Array.from({ length: 24 }, (_, hour) => {
    let sum = 0;
    return Float64Array.from(whales, (whale) => {
      const awake = (hour - whale.sessionStart + 24) % 24 < whale.sessionHours;
      sum += whale.pace * (awake ? 1 : 0.04);
      return sum;
    });
  });
}
