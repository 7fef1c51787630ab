import type { Market, Topic } from "./market.ts";
import { listTopics, type MarketQuery, newestFirst, rankWhales } from "./reads.ts";
import {
  CHAIN_ID,
  type Envelope,
  failure,
  leaderboardRow,
  type Moment,
  marketBody,
  priceBody,
  success,
  topicBody,
  tradeBody,
} from "./wire.ts";

export const PATH_KINDS = ["markets", "market", "price", "trades", "leaderboard"] as const;
export type PathKind = (typeof PATH_KINDS)[number];

/** What a request asks for, by its address alone. */
export type Route = {
  kind: PathKind | "other";
  /** True for the front end's API, which knows no key. */
  frontend: boolean;
  /** The market number or wallet inside the path; "" where there is none. */
  subject: string;
  categorical: boolean;
};

/** What a request carries in the `apikey` header. */
export type KeyState = "valid" | "wrong" | "none";

export type Answer = { status: number; body: Envelope };

const API = "/openapi";
export const FRONTEND = "/api/bsc/api/v2";

export function routeOf(pathname: string): Route {
  const route = { frontend: false, subject: "", categorical: false };
  if (pathname === `${API}/market`) return { ...route, kind: "markets" };
  if (pathname === `${API}/token/latest-price`) return { ...route, kind: "price" };
  if (pathname === `${FRONTEND}/leaderboard`) {
    return { ...route, kind: "leaderboard", frontend: true };
  }
  const market = /^\/openapi\/market\/(categorical\/)?([^/]+)$/.exec(pathname);
  if (market) {
    return {
      ...route,
      kind: "market",
      subject: market[2] ?? "",
      categorical: market[1] !== undefined,
    };
  }
  const trades = /^\/openapi\/trade\/user\/([^/]+)$/.exec(pathname);
  if (trades) return { ...route, kind: "trades", subject: trades[1] ?? "" };
  return { ...route, kind: "other" };
}

class ParameterError extends Error {}

/** A whole number of the query, or its default. */
function wholeNumber(
  query: URLSearchParams,
  name: string,
  fallback: number,
  minimum: number,
  maximum: number,
): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  throw new ParameterError(`${name} must be a whole number from ${minimum} to ${maximum}`);
}

function paging(query: URLSearchParams): { offset: number; limit: number } {
  const page = wholeNumber(query, "page", 1, 1, 999_999_999);
  const limit = wholeNumber(query, "limit", 10, 1, 20);
  return { offset: (page - 1) * limit, limit };
}

/** The venue sends null for a list without rows. */
function listOf(rows: unknown[], total: number): Envelope {
  return success({ list: rows.length > 0 ? rows : null, total });
}

function otherChain(query: URLSearchParams): boolean {
  return (query.get("chainId") ?? CHAIN_ID) !== CHAIN_ID;
}

function marketQuery(query: URLSearchParams): MarketQuery {
  const status = query.get("status");
  if (status !== null && status !== "activated" && status !== "resolved") {
    throw new ParameterError("status must be activated or resolved");
  }
  const marketType = wholeNumber(query, "marketType", 0, 0, 2) as 0 | 1 | 2;
  return { status, marketType, sortBy: wholeNumber(query, "sortBy", 1, 1, 8) };
}

function markets(moment: Moment, query: URLSearchParams): Envelope {
  const { offset, limit } = paging(query);
  const wanted = marketQuery(query);
  const topics = otherChain(query) ? [] : listTopics(moment.world, wanted, moment.at);
  const rows = topics.slice(offset, offset + limit).map((topic) => topicBody(moment, topic, false));
  return listOf(rows, topics.length);
}

function known<T extends Market | Topic>(found: T | undefined, at: number): T | null {
  return found && found.createdAt <= at ? found : null;
}

function market(moment: Moment, route: Route): Envelope {
  const { world, at } = moment;
  const id = /^\d{1,15}$/.test(route.subject) ? Number(route.subject) : Number.NaN;
  const topic = known(world.book.parentOfId.get(id), at);
  if (route.categorical && topic) return success({ data: topicBody(moment, topic, true) });
  const single = known(world.book.marketOfId.get(id), at);
  if (!route.categorical && single) return success({ data: marketBody(moment, single) });
  return failure(10200, "Topic ID does not exist");
}

function price(moment: Moment, query: URLSearchParams): Envelope {
  const tokenId = query.get("token_id");
  if (!tokenId) throw new ParameterError("token_id is required");
  const found = known(moment.world.book.marketOfToken.get(tokenId), moment.at);
  if (!found) return failure(10200, "Token ID does not exist");
  return success(priceBody(moment, found, tokenId));
}

function trades(moment: Moment, route: Route, query: URLSearchParams): Envelope {
  const { world, at } = moment;
  const { offset, limit } = paging(query);
  if (!/^0x[0-9a-fA-F]{40}$/.test(route.subject)) {
    throw new ParameterError("walletAddress must be 0x and 40 hex digits");
  }
  const marketId = query.has("marketId") ? wholeNumber(query, "marketId", 0, 1, 999_999_999) : null;
  const whale = world.whaleOfAddress.get(route.subject.toLowerCase());
  const all = whale && !otherChain(query) ? whale.fills : [];
  const only = marketId === null ? undefined : world.book.marketOfId.get(marketId)?.index;
  const fills =
    marketId === null ? all : all.filter((index) => world.log.get(index).market === only);
  const { total, indices } = newestFirst(world.log, fills, at, offset, limit);
  return listOf(
    indices.map((index) => tradeBody(moment, world.log.get(index))),
    total,
  );
}

function leaderboard({ world, at }: Moment, query: URLSearchParams): Envelope {
  const limit = wholeNumber(query, "limit", 20, 1, 1000);
  const days = wholeNumber(query, "period", 0, 0, 30);
  if (![0, 1, 7, 30].includes(days)) throw new ParameterError("period must be 0, 1, 7 or 30");
  if ((query.get("dataType") ?? "volume") !== "volume") {
    throw new ParameterError("dataType must be volume");
  }
  const ranked = otherChain(query) ? [] : rankWhales(world, at, days);
  const before = new Map(
    rankWhales(world, at - 86_400, days).map(({ whale }, place) => [whale, place]),
  );
  const rows = ranked
    .slice(0, limit)
    .map(({ whale, volume }, place) =>
      leaderboardRow(whale, volume, (before.get(whale) ?? place) - place),
    );
  return listOf(rows, ranked.length);
}

/** Answers a request of the venue's public API; errors of the application come with HTTP 200. */
export function answer(
  moment: Moment,
  route: Route,
  query: URLSearchParams,
  key: KeyState,
): Answer {
  if (route.kind === "other") return { status: 404, body: failure(404, "Not Found") };
  if (!route.frontend && (key === "wrong" || (key === "none" && route.kind === "trades"))) {
    const body = failure(11002, key === "none" ? "API key is required" : "Invalid API key");
    return { status: 401, body };
  }
  try {
    return { status: 200, body: envelopeOf(moment, route, query) };
  } catch (error) {
    if (!(error instanceof ParameterError)) throw error;
    return { status: 200, body: failure(10000, error.message) };
  }
}

function envelopeOf(moment: Moment, route: Route, query: URLSearchParams): Envelope {
  if (route.kind === "markets") return markets(moment, query);
  if (route.kind === "market") return market(moment, route);
  if (route.kind === "price") return price(moment, query);
  if (route.kind === "trades") return trades(moment, route, query);
  return leaderboard(moment, query);
}
