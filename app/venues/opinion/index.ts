import type { Clock } from "~/lib/clock.ts";
import type { Logger } from "~/lib/logger.server.ts";
import type { BadRow, Entry, ListPage, MarketKind, MarketRow } from "~/lib/rows.ts";
import { AppError, createError } from "~/reliability/errors.ts";
import { createPacer, type Elapsed } from "~/reliability/pacer.server.ts";
import { createRedactor, redactValue } from "~/reliability/redaction.ts";
import type { Preset } from "~/reliability/retry.server.ts";
import type { CallOptions, Venue } from "../venue.ts";
import { createOpinionClient, type OpinionClient } from "./client.server.ts";
import { OpinionErrno, UNKNOWN_MARKET } from "./envelope.ts";
import { leaderboardEntry, marketEntries, priceRow, tradeEntry } from "./normalise.ts";
import { detailSchema, leaderboardListSchema, listSchema } from "./schemas.ts";

/** BNB Chain; without it the lists hold old rows of other chains. */
const CHAIN_ID = "56";
/** The most that every list gives. */
const PAGE_SIZE = 20;
/** Newest first: the only order of the catalog in which no row moves relative to another. */
const SORT_NEWEST = "1";
/** Binary markets and categoricals. */
const MARKET_TYPE_ALL = "2";
/** What the venue allows: per key, and per address without one. */
const REQUESTS_PER_SECOND = { withKey: 15, keyless: 5 };
/** The front end has no published limit and is asked for little. */
const FRONTEND_REQUESTS_PER_SECOND = 2;
/** How far ahead of this machine's clock a fill may be dated; more is an error of the row, not of the clock. */
const LONGEST_AHEAD_MS = 86_400_000;

export type OpinionVenueOptions = {
  /** Base of the OpenAPI, without "/market". */
  apiUrl: string;
  /** Base of the front end's API (leaderboard). */
  frontendUrl: string;
  /** Blank or absent: markets only. */
  apiKey?: string | undefined;
  requestsPerSecond?: number | undefined;
  clock: Clock;
  /** What the pacers measure their waits by; default: the machine's monotonic clock. */
  elapsed?: Elapsed | undefined;
  logger: Logger;
  /** Takes the environment's secrets out of what the venue says; default: the key. */
  redact?: (text: string) => string;
  fetch?: typeof fetch;
  /** For one request, its body included. */
  timeoutMs?: number;
  /** Replaces the presets `venueApi` (API) and `scraper` (leaderboard). */
  retry?: Preset;
};

/**
 * Opinion.Trade as a `Venue`. A client returns one page as it is served; how a list is walked is up to the caller.
 */
export function createOpinionVenue(options: OpinionVenueOptions): Venue {
  const apiKey = options.apiKey?.trim() || undefined;
  const requestsPerSecond =
    options.requestsPerSecond ??
    (apiKey ? REQUESTS_PER_SECOND.withKey : REQUESTS_PER_SECOND.keyless);
  const redact = options.redact ?? createRedactor({ OPINION_API_KEY: apiKey });
  const { api, frontend, pacer } = createClients(options, { apiKey, redact, requestsPerSecond });
  const pageOf = <Row>(entries: Entry<Row>[], total: number): ListPage<Row> => ({
    entries: entries.map((entry) => (entry.bad ? { bad: cleaned(entry.bad, redact) } : entry)),
    total,
  });

  return {
    id: "opinion",
    name: "Opinion",
    readsWallets: apiKey !== undefined,
    walletsHint: apiKey
      ? null
      : "Opinion shows a wallet's trades to holders of an API key only: create one, set OPINION_API_KEY and restart.",
    pageSize: PAGE_SIZE,
    requestsPerSecond,
    pacer,
    async listMarkets(page, call) {
      const query = {
        ...pageQuery(page),
        status: "activated",
        marketType: MARKET_TYPE_ALL,
        sortBy: SORT_NEWEST,
      };
      const { list, total } = await api.get("/market", query, readList, call);
      return pageOf(
        list.flatMap((raw) => marketEntries(raw)),
        total,
      );
    },
    async getMarket(market, call) {
      const found = await getMarket(api, market, call);
      return found && pageOf(found.entries, found.total);
    },
    async getPrice(tokenId, call) {
      const read = (result: unknown) => priceRow(result, tokenId);
      return unlessUnknown(api.get("/token/latest-price", { token_id: tokenId }, read, call));
    },
    async listTrades(wallet, page, call) {
      if (!apiKey) {
        throw createError("INVALID_CONFIG", "Reading a wallet needs an API key: OPINION_API_KEY.");
      }
      const address = walletAddress(wallet);
      const path = `/trade/user/${address}`;
      const { list, total } = await api.get(path, pageQuery(page), readList, call);
      const latest = options.clock.now() + LONGEST_AHEAD_MS;
      return pageOf(
        list.map((raw) => tradeEntry(raw, address, latest)),
        total,
      );
    },
    async listLeaderboard(call) {
      const query = { limit: "100", dataType: "volume", period: "30", chainId: CHAIN_ID };
      const read = (result: unknown) => leaderboardListSchema.parse(result);
      const { list, total } = await frontend.get("/leaderboard", query, read, call);
      return pageOf(list.map(leaderboardEntry), total);
    },
  };
}

/** A bad row is kept and shown as the venue sent it, but for the secrets in it. */
function cleaned(bad: BadRow, redact: (text: string) => string): BadRow {
  const { payload, message } = bad;
  return { ...bad, payload: redactValue(payload, redact), message: redact(message) };
}

/** A client for either host; one pacer for both where they are the same. The key goes to the API only. */
function createClients(
  options: OpinionVenueOptions,
  resolved: {
    apiKey: string | undefined;
    redact: (text: string) => string;
    requestsPerSecond: number;
  },
) {
  const { apiKey, redact, requestsPerSecond } = resolved;
  const { apiUrl, frontendUrl, clock, elapsed, logger, retry, timeoutMs = 20_000 } = options;
  const shared = { clock, logger, redact, timeoutMs, fetch: options.fetch ?? fetch };
  const pacer = createPacer({ requestsPerSecond, clock, elapsed });
  const sameHost = new URL(apiUrl).host === new URL(frontendUrl).host;
  const api = createOpinionClient({
    ...shared,
    baseUrl: apiUrl,
    urlVariable: "OPINION_API_URL",
    apiKey,
    pacer,
    retry: retry ?? "venueApi",
  });
  const frontend = createOpinionClient({
    ...shared,
    baseUrl: frontendUrl,
    urlVariable: "OPINION_FRONTEND_URL",
    apiKey: undefined,
    pacer: sameHost
      ? pacer
      : createPacer({ requestsPerSecond: FRONTEND_REQUESTS_PER_SECOND, clock, elapsed }),
    retry: retry ?? "scraper",
  });
  return { api, frontend, pacer };
}

function getMarket(
  api: OpinionClient,
  { kind, externalId }: { kind: MarketKind; externalId: string },
  call: CallOptions,
): Promise<ListPage<MarketRow[]> | null> {
  const path = kind === "categorical" ? "/market/categorical" : "/market";
  const read = (result: unknown) => {
    const detail = detailSchema.parse(result);
    if (detail === null) return null;
    const entries = marketEntries(detail, kind);
    const found = entries[0]?.row?.[0];
    if (found && (found.externalId !== externalId || found.kind !== kind)) {
      throw createError(
        "INVALID_RESPONSE",
        `Opinion was asked for ${kind} market ${externalId} and answered with ${found.kind} market ${found.externalId}.`,
      );
    }
    return { entries, total: 1 };
  };
  return unlessUnknown(api.get(`${path}/${encodeURIComponent(externalId)}`, {}, read, call));
}

const readList = (result: unknown) => listSchema.parse(result);

function pageQuery(page: number): Record<string, string> {
  if (!Number.isSafeInteger(page) || page < 1) {
    throw createError("INVALID_INPUT", `A page is a whole number from 1, not ${page}.`);
  }
  return { page: String(page), limit: String(PAGE_SIZE), chainId: CHAIN_ID };
}

function walletAddress(wallet: string): string {
  if (/^0x[0-9a-fA-F]{40}$/.test(wallet)) return wallet.toLowerCase();
  throw createError("INVALID_INPUT", `"${wallet}" is not a wallet address (0x and 40 digits).`);
}

/** Null where the venue says that it does not know the market or token. */
async function unlessUnknown<Value>(reply: Promise<Value>): Promise<Value | null> {
  try {
    return await reply;
  } catch (error) {
    const errno = error instanceof AppError && error.cause instanceof OpinionErrno && error.cause;
    if (errno && errno.errno === UNKNOWN_MARKET) return null;
    throw error;
  }
}
