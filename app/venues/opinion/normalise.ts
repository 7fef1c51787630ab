import type { z } from "zod";
import type {
  BadRow,
  Entry,
  LeaderboardRow,
  MarketKind,
  MarketRow,
  MarketStatus,
  PriceRow,
  TradeRow,
} from "~/lib/rows.ts";
import {
  type LeaderboardWire,
  latestPriceSchema,
  leaderboardSchema,
  type MarketWire,
  marketSchema,
  type TradeWire,
  tradeSchema,
} from "./schemas.ts";

const STATUS_OF_NUMBER: readonly MarketStatus[] = [
  "unknown",
  "created",
  "activated",
  "resolving",
  "resolved",
  "failed",
  "deleted",
];

/**
 * One place of a market list: the market with its children, parent first, and then every bad child as an entry of its own (marked
 * `nested`). A bad parent takes its children along.
 * @param raw the place as received
 * @param askedKind what a market is that does not say
 */
export function marketEntries(
  raw: unknown,
  askedKind: MarketKind = "binary",
): Entry<MarketRow[]>[] {
  const parsed = marketSchema.safeParse(raw);
  if (!parsed.success) return [{ bad: badRow(raw, parsed.error) }];
  const market = parsed.data;
  const children: MarketRow[] = [];
  const badChildren: Entry<MarketRow[]>[] = [];
  for (const rawChild of market.childMarkets ?? []) {
    const child = marketSchema.safeParse(rawChild);
    if (child.success) children.push(childRow(child.data, market));
    else badChildren.push({ bad: { ...badRow(rawChild, child.error), nested: true } });
  }
  const kind = kindOf(market, askedKind);
  const statuses = children.map((child) => child.status);
  if (badChildren.length > 0) statuses.push("unknown");
  const status = parentStatus(ownStatus(market), statuses);
  const parent = { ...marketRow(market), kind, status };
  return [{ row: [parent, ...children] }, ...badChildren];
}

function kindOf({ marketType, childMarkets }: MarketWire, unsaid: MarketKind): MarketKind {
  if (marketType === 1 || (childMarkets?.length ?? 0) > 0) return "categorical";
  return marketType == null ? unsaid : "binary";
}

/**
 * The status of a categorical, whose own says little (often "created" while its children trade): activated when any child is, else
 * resolving, created or resolved when all that are known agree or lead there; its own where a child's is not known or it has none.
 */
export function parentStatus(own: MarketStatus, children: readonly MarketStatus[]): MarketStatus {
  if (children.includes("activated")) return "activated";
  if (children.length === 0 || children.includes("unknown")) return own;
  if (children.includes("resolving")) return "resolving";
  if (children.includes("created")) return "created";
  if (children.includes("resolved")) return "resolved";
  return children.includes("failed") ? "failed" : "deleted";
}

function childRow(child: MarketWire, parent: MarketWire): MarketRow {
  return {
    ...marketRow(child),
    parentExternalId: parent.marketId,
    cutoffAt: child.cutoffAt ?? parent.cutoffAt,
  };
}

function marketRow(market: MarketWire): MarketRow {
  return {
    venue: "opinion",
    kind: "binary",
    externalId: market.marketId,
    parentExternalId: null,
    title: market.marketTitle,
    slug: market.slug,
    rules: market.rules,
    status: ownStatus(market),
    yesLabel: market.yesLabel,
    noLabel: market.noLabel,
    yesTokenId: market.yesTokenId,
    noTokenId: market.noTokenId,
    conditionId: market.conditionId,
    questionId: market.questionId,
    resultSide: resultSide(market),
    volume: market.volume,
    volume24h: market.volume24h,
    volume7d: market.volume7d,
    quoteToken: market.quoteToken,
    chainId: market.chainId,
    labels: market.labels,
    thumbnailUrl: market.thumbnailUrl,
    openedAt: market.createdAt,
    cutoffAt: market.cutoffAt,
    resolvedAt: market.resolvedAt,
  };
}

function ownStatus({ status, statusEnum }: MarketWire): MarketStatus {
  const name = String(statusEnum ?? "").toLowerCase();
  const byNumber = STATUS_OF_NUMBER[Number(status) || Number.NaN];
  return byNumber ?? STATUS_OF_NUMBER.find((known) => known === name) ?? "unknown";
}

function resultSide({ resultTokenId, yesTokenId, noTokenId }: MarketWire): "yes" | "no" | null {
  if (resultTokenId === "") return null;
  if (resultTokenId === yesTokenId) return "yes";
  return resultTokenId === noTokenId ? "no" : null;
}

/**
 * One place of a wallet's fills.
 * @param wallet lower-case address that the list was asked for; the rows do not carry it
 * @param latest epoch milliseconds; a row dated later is bad: as the newest known it would keep every real one from being looked for
 */
export function tradeEntry(raw: unknown, wallet: string, latest: number): Entry<TradeRow> {
  const entry = wireTradeEntry(raw, wallet);
  if (!entry.row || entry.row.tradedAt.getTime() <= latest) return entry;
  return { bad: { payload: raw, path: "createdAt", message: "lies in the future" } };
}

function wireTradeEntry(raw: unknown, wallet: string): Entry<TradeRow> {
  return entryOf(tradeSchema, raw, (trade) => {
    const isNested = trade.rootMarketId !== null && trade.rootMarketId !== trade.marketId;
    return {
      venue: "opinion",
      wallet,
      txHash: trade.txHash,
      marketExternalId: trade.marketId,
      marketTitle: trade.marketTitle ?? "",
      parentExternalId: isNested ? trade.rootMarketId : null,
      parentTitle: isNested ? trade.rootMarketTitle : null,
      outcomeSide: outcomeSide(trade),
      outcomeLabel: trade.outcome ?? trade.outcomeSideEnum ?? "",
      side: trade.side,
      price: trade.price,
      shares: trade.shares,
      amount: trade.amount,
      fee: trade.fee,
      tradedAt: trade.createdAt,
    };
  });
}

const KNOWN_SIDES: Record<string, string> = { "1": "yes", yes: "yes", "2": "no", no: "no" };

/** "yes" or "no" by number, else by name, else (where neither was sent) by label; what is none of them stays as it was sent. */
function outcomeSide({ outcomeSide: number, outcomeSideEnum, outcome }: TradeWire): string {
  const stated = [number, outcomeSideEnum]
    .map((value) => String(value ?? "").trim())
    .filter((value) => value !== "" && value !== "0");
  const sent = stated.length > 0 ? stated : [outcome?.trim() ?? ""];
  const [recognised] = sent.flatMap((value) => KNOWN_SIDES[value.toLowerCase()] ?? []);
  return recognised ?? sent[0] ?? "";
}

/** One place of the leaderboard. */
export function leaderboardEntry(raw: unknown): Entry<LeaderboardRow> {
  return entryOf(leaderboardSchema, raw, (rank: LeaderboardWire) => ({
    venue: "opinion",
    address: rank.walletAddress,
    name: rank.userName ?? rank.xUsername,
    rankValue: rank.rankingValue,
  }));
}

/**
 * The last price of a token; null = never traded (price and time are 0).
 * @throws ZodError when it is unreadable
 */
export function priceRow(raw: unknown, tokenId: string): PriceRow | null {
  const { price, timestamp } = latestPriceSchema
    .refine((sent) => sent.tokenId == null || sent.tokenId === tokenId, {
      path: ["tokenId"],
      message: "must be the token that was asked for",
    })
    .refine((sent) => sent.timestamp !== 0 || sent.price === "0", {
      path: ["timestamp"],
      message: "must not be 0 beside a price",
    })
    .parse(raw);
  return timestamp === 0 ? null : { tokenId, price, at: new Date(timestamp) };
}

function entryOf<Schema extends z.ZodType, Row>(
  schema: Schema,
  raw: unknown,
  toRow: (wire: z.output<Schema>) => Row,
): Entry<Row> {
  const parsed = schema.safeParse(raw);
  return parsed.success ? { row: toRow(parsed.data) } : { bad: badRow(raw, parsed.error) };
}

function badRow(payload: unknown, error: z.ZodError): BadRow {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).map(String).join(".");
  return { payload, path, message: issue?.message ?? "is not valid" };
}
