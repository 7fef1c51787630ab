import { DAY } from "./calendar.ts";
import { fixed, plain } from "./decimal.ts";
import {
  AMOUNT_SCALE,
  FEE_SCALE,
  type Fill,
  figuresOf,
  PRICE_SCALE,
  SELL,
  SHARES_SCALE,
  SIDES,
} from "./fill-log.ts";
import type { Market, Topic } from "./market.ts";
import { PRICE_ONE } from "./prices.ts";
import {
  lastTrade,
  marketStatus,
  marketVolume,
  STATUS_NAMES,
  statedStatus,
  topicVolume,
} from "./reads.ts";
import type { Whale } from "./whales.ts";
import type { World } from "./world.ts";

export const CHAIN_ID = "56";
const QUOTE_TOKEN = "0x55d398326f99059fF775485246999027B3197955";
const REBATE = { maker: 0.5 };

/** A moment of the world: what the bodies are about. `at` is in unix seconds. */
export type Moment = { world: World; at: number };

export type Envelope = { errmsg: string; errno: number; result: unknown };

export function success(result: unknown): Envelope {
  return { errmsg: "", errno: 0, result };
}

/** An application error; the venue sends it with HTTP 200. */
export function failure(errno: number, errmsg: string): Envelope {
  return { errmsg, errno, result: null };
}

function resultToken(market: Market, at: number): string {
  if (at < market.resolvedAt) return "";
  if (market.result === "yes") return market.yesTokenId;
  return market.result === "no" ? market.noTokenId : "";
}

/** The fields that binaries and children share. `detail` fills the condition. */
function tradableFields({ at }: Moment, market: Market, detail: boolean) {
  const status = marketStatus(market, at);
  return {
    chainId: CHAIN_ID,
    conditionId: detail ? market.conditionId : "",
    createdAt: market.createdAt,
    cutoffAt: market.cutoffAt,
    isResolvableByAI: market.topic.resolvableByAi,
    marketId: market.id,
    marketTitle: market.title,
    noTokenId: market.noTokenId,
    questionId: market.questionId,
    quoteToken: QUOTE_TOKEN,
    rebate: REBATE,
    resolvedAt: at >= market.resolvedAt && !market.hidesResolvedAt ? market.resolvedAt : 0,
    resultTokenId: resultToken(market, at),
    slug: market.slug,
    status,
    statusEnum: STATUS_NAMES[status],
    yesTokenId: market.yesTokenId,
  };
}

/** One outcome of a categorical: no type, no labels, no rules, only the total volume. */
function childBody(moment: Moment, market: Market, detail: boolean) {
  return {
    ...tradableFields(moment, market, detail),
    noLabel: "NO",
    rules: "",
    volume: plain(BigInt(marketVolume(moment.world, market, moment.at, null)), 6),
    yesLabel: "YES",
  };
}

function binaryBody(moment: Moment, market: Market, detail: boolean) {
  const { world, at } = moment;
  const { draft, labelIds } = market.topic;
  const volume = (seconds: number | null) =>
    plain(BigInt(marketVolume(world, market, at, seconds)), 6);
  return {
    ...tradableFields(moment, market, detail),
    childMarkets: null,
    coverUrl: "",
    labelIds,
    labels: draft.labels,
    marketType: 0,
    noLabel: draft.sides?.no ?? "NO",
    noLabelShort: draft.sides?.noShort ?? "",
    rules: draft.rules,
    thumbnailUrl: "",
    volume: volume(null),
    volume24h: volume(DAY),
    volume7d: volume(7 * DAY),
    yesLabel: draft.sides?.yes ?? "YES",
    yesLabelShort: draft.sides?.yesShort ?? "",
  };
}

function parentBody(moment: Moment, topic: Topic, detail: boolean) {
  const { world, at } = moment;
  const status = statedStatus(topic, at);
  const volume = (seconds: number | null) =>
    fixed(BigInt(topicVolume(world, topic, at, seconds)) * 10n ** 12n, 18);
  return {
    chainId: CHAIN_ID,
    childMarkets: topic.markets
      .filter((market) => market.createdAt <= at)
      .map((market) => childBody(moment, market, detail)),
    conditionId: "",
    coverUrl: "",
    createdAt: topic.createdAt,
    cutoffAt: topic.draft.cutoffAt,
    isResolvableByAI: topic.resolvableByAi,
    labelIds: topic.labelIds,
    labels: topic.draft.labels,
    marketId: topic.parentId,
    marketTitle: topic.draft.title,
    marketType: 1,
    noLabel: "",
    noTokenId: "",
    questionId: "",
    quoteToken: QUOTE_TOKEN,
    rebate: REBATE,
    resolvedAt: 0,
    resultTokenId: "",
    rules: topic.draft.rules,
    slug: topic.slug,
    status,
    statusEnum: STATUS_NAMES[status],
    thumbnailUrl: "",
    volume: volume(null),
    volume24h: volume(DAY),
    volume7d: volume(7 * DAY),
    yesLabel: "",
    yesTokenId: "",
  };
}

/** A row of the catalog. `detail` = the body of the market's own address. */
export function topicBody(moment: Moment, topic: Topic, detail: boolean) {
  const [market] = topic.markets;
  if (topic.parentId !== null || !market) return parentBody(moment, topic, detail);
  return binaryBody(moment, market, detail);
}

/** The body of `/market/{id}`: a binary or a child. */
export function marketBody(moment: Moment, market: Market) {
  return market.topic.parentId === null
    ? binaryBody(moment, market, true)
    : childBody(moment, market, true);
}

export function priceBody({ world, at }: Moment, market: Market, tokenId: string) {
  const last = lastTrade(world, market, at);
  const same = last && (last.outcome === 0) === (tokenId === market.yesTokenId);
  const price = last ? (same ? last.price : PRICE_ONE - last.price) : 0;
  return {
    price: plain(BigInt(price), PRICE_SCALE),
    side: "buy-limit",
    size: last ? plain(figuresOf(last).shares, SHARES_SCALE) : "0",
    timestamp: (last?.createdAt ?? 0) * 1000,
    tokenId,
  };
}

/** The fee as a string, or in some rows as a number of 10^-18 dollars beside the readable form. */
function feeFields(fill: Fill, fee: bigint) {
  const formatted = fixed(fee, FEE_SCALE);
  // From 10^21 on a number would be written with an exponent.
  return fill.feeAsNumber && fee < 10n ** 20n
    ? { fee: Number(fee), feeFormatted: formatted }
    : { fee: formatted };
}

function profitText(fill: Fill): string {
  if (Number.isNaN(fill.profit) || (fill.side === SELL && fill.tx % 3 === 0)) return "";
  return fixed(BigInt(fill.profit) * 10n ** 12n, 18);
}

/** A row of `/trade/user/{wallet}`. */
export function tradeBody({ world }: Moment, fill: Fill) {
  const market = world.book.markets[fill.market];
  if (!market) throw new RangeError(`There is no market ${fill.market}.`);
  const { topic } = market;
  const { shares, fee, amount } = figuresOf(fill);
  const yes = fill.outcome === 0;
  return {
    amount: plain(amount, AMOUNT_SCALE),
    chainId: CHAIN_ID,
    createdAt: fill.createdAt,
    ...feeFields(fill, fee),
    marketId: market.id,
    marketTitle: market.title,
    outcome: yes ? (topic.draft.sides?.yes ?? "YES") : (topic.draft.sides?.no ?? "NO"),
    outcomeSide: yes ? 1 : 2,
    outcomeSideEnum: yes ? "Yes" : "No",
    price: fixed(BigInt(fill.price) * 10n ** 14n, 18),
    profit: profitText(fill),
    quoteToken: QUOTE_TOKEN,
    quoteTokenUsdPrice: "1.000000000000000000",
    rootMarketId: topic.parentId ?? market.id,
    rootMarketTitle: topic.draft.title,
    shares: plain(shares, SHARES_SCALE),
    side: SIDES[fill.side],
    status: 2,
    statusEnum: "Finished",
    txHash: world.txHash(fill.tx),
    usdAmount: fixed(amount * 10n ** 16n, 18),
  };
}

export function leaderboardRow(whale: Whale, volume: number, change: number) {
  return {
    id: whale.index + 1,
    walletAddress: whale.shownAddress,
    userName: whale.userName,
    avatar: "",
    rankingValue: fixed(BigInt(volume) * 10n ** 12n, 18),
    rankingChange: change,
    rankingType: 1,
    xUsername: whale.index % 4 === 1 ? whale.userName.toLowerCase() : "",
    xUserId: "",
  };
}
