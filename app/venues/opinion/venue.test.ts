import { expect, test, vi } from "vitest";
import { systemClock } from "~/lib/clock.ts";
import { parseEnv } from "~/lib/env.server.ts";
import { createLogger } from "~/lib/logger.server.ts";
import { AppError } from "~/reliability/errors.ts";
import { retryAfterMs } from "~/reliability/retry-after.ts";
import { type Answer, type Handler, venueHost } from "../../../tests/venue-host.ts";
import { createVenues } from "../index.ts";
import type { CallOptions } from "../venue.ts";
import { createOpinionVenue, type OpinionVenueOptions } from "./index.ts";

const KEY = "secret-key-0123456789";
const WALLET = `0x${"aB".repeat(20)}`;
const once1 = { attempts: 1, startingDelayMs: 1, maxDelayMs: 1 };
const thrice = { attempts: 3, startingDelayMs: 2, maxDelayMs: 4 };
const silent = createLogger("silent");

async function opinion(answers: (Answer | Handler)[], options: Partial<OpinionVenueOptions> = {}) {
  const host = await venueHost(...answers);
  const venue = createOpinionVenue({
    apiUrl: `${host.url}/openapi`,
    frontendUrl: `${host.url}/front`,
    apiKey: KEY,
    requestsPerSecond: 100,
    clock: systemClock,
    logger: silent,
    retry: once1,
    ...options,
  });
  return { venue, ...host };
}

const call = (changes: Partial<CallOptions> = {}): CallOptions => ({
  priority: "live",
  ...changes,
});
const ok = (result: unknown): Answer => ({ body: { errno: 0, errmsg: "", result } });
const failed = (errno: number, errmsg = ""): Answer => ({ body: { errno, errmsg, result: null } });
const errorOf = async (work: Promise<unknown>): Promise<AppError> => {
  const error = await work.then(
    () => "no error",
    (thrown: unknown) => thrown,
  );
  if (error instanceof AppError) return error;
  throw new Error(`expected an AppError, got ${String(error)}`, { cause: error });
};

const market = { marketId: 26_140, marketTitle: "A vs B", marketType: 0, status: 2, volume: "0" };
const trade = {
  txHash: "0xdb3d",
  marketId: 26_356,
  marketTitle: "↑ 100,000",
  rootMarketId: 1_277,
  side: "Buy",
  outcome: "YES",
  outcomeSide: 1,
  price: "0.029",
  shares: "18.9",
  amount: "0.79",
  fee: "0.25",
  createdAt: 1_785_575_705,
};

test("the catalog is asked for newest first, active ones of every type, 20 a page, with the key", async () => {
  const { venue, requests } = await opinion([ok({ total: 256, list: [market, { marketId: 1 }] })]);
  const page = await venue.listMarkets(3, call());
  expect(page.total).toBe(256);
  expect(page.entries.map((entry) => entry.row?.[0]?.externalId ?? entry.bad?.path)).toEqual([
    "26140",
    "marketTitle",
  ]);
  expect(requests[0]?.url.pathname).toBe("/openapi/market");
  expect(Object.fromEntries(requests[0]?.url.searchParams ?? [])).toEqual({
    page: "3",
    limit: "20",
    status: "activated",
    marketType: "2",
    sortBy: "1",
    chainId: "56",
  });
  expect(requests[0]?.headers.apikey).toBe(KEY);
  await expect(venue.listMarkets(0, call())).rejects.toMatchObject({ code: "INVALID_INPUT" });
});

test("without a key no key is sent, the budget is 5 a second and wallets say what to set", async () => {
  for (const apiKey of [undefined, "", "  "]) {
    const { venue, requests } = await opinion([ok({ total: 0, list: null })], {
      apiKey,
      requestsPerSecond: undefined,
    });
    expect(await venue.listMarkets(1, call())).toEqual({ total: 0, entries: [] });
    expect(requests[0]?.headers).not.toHaveProperty("apikey");
    expect(venue).toMatchObject({ readsWallets: false, requestsPerSecond: 5 });
    expect(venue.walletsHint).toContain("OPINION_API_KEY");
    await expect(venue.listTrades(WALLET, 1, call())).rejects.toMatchObject({
      code: "INVALID_CONFIG",
    });
    expect(requests).toHaveLength(1);
  }
  const { venue } = await opinion([], { requestsPerSecond: undefined });
  expect(venue).toMatchObject({ readsWallets: true, walletsHint: null, requestsPerSecond: 15 });
});

test("fills come in the venue's order, good and bad in their places, for the wallet in lower case", async () => {
  const list = [trade, { ...trade, price: "NaN" }, null, { ...trade, side: "Merge", shares: "0" }];
  const { venue, requests } = await opinion([ok({ total: 41, list })]);
  const page = await venue.listTrades(WALLET, 2, call());
  expect(page.total).toBe(41);
  expect(page.entries.map((entry) => entry.row?.side ?? entry.bad?.path)).toEqual([
    "buy",
    "price",
    "",
    "merge",
  ]);
  expect(page.entries[0]?.row?.wallet).toBe(WALLET.toLowerCase());
  expect(requests[0]?.url.pathname).toBe(`/openapi/trade/user/${WALLET.toLowerCase()}`);
  expect(requests[0]?.url.search).toBe("?page=2&limit=20&chainId=56");
  await expect(venue.listTrades("0x12", 1, call())).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
});

test("both envelopes are read, and a null list is an empty page", async () => {
  const { venue } = await opinion([
    { body: { code: 0, msg: "", result: { total: 1, list: [trade] } } },
    { body: { errno: "0", errmsg: "", result: { total: "1", list: [trade] } } },
    ok({ total: 7, list: null }),
    { body: { code: 10_403, msg: "Invalid area", result: null } },
  ]);
  expect((await venue.listTrades(WALLET, 1, call())).entries).toHaveLength(1);
  expect(await venue.listTrades(WALLET, 1, call())).toMatchObject({ total: 1 });
  expect(await venue.listTrades(WALLET, 9, call())).toEqual({ total: 7, entries: [] });
  await expect(venue.listTrades(WALLET, 1, call())).rejects.toMatchObject({ code: "UNAUTHORIZED" });
});

test("numbers that JavaScript would round are exact", async () => {
  const body = `{"errno":0,"result":{"total":2,"list":[${JSON.stringify(trade).replace('"0.25"', "0.250000000000000001").replace('"18.9"', "1e-7")},${JSON.stringify(trade).replace('"0.25"', "250000000000000001")}]}}`;
  const { venue } = await opinion([{ body }]);
  const { entries } = await venue.listTrades(WALLET, 1, call());
  expect(entries[0]?.row).toMatchObject({ fee: "0.250000000000000001", shares: "0.0000001" });
  expect(entries[1]?.bad).toMatchObject({ path: "fee", payload: { fee: "250000000000000001" } });
});

test("an error number at HTTP 200 is an error of its own kind, and only what can pass is tried again", async () => {
  for (const [errno, code, requestsMade] of [
    [10_000, "INVALID_INPUT", 1],
    [10_200, "INVALID_INPUT", 1],
    [10_403, "UNAUTHORIZED", 1],
    [10_605, "EXECUTION_FAILED", 1],
    [10_607, "EXECUTION_FAILED", 1],
    [10_610, "EXECUTION_FAILED", 1],
    [11_001, "INVALID_CREDENTIALS", 1],
    [11_002, "INVALID_CREDENTIALS", 1],
    [11_004, "UNAUTHORIZED", 1],
    [11_005, "INVALID_CREDENTIALS", 1],
    [11_009, "INVALID_INPUT", 1],
    [11_010, "INVALID_CREDENTIALS", 1],
    [11_011, "INVALID_CREDENTIALS", 1],
    [11_012, "TOKEN_EXPIRED", 1],
    [11_013, "INVALID_CREDENTIALS", 1],
    [404, "INVALID_INPUT", 1],
    [500, "MAX_RETRIES_EXCEEDED", 3],
    [99_999, "MAX_RETRIES_EXCEEDED", 3],
  ] as const) {
    const { venue, requests } = await opinion([failed(errno, "said so")], { retry: thrice });
    const error = await errorOf(venue.listTrades(WALLET, 1, call()));
    expect(error.code, `${errno}`).toBe(code);
    expect(error.message).toContain("said so");
    expect(requests, `${errno}`).toHaveLength(requestsMade);
  }
});

test("a blocked area is permanent and says which variable names another host", async () => {
  const { venue, requests } = await opinion([failed(10_403, "Invalid area")], { retry: thrice });
  const error = await errorOf(venue.listMarkets(1, call()));
  expect(error).toMatchObject({ code: "UNAUTHORIZED", retryable: false });
  expect(error.userMessage).toContain("10403");
  expect(error.userMessage).toContain("OPINION_API_URL");
  const front = await errorOf(venue.listLeaderboard(call()));
  expect(front.userMessage).toContain("OPINION_FRONTEND_URL");
  expect(requests).toHaveLength(2);
});

test("a wrong key is told once, with what to check, and holds nothing", async () => {
  const { venue, requests } = await opinion(
    [
      { status: 401, body: { errno: 11_002, errmsg: "invalid API key" } },
      { status: 401, body: "Unauthorized" },
    ],
    {
      retry: thrice,
    },
  );
  for (let count = 1; count <= 2; count += 1) {
    const error = await errorOf(venue.listTrades(WALLET, 1, call()));
    expect(error).toMatchObject({ code: "INVALID_CREDENTIALS", retryable: false });
    expect(error.userMessage).toContain("OPINION_API_KEY");
    expect(requests).toHaveLength(count);
  }
  expect(venue.pacer.state().pauseReason).toBeNull();
});

test("Retry-After is read as seconds or as a date, and not at all when it is neither", () => {
  const now = Date.UTC(2026, 7, 1);
  expect(retryAfterMs("7", now)).toBe(7_000);
  expect(retryAfterMs(" 1.5 ", now)).toBe(1_500);
  expect(retryAfterMs("Sat, 01 Aug 2026 00:00:30 GMT", now)).toBe(30_000);
  expect(retryAfterMs("Fri, 31 Jul 2026 00:00:00 GMT", now)).toBe(0);
  expect(retryAfterMs("999999999", now)).toBe(3_600_000);
  for (const nothing of [null, "", "soon", "-5s"])
    expect(retryAfterMs(nothing, now)).toBeUndefined();
});

test("a 429 without Retry-After holds the whole host for a second, then the same call goes on", async () => {
  const { venue, requests } = await opinion(
    [{ status: 429, body: "Too Many Requests" }, ok({ total: 0, list: [] })],
    {
      retry: thrice,
    },
  );
  const meter = { requests: 0 };
  const startedAt = performance.now();
  const [page] = await Promise.all([
    venue.listTrades(WALLET, 1, call({ meter })),
    vi
      .waitFor(() => expect(venue.pacer.state().pauseReason).toContain("429"))
      .then(() => venue.listMarkets(1, call())),
  ]);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_050);
  expect(page.total).toBe(0);
  expect(meter.requests).toBe(2);
  expect(requests).toHaveLength(3);
});

test("a 429 that asks for longer than 20 s is handed on at once, and so is every call during it, unasked", async () => {
  const limited = {
    status: 429,
    headers: { "retry-after": "120" },
    body: "<html>slow down</html>",
  };
  const { venue, requests } = await opinion([limited], { retry: thrice });
  expect(await errorOf(venue.listMarkets(1, call()))).toMatchObject({
    code: "RATE_LIMITED",
    retryAfterMs: 120_000,
  });
  const refused = await errorOf(venue.listMarkets(1, call()));
  expect(refused.code).toBe("RATE_LIMITED");
  expect(refused.retryAfterMs).toBeGreaterThan(118_000);
  expect(requests).toHaveLength(1);
});

test("a hiccup of the server is tried again and every request is metered", async () => {
  const { venue, requests } = await opinion(
    [{ status: 503, body: "" }, (request) => request.socket.destroy(), ok({ total: 0, list: [] })],
    { retry: thrice },
  );
  const meter = { requests: 0 };
  expect(await venue.listMarkets(1, call({ meter }))).toEqual({ total: 0, entries: [] });
  expect(meter.requests).toBe(3);
  expect(requests).toHaveLength(3);
});

test("HTTP errors keep their kind, whatever the body says", async () => {
  for (const [status, code] of [
    [400, "INVALID_INPUT"],
    [403, "UNAUTHORIZED"],
    [404, "INVALID_INPUT"],
    [408, "SERVICE_UNAVAILABLE"],
    [500, "SERVICE_UNAVAILABLE"],
    [502, "SERVICE_UNAVAILABLE"],
  ] as const) {
    const { venue } = await opinion([{ status, body: "<h1>oops</h1>" }]);
    expect((await errorOf(venue.listMarkets(1, call()))).code, `${status}`).toBe(code);
  }
  const { venue } = await opinion([
    { status: 500, body: { errno: 0, result: { total: 0, list: [] } } },
  ]);
  expect((await errorOf(venue.listMarkets(1, call()))).code).toBe("SERVICE_UNAVAILABLE");
});

test("an unreadable reply is INVALID_RESPONSE with the first 200 characters and never the key", async () => {
  const page = JSON.stringify({ errno: 0, result: { total: 1, list: [trade] } });
  for (const body of [
    `<html>${KEY}${"x".repeat(500)}`,
    `<html>${"-".repeat(190)}${KEY}`,
    page.slice(0, -20),
    "",
    "null",
    "[]",
    { result: { total: 0, list: [] } },
    { errno: 0, result: null },
    { errno: 0, result: [] },
    { errno: 0, result: { list: [] } },
    { errno: 0, result: { total: 1, items: [] } },
    { errno: 0, result: { total: -1, list: [] } },
    { errno: 0, result: { total: 1, list: { 0: trade } } },
  ]) {
    const { venue } = await opinion([{ body }]);
    const error = await errorOf(venue.listTrades(WALLET, 1, call()));
    expect(error, JSON.stringify(body)).toMatchObject({
      code: "INVALID_RESPONSE",
      retryable: true,
    });
    expect(error.message).not.toContain(KEY.slice(0, 4));
    expect(error.message).not.toContain("x".repeat(200));
    expect(error.message).toMatch(/HTTP 200, \d+ characters, beginning with/);
  }
});

test("a redirect is not followed: the key stays with the host that it was given for", async () => {
  const other = await venueHost(ok({ total: 0, list: [] }));
  const { venue } = await opinion([
    { status: 302, headers: { location: `${other.url}/market` }, body: "" },
  ]);
  const error = await errorOf(venue.listMarkets(1, call()));
  expect(error.code).toBe("INVALID_RESPONSE");
  expect(error.message).toContain(`redirects to ${other.url}`);
  expect(other.requests).toHaveLength(0);
});

test("a server that does not answer, or stops within its answer, is a TIMEOUT", async () => {
  const silentHost: Handler = () => undefined;
  const stalled: Handler = (_, response) => void response.writeHead(200).write('{"errno":0,');
  const { venue } = await opinion([silentHost, stalled], { timeoutMs: 60 });
  for (let count = 0; count < 2; count += 1) {
    const error = await errorOf(venue.listMarkets(1, call()));
    expect(error).toMatchObject({ code: "TIMEOUT", retryable: true });
    expect(error.message).toContain("did not answer within 0.06 s");
  }
});

test("a host that is not there is SERVICE_UNAVAILABLE", async () => {
  const { venue, url, close } = await opinion([]);
  close();
  const error = await errorOf(venue.listMarkets(1, call()));
  expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", retryable: true });
  expect(error.message).toContain(`${new URL(url).host}: The other side refused the connection`);
});

test("an abort ends a call with its reason and counts as no failure of the host", async () => {
  const { venue } = await opinion([() => undefined], { retry: thrice });
  for (let count = 0; count < 6; count += 1) {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("shutting down")), 10);
    await expect(venue.listMarkets(1, call({ signal: abort.signal }))).rejects.toThrow(
      "shutting down",
    );
  }
  expect(venue.pacer.state()).toMatchObject({ pauseReason: null, waiting: { live: 0 } });
});

test("one market by its kind and number; null when the venue does not know it", async () => {
  const parent = {
    ...market,
    marketId: 337,
    marketType: 1,
    status: 1,
    childMarkets: [{ ...market, marketType: undefined }],
  };
  const { venue, requests } = await opinion([
    ok({ data: market }),
    ok({ data: parent }),
    failed(10_200, "Topic ID does not exist"),
    ok({ data: null }),
    { status: 404, body: { errno: 10_200, errmsg: "Topic ID does not exist", result: null } },
    ok({ data: parent }),
    ok({ data: { ...market, marketId: 5 } }),
    ok(null),
  ]);
  const binary = { kind: "binary", externalId: "26140" } as const;
  const found = await venue.getMarket(binary, call());
  expect(found?.entries[0]?.row?.[0]).toMatchObject({ externalId: "26140", status: "activated" });
  const categorical = await venue.getMarket({ kind: "categorical", externalId: "337" }, call());
  expect(categorical?.entries[0]?.row?.map((row) => row.status)).toEqual([
    "activated",
    "activated",
  ]);
  for (let count = 0; count < 3; count += 1)
    expect(await venue.getMarket(binary, call())).toBeNull();
  for (const wrong of ["337", "26140", "26140"]) {
    const error = await errorOf(venue.getMarket({ kind: "binary", externalId: wrong }, call()));
    expect(error.code).toBe("INVALID_RESPONSE");
  }
  expect(requests.slice(0, 2).map(({ url }) => url.pathname)).toEqual([
    "/openapi/market/26140",
    "/openapi/market/categorical/337",
  ]);
});

test("the last price of a token; null when it never traded or is not known", async () => {
  const { venue, requests } = await opinion([
    ok({
      tokenId: "12",
      price: "0.719",
      side: "buy-limit",
      size: "2.778",
      timestamp: 1_790_506_505_000,
    }),
    ok({ tokenId: "12", price: "0", side: "", size: "0", timestamp: 0 }),
    failed(10_200),
    ok({ tokenId: "12", price: "cheap", timestamp: 1_790_506_505_000 }),
  ]);
  expect(await venue.getPrice("12", call())).toEqual({
    tokenId: "12",
    price: "0.719",
    at: new Date(1_790_506_505_000),
  });
  expect(requests[0]?.url.href).toContain("/openapi/token/latest-price?token_id=12");
  expect(await venue.getPrice("12", call())).toBeNull();
  expect(await venue.getPrice("12", call())).toBeNull();
  expect((await errorOf(venue.getPrice("12", call()))).code).toBe("INVALID_RESPONSE");
});

test("the leaderboard is read from the front end, in either shape, without the key", async () => {
  const ranks = [
    { walletAddress: WALLET, userName: "whale", rankingValue: "12.50" },
    { walletAddress: "?" },
  ];
  const { venue, requests } = await opinion([ok(ranks), ok({ list: ranks }), ok({ list: null })]);
  for (let count = 0; count < 2; count += 1) {
    const page = await venue.listLeaderboard(call());
    expect(page.total).toBe(2);
    expect(page.entries[0]?.row).toMatchObject({
      address: WALLET.toLowerCase(),
      name: "whale",
      rankValue: "12.5",
    });
    expect(page.entries[1]?.bad?.path).toBe("walletAddress");
  }
  expect(await venue.listLeaderboard(call())).toEqual({ entries: [], total: 0 });
  expect(requests[0]?.url.href).toContain("/front/leaderboard?limit=100&dataType=volume");
  expect(requests[0]?.headers).not.toHaveProperty("apikey");
});

test("what is logged about a failed attempt names the call and never the key", async () => {
  const lines: string[] = [];
  const logger = {
    ...silent,
    warn: (...parts: unknown[]) => void lines.push(JSON.stringify(parts)),
  } as typeof silent;
  const { venue } = await opinion([failed(11_002, `invalid API key ${KEY}`)], { logger });
  const error = await errorOf(venue.listTrades(WALLET, 1, call()));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("/trade/user/");
  expect(lines[0]).toContain("INVALID_CREDENTIALS");
  expect(
    JSON.stringify([lines, error.message, error.userMessage, String(error.cause)]),
  ).not.toContain(KEY);
});

test("the registry makes the venues of the environment", () => {
  const env = parseEnv({ OPINION_API_KEY: KEY, OPINION_REQUESTS_PER_SECOND: "9" }, "live");
  const [venue, ...others] = createVenues(env, { clock: systemClock, logger: silent });
  expect(venue).toMatchObject({ id: "opinion", readsWallets: true, requestsPerSecond: 9 });
  expect(others).toEqual([]);
});
