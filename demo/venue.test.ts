import { expect, onTestFinished, test } from "vitest";
import { type DemoVenueOptions, startDemoVenue } from "./server.ts";

const STARTED_AT = Date.UTC(2026, 10, 22, 12);

async function venue(options: DemoVenueOptions = {}) {
  const clock = { now: STARTED_AT };
  const started = await startDemoVenue({
    seed: "test",
    startedAt: STARTED_AT,
    now: () => clock.now,
    requestsPerSecond: null,
    historyFills: 600,
    whales: 8,
    markets: 25,
    ...options,
  });
  onTestFinished(() => started.close());
  const get = async (path: string, apiKey: string | null = started.apiKey) => {
    const response = await fetch(started.url + path, {
      headers: apiKey === null ? {} : { apikey: apiKey },
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  return { ...started, clock, get };
}

type Demo = Awaited<ReturnType<typeof venue>>;
type WireTrade = Record<string, string & number>;

async function readWallet(demo: Demo, wallet: string): Promise<WireTrade[]> {
  const rows: WireTrade[] = [];
  for (let page = 1; ; page++) {
    const { body } = await demo.get(`/openapi/trade/user/${wallet}?page=${page}&limit=20`);
    expect(body.errno).toBe(0);
    if (body.result.list === null) {
      expect(rows).toHaveLength(body.result.total);
      return rows;
    }
    rows.push(...body.result.list);
  }
}

const canonical = (text: string): string =>
  text.includes(".") ? text.replace(/\.?0+$/, "") : text;

function identityOf(row: WireTrade): string {
  const side = row.outcomeSide === 1 ? "yes" : "no";
  const fee = canonical(String(row.feeFormatted ?? row.fee));
  const figures = [row.price, row.shares, row.amount].map((text) => canonical(String(text)));
  return [
    row.txHash,
    row.marketId,
    side,
    String(row.side).toLowerCase(),
    ...figures,
    fee,
    row.createdAt,
  ].join(" ");
}

test("reading every page of every wallet gives exactly the truth, oldest last", async () => {
  const demo = await venue();
  const wallets = demo.world.wallets();
  expect(wallets).toHaveLength(8);
  for (const { wallet, trades } of wallets) {
    const rows = await readWallet(demo, wallet);
    const truth = demo.world.trades({ wallet });
    expect(truth.total).toBe(trades);
    const expected = truth.list.map((row) =>
      [
        row.txHash,
        row.marketId,
        row.outcomeSide,
        row.side,
        row.price,
        row.shares,
        row.amount,
        row.fee,
        row.createdAt,
      ].join(" "),
    );
    expect(rows.map(identityOf)).toEqual(expected.reverse());
  }
  expect(demo.world.trades().total).toBe(600);
});

test("late fills appear in their place: the total grows and older rows shift", async () => {
  const demo = await venue({ historyFills: 0, whales: 1, tradesPerSecond: 20 });
  const [{ wallet = "" } = {}] = demo.world.wallets();
  demo.clock.now += 60_000;
  const before = demo.world.trades({ wallet });
  const rowsBefore = await readWallet(demo, wallet);
  demo.clock.now += 120_000;
  const cutoff = STARTED_AT / 1000 + 60;
  const after = demo.world.trades({ wallet }).list.filter((row) => row.createdAt < cutoff);
  const newcomers = after.length - before.list.filter((row) => row.createdAt < cutoff).length;
  expect(newcomers).toBeGreaterThan(0);
  const rows = (await readWallet(demo, wallet)).filter((row) => Number(row.createdAt) < cutoff);
  expect(rows).toHaveLength(after.length);
  const known = new Set(rows.map(identityOf));
  expect(rowsBefore.every((row) => known.has(identityOf(row)))).toBe(true);
});

test("equal fills of a transaction are numbered 0, 1, 2 in the truth", async () => {
  const demo = await venue({ historyFills: 3_000 });
  const groups = new Map<string, number[]>();
  for (const row of demo.world.trades().list) {
    const { ordinal, ...fill } = row;
    const key = JSON.stringify(fill);
    groups.set(key, [...(groups.get(key) ?? []), ordinal]);
  }
  const repeated = [...groups.values()].filter((ordinals) => ordinals.length > 1);
  expect(repeated.length).toBeGreaterThan(20);
  for (const ordinals of groups.values()) expect(ordinals).toEqual([...ordinals.keys()]);
});

test("the truth's pages of one walk show one moment, whatever happens meanwhile", async () => {
  const demo = await venue();
  const whole = demo.world.trades();
  const list = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const { body } = await demo.get(`/__truth/trades?limit=100&cursor=${cursor}`);
    list.push(...body.list);
    cursor = body.nextCursor;
    demo.clock.now += 5_000;
  }
  expect(list).toEqual(whole.list);
  expect(demo.world.trades().total).toBeGreaterThan(whole.total);
  expect((await demo.get("/__truth/trades?cursor=x")).status).toBe(400);
  expect((await demo.get("/__truth/trades?limit=0")).status).toBe(400);
});

test("wallets need the key; a wrong key is refused everywhere but at the front end", async () => {
  const demo = await venue();
  const [{ wallet = "" } = {}] = demo.world.wallets();
  const trades = `/openapi/trade/user/${wallet}`;
  expect((await demo.get(trades, null)).status).toBe(401);
  expect((await demo.get(trades, "wrong")).status).toBe(401);
  expect((await demo.get("/openapi/market", "wrong")).body.errno).toBe(11002);
  expect((await demo.get("/openapi/market", null)).body.errno).toBe(0);
  expect((await demo.get("/api/bsc/api/v2/leaderboard", "wrong")).body.errno).toBe(0);
  const shouted = `/openapi/trade/user/0x${wallet.slice(2).toUpperCase()}`;
  expect((await demo.get(shouted)).body).toEqual((await demo.get(trades)).body);
  const unknown = await demo.get(`/openapi/trade/user/0x${"12".repeat(20)}`);
  expect(unknown.body).toEqual({ errmsg: "", errno: 0, result: { list: null, total: 0 } });
});

test.each([
  "/openapi/market?limit=21",
  "/openapi/market?page=0",
  "/openapi/market?limit=x",
  "/openapi/market?status=open",
  "/openapi/market?marketType=3",
  "/openapi/market?sortBy=9",
  "/openapi/token/latest-price",
  "/openapi/trade/user/harbor",
  "/api/bsc/api/v2/leaderboard?dataType=luck",
])("a bad parameter is error 10000 with HTTP 200: %s", async (path) => {
  const { status, body } = await (await venue()).get(path);
  expect([status, body.errno, body.result]).toEqual([200, 10000, null]);
});

test("the catalog pages without gaps, and numbers mean different things for parents and markets", async () => {
  const demo = await venue();
  const topics = [];
  for (let page = 1; page <= 9; page++) {
    const path = `/openapi/market?marketType=2&status=activated&limit=4&page=${page}`;
    const { body } = await demo.get(path);
    topics.push(...(body.result.list ?? []));
    if (!body.result.list) expect(topics).toHaveLength(body.result.total);
  }
  const parents = topics.filter((topic) => topic.marketType === 1);
  expect(parents.length).toBeGreaterThan(2);
  expect(new Set(topics.map((topic) => topic.slug)).size).toBe(topics.length);
  expect((await demo.get("/openapi/market?limit=20")).body.result.list[0].marketType).toBe(0);
  expect(parents.some((parent) => parent.status === 1)).toBe(true);
  const [parent] = parents;
  const [child] = parent.childMarkets;
  const single = await demo.get(`/openapi/market/${child.marketId}`);
  expect(single.body.result.data.yesTokenId).toBe(child.yesTokenId);
  expect([child.conditionId, single.body.result.data.conditionId.length]).toEqual(["", 64]);
  const whole = await demo.get(`/openapi/market/categorical/${parent.marketId}`);
  expect(whole.body.result.data.slug).toBe(parent.slug);
  const namesake = await demo.get(`/openapi/market/1200`);
  const namesakeParent = await demo.get(`/openapi/market/categorical/1200`);
  expect(namesake.body.result.data.slug).not.toBe(namesakeParent.body.result.data.slug);
  expect((await demo.get(`/openapi/market/categorical/${child.marketId}`)).body.errno).toBe(10200);
  expect((await demo.get("/openapi/market/99999999")).body.errno).toBe(10200);
});

test("the price of a token is that of its market's last fill; never traded is 0", async () => {
  const demo = await venue();
  const last = demo.world.trades().list.findLast(({ side }) => side === "buy" || side === "sell");
  const { body } = await demo.get(`/openapi/market/${last?.marketId}`);
  const { yesTokenId, noTokenId } = body.result.data;
  const yes = await demo.get(`/openapi/token/latest-price?token_id=${yesTokenId}`);
  const no = await demo.get(`/openapi/token/latest-price?token_id=${noTokenId}`);
  const traded = last?.outcomeSide === "yes" ? yes : no;
  expect(traded.body.result).toMatchObject({
    price: last?.price,
    size: last?.shares,
    timestamp: (last?.createdAt ?? 0) * 1000,
  });
  expect(Number(yes.body.result.price) + Number(no.body.result.price)).toBeCloseTo(1, 10);
  const empty = await venue({ historyFills: 0 });
  const fresh = (await empty.get("/openapi/market")).body.result.list[0];
  const never = await empty.get(`/openapi/token/latest-price?token_id=${fresh.yesTokenId}`);
  expect(never.body.result).toMatchObject({ price: "0", timestamp: 0 });
});

test("the leaderboard names every wallet, by volume", async () => {
  const demo = await venue();
  const { body } = await demo.get(
    "/api/bsc/api/v2/leaderboard?limit=100&dataType=volume&chainId=56&period=0",
  );
  const rows: { walletAddress: string; rankingValue: string }[] = body.result.list;
  expect(new Set(rows.map((row) => row.walletAddress.toLowerCase()))).toEqual(
    new Set(demo.world.wallets().map(({ wallet }) => wallet)),
  );
  const values = rows.map((row) => Number(row.rankingValue));
  expect(values).toEqual([...values].sort((a, b) => b - a));
});

test("the 16th request with a key and the 6th without it within a second are refused", async () => {
  const demo = await venue({ requestsPerSecond: undefined });
  const burst = async (count: number, key: string | null) => {
    const answers = await Promise.all(
      Array.from({ length: count }, () =>
        fetch(`${demo.apiUrl}/market?limit=1`, { headers: key ? { apikey: key } : {} }),
      ),
    );
    return answers.filter((answer) => answer.status === 429).length;
  };
  expect(await burst(18, demo.apiKey)).toBe(3);
  expect(await burst(8, null)).toBe(3);
  const { body: report } = await demo.get("/__truth/requests");
  expect(report).toMatchObject({ total: 26, refused: 6, byKind: { markets: 26 } });
  expect(report.maxPerSecondByClient.key).toBe(18);
  const answer = await fetch(`${demo.frontendUrl}/leaderboard`);
  expect(answer.headers.get("ratelimit-limit")).toBe("5");
});
