import { expect, test } from "vitest";
import { systemClock } from "~/lib/clock.ts";
import { createLogger } from "~/lib/logger.server.ts";
import type { AttemptRecord } from "~/reliability/attempts.server.ts";
import { createRedactor } from "~/reliability/redaction.ts";
import { type Answer, type Handler, venueHost } from "../../../tests/venue-host.ts";
import { createOpinionVenue } from "./index.ts";

const KEY = "secret-key-0123456789";
const TOKEN = "admin-token-0123456789";
const WALLET = `0x${"ab".repeat(20)}`;
const EMPTY = { body: { errno: 0, errmsg: "", result: { total: 0, list: [] } } };

/** Calls `listMarkets(1)` on a host that answers so, and keeps its attempts and log lines. */
async function callOf(answers: (Answer | Handler)[]) {
  const host = await venueHost(...answers);
  const records: AttemptRecord[] = [];
  const lines: string[] = [];
  const redact = createRedactor({ OPINION_API_KEY: KEY, ADMIN_TOKEN: TOKEN });
  const venue = createOpinionVenue({
    apiUrl: `${host.url}/openapi`,
    frontendUrl: `${host.url}/front`,
    apiKey: KEY,
    requestsPerSecond: 100,
    clock: systemClock,
    redact,
    logger: createLogger("debug", redact, { write: (line) => void lines.push(line) }),
    retry: { attempts: 3, startingDelayMs: 2, maxDelayMs: 4 },
    timeoutMs: 100,
  });
  const attempts = { record: async (record: AttemptRecord) => void records.push(record) };
  const call = { priority: "live" as const, attempts };
  const outcome = await venue.listMarkets(1, call).then(
    () => "answered",
    (error: unknown) => error,
  );
  return { venue, call, host, records, lines, outcome };
}

test("every HTTP attempt of a call is recorded: what was asked, what came, how long the turn was waited for", async () => {
  const limited: Answer = { status: 429, headers: { "retry-after": "1" }, body: "slow down" };
  const cut: Handler = (request) => request.socket.destroy();
  const { records, outcome } = await callOf([limited, cut, EMPTY]);
  expect(outcome).toBe("answered");
  const request =
    "GET /openapi/market?page=1&limit=20&chainId=56&status=activated&marketType=2&sortBy=1";
  expect(records).toMatchObject([
    {
      request,
      number: 1,
      status: "retryable",
      code: "RATE_LIMITED",
      data: { status: 429, retryAfterMs: 1_000, bytes: 9 },
    },
    { request, number: 2, status: "retryable", code: "SERVICE_UNAVAILABLE" },
    {
      request,
      number: 3,
      status: "success",
      code: null,
      message: null,
      data: { status: 200, bytes: JSON.stringify(EMPTY.body).length },
    },
  ]);
  const [first, second] = records;
  expect(Object.keys(second?.data ?? {})).toEqual(["waitMs"]);
  // The host asked for a second, which the attempt after it waits for within its own time.
  const heldMs = 1_000 - 4 - 2;
  expect(second?.data?.waitMs).toBeGreaterThanOrEqual(heldMs);
  expect(second?.durationMs).toBeGreaterThanOrEqual(heldMs);
  expect((first?.startedAt.getTime() ?? 0) + (first?.durationMs ?? 0)).toBeLessThan(
    (second?.startedAt.getTime() ?? 0) + 10,
  );
});

test("what cannot be mended is one fatal attempt; what cannot be read is retryable, each with its size", async () => {
  const refused = await callOf([{ status: 403, body: "" }]);
  expect(refused.records).toMatchObject([
    { status: "fatal", code: "UNAUTHORIZED", data: { status: 403, bytes: 0 } },
  ]);
  const garbled = await callOf([{ body: "<html>é" }]);
  expect(garbled.records.map(({ status, code, data }) => ({ status, code, data }))).toEqual(
    Array.from({ length: 3 }, () => ({
      status: "retryable",
      code: "INVALID_RESPONSE",
      data: { status: 200, bytes: 8, waitMs: expect.any(Number) },
    })),
  );
  expect(garbled.outcome).toMatchObject({ code: "MAX_RETRIES_EXCEEDED", retryable: true });
});

test("a call that the host's pause refuses is an attempt too, with no reply", async () => {
  const { venue, call, records } = await callOf([
    { status: 429, headers: { "retry-after": "120" }, body: "" },
  ]);
  await expect(venue.listTrades(WALLET, 1, call)).rejects.toMatchObject({ code: "RATE_LIMITED" });
  expect(records).toHaveLength(2);
  expect(records[1]).toMatchObject({
    request: `GET /openapi/trade/user/${WALLET}?page=1&limit=20&chainId=56`,
    code: "RATE_LIMITED",
    data: { waitMs: expect.any(Number) },
  });
});

test("secrets that a host plants in its bodies, headers and redirects reach no error, attempt or log line", async () => {
  const planted: Answer[] = [
    { status: 500, body: { apikey: KEY, admin: TOKEN } },
    { body: { errno: 10_000, errmsg: `bad key ${KEY}, ${TOKEN}`, result: null } },
    { status: 401, body: { errno: 11_002, errmsg: `no ${encodeURIComponent(KEY)}` } },
    { status: 302, headers: { location: `http://${KEY}.example/?token=${TOKEN}` }, body: KEY },
    { status: 429, headers: { "retry-after": KEY }, body: TOKEN },
    { body: `<html>${KEY}${TOKEN}` },
    { body: { errno: 0, errmsg: "", result: { total: KEY, list: [{ [KEY]: TOKEN }] } } },
  ];
  for (const answer of planted) {
    const { outcome, records, lines } = await callOf([answer]);
    const chain: unknown[] = [];
    for (let error = outcome; error instanceof Error; error = error.cause) {
      chain.push(error.message, (error as { userMessage?: string }).userMessage);
    }
    expect(chain.length, JSON.stringify(answer)).toBeGreaterThan(0);
    expect(lines.length).toBeGreaterThan(0);
    const said = JSON.stringify([chain, records, lines]);
    expect(said).not.toContain(KEY);
    expect(said).not.toContain(TOKEN);
  }
});

test("a bad row is handed on without the secrets that it holds", async () => {
  const row = { marketId: [TOKEN], marketTitle: `key ${KEY}`, [KEY]: 1 };
  const { venue, call } = await callOf([
    { body: { errno: 0, errmsg: "", result: { total: 1, list: [row] } } },
  ]);
  const { entries } = await venue.listMarkets(1, call);
  expect(entries).toMatchObject([
    { bad: { payload: { marketId: ["[redacted]"], marketTitle: "key [redacted]" } } },
  ]);
  expect(JSON.stringify(entries)).not.toMatch(/0123456789/);
});
