import { expect, onTestFinished, test } from "vitest";
import { FAULT_KINDS } from "./faults.ts";
import { startDemoVenue } from "./server.ts";

const STARTED_AT = Date.UTC(2026, 10, 22, 12);

async function venue() {
  const clock = { now: STARTED_AT };
  const demo = await startDemoVenue({
    seed: "faults",
    startedAt: STARTED_AT,
    now: () => clock.now,
    requestsPerSecond: null,
    historyFills: 500,
    whales: 3,
    markets: 50,
  });
  onTestFinished(() => demo.close());
  const wallet = demo.world.wallets()[0]?.wallet ?? "";
  const get = (path: string) => fetch(demo.url + path, { headers: { apikey: demo.apiKey } });
  const fault = (body: unknown) =>
    fetch(`${demo.url}/__faults`, { method: "POST", body: JSON.stringify(body) });
  const trades = (page = 1) => get(`/openapi/trade/user/${wallet}?limit=20&page=${page}`);
  return { ...demo, clock, wallet, get, fault, trades };
}

test("429s come with seconds, with a date and without Retry-After", async () => {
  const demo = await venue();
  expect((await demo.fault({ kind: "rate-limit-seconds", count: 1, retryAfter: 3 })).status).toBe(
    201,
  );
  const counted = await demo.trades();
  expect([counted.status, counted.headers.get("retry-after")]).toEqual([429, "3"]);
  await demo.fault({ kind: "rate-limit-date", count: 1, retryAfter: 3 });
  const dated = await demo.trades();
  expect(dated.status).toBe(429);
  expect(Date.parse(dated.headers.get("retry-after") ?? "")).toBe(STARTED_AT + 3_000);
  await demo.fault({ kind: "rate-limit-bare", count: 1 });
  const bare = await demo.trades();
  expect([bare.status, bare.headers.get("retry-after")]).toEqual([429, null]);
  expect((await demo.trades()).status).toBe(200);
});

test("server errors, HTML and the geo block take the reply's place for as many requests as asked", async () => {
  const demo = await venue();
  await demo.fault({ kind: "server-error", count: 3 });
  const statuses = [];
  for (let count = 0; count < 4; count++) statuses.push((await demo.trades()).status);
  expect(statuses).toEqual([500, 502, 503, 200]);
  await demo.fault({ kind: "html", count: 1 });
  const html = await demo.trades();
  expect([html.status, html.headers.get("content-type")]).toEqual([
    200,
    "text/html; charset=utf-8",
  ]);
  expect(await html.text()).toContain("<html");
  await demo.fault({ kind: "geo", count: 1 });
  expect(await (await demo.trades()).json()).toEqual({
    errmsg: "Invalid area",
    errno: 10403,
    result: null,
  });
});

test("connections are reset; an outage alternates 503 and resets and ends by the clock", async () => {
  const demo = await venue();
  await demo.fault({ kind: "reset", count: 1 });
  await expect(demo.trades()).rejects.toThrow("fetch failed");
  await demo.fault({ kind: "outage", seconds: 60 });
  expect((await demo.trades()).status).toBe(503);
  await expect(demo.get("/openapi/market")).rejects.toThrow("fetch failed");
  demo.clock.now += 61_000;
  expect((await demo.trades()).status).toBe(200);
});

test("a truncated body breaks off or is not JSON", async () => {
  const demo = await venue();
  await demo.fault({ kind: "truncated", count: 2, match: "trades" });
  const broken = await demo.trades();
  await expect(broken.text()).rejects.toThrow("terminated");
  const short = await demo.trades();
  const text = await short.text();
  expect(Buffer.byteLength(text)).toBe(Number(short.headers.get("content-length")));
  expect(() => JSON.parse(text)).toThrow(SyntaxError);
  expect((await demo.get("/openapi/market")).status).toBe(200);
});

test("slow replies are real replies, later; closing the venue does not wait for them", async () => {
  const demo = await venue();
  await demo.fault({ kind: "slow", delayMs: 150, count: 1 });
  const before = performance.now();
  expect((await demo.trades()).status).toBe(200);
  expect(performance.now() - before).toBeGreaterThan(140);
  await demo.fault({ kind: "slow" });
  const waiting = expect(demo.trades()).rejects.toThrow("fetch failed");
  await demo.get("/__faults");
  await demo.close();
  await waiting;
});

test("one or two rows per page are malformed while the fault lasts, and fine afterwards", async () => {
  const demo = await venue();
  const lists = [
    `/openapi/trade/user/${demo.wallet}?limit=20`,
    "/openapi/market?limit=20",
    "/api/bsc/api/v2/leaderboard",
  ];
  for (const path of lists) {
    const healthy = (await (await demo.get(path)).json()).result;
    await demo.fault({ kind: "malformed-rows", count: 1 });
    const broken = (await (await demo.get(path)).json()).result;
    const differing = broken.list.filter(
      (row: unknown, place: number) => JSON.stringify(row) !== JSON.stringify(healthy.list[place]),
    );
    expect(broken.list).toHaveLength(healthy.list.length);
    expect([1, 2]).toContain(differing.length);
    expect((await (await demo.get(path)).json()).result).toEqual(healthy);
  }
});

test("stale pages show the world of a minute ago, total included", async () => {
  const demo = await venue();
  demo.clock.now += 999;
  const before = await (await demo.trades()).json();
  demo.clock.now += 60_000;
  const fresh = await (await demo.trades()).json();
  expect(fresh.result.total).toBeGreaterThan(before.result.total);
  await demo.fault({ kind: "stale", seconds: 10 });
  expect(await (await demo.trades()).json()).toEqual(before);
});

test("drifting pages: every page request finds one more fill on top, all of them part of the truth", async () => {
  const demo = await venue();
  const before = demo.world.trades({ wallet: demo.wallet }).total;
  await demo.fault({ kind: "drifting", wallet: demo.wallet });
  const first = await (await demo.trades(1)).json();
  const second = await (await demo.trades(2)).json();
  expect([first.result.total, second.result.total]).toEqual([before + 1, before + 2]);
  expect(second.result.list[0]).toEqual(first.result.list[19]);
  await fetch(`${demo.url}/__faults`, { method: "DELETE" });
  const truth = demo.world.trades({ wallet: demo.wallet });
  expect(truth.total).toBe(before + 2);
  expect(truth.list.at(-2)?.txHash).toBe(first.result.list[0].txHash);
});

test("half-failing: even pages fail with 500 and with an empty list in turn, odd pages are fine", async () => {
  const demo = await venue();
  await demo.fault({ kind: "half-failing", match: "trades" });
  expect((await demo.trades(1)).status).toBe(200);
  expect((await demo.trades(2)).status).toBe(500);
  const empty = await (await demo.trades(2)).json();
  expect(empty.result.list).toBeNull();
  expect(empty.result.total).toBeGreaterThan(20);
  expect((await demo.trades(3)).status).toBe(200);
});

test("faults are chosen by address, wallet, page and probability", async () => {
  const demo = await venue();
  await demo.fault({ kind: "server-error", match: "trades", page: 2 });
  const statuses = [await demo.trades(1), await demo.trades(2), await demo.get("/openapi/market")];
  expect(statuses.map(({ status }) => status)).toEqual([200, 500, 200]);
  await fetch(`${demo.url}/__faults`, { method: "DELETE" });
  await demo.fault({ kind: "rate-limit-bare", match: "markets", probability: 0.5 });
  let hits = 0;
  for (let count = 0; count < 60; count++) {
    hits += (await demo.get("/openapi/market?limit=1")).status === 429 ? 1 : 0;
  }
  expect(hits).toBeGreaterThan(15);
  expect(hits).toBeLessThan(45);
  const { faults } = await (await demo.get("/__faults")).json();
  expect(faults).toMatchObject([{ kind: "rate-limit-bare", applied: hits }]);
});

test.each([
  ["not json", "JSON"],
  ["[]", "JSON object"],
  ['{"kind":"flood"}', FAULT_KINDS.join(", ")],
  ['{"kind":"html","match":"moon"}', "markets, market, price, trades, leaderboard, all"],
  ['{"kind":"drifting","match":"price"}', "trades, all"],
  ['{"kind":"html","probability":2}', "from 0 to 1"],
  ['{"kind":"html","count":0}', "above 0"],
  ['{"kind":"html","seconds":"5"}', "seconds"],
  ['{"kind":"html","wallet":"0x1"}', "40 hex digits"],
  ['{"kind":"html","colour":"red"}', "colour"],
])("a bad fault request is answered with 400 and what is allowed: %s", async (body, expected) => {
  const demo = await venue();
  const answer = await fetch(`${demo.url}/__faults`, { method: "POST", body });
  expect(answer.status).toBe(400);
  expect((await answer.json()).error).toContain(expected);
});
