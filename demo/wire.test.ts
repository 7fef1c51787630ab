import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DemoVenue, startDemoVenue } from "./server.ts";

const RECORDINGS = new URL("../tests/recordings/opinion/", import.meta.url);
/** Bodies recorded at the real venue, where a folder with them lies beside the checkout. */
const ORIGINALS = new URL("../../shared/fixtures/", import.meta.url);

type Row = Record<string, unknown>;

let venue: DemoVenue;
let trades: Row[];
beforeAll(async () => {
  const startedAt = Date.UTC(2026, 10, 22, 12);
  venue = await startDemoVenue({
    seed: "wire",
    startedAt,
    now: () => startedAt,
    requestsPerSecond: null,
  });
  trades = await allTrades();
});
afterAll(() => venue.close());

function recorded(name: string, folder = RECORDINGS) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
}

async function get(path: string, headers: Record<string, string> = { apikey: venue.apiKey }) {
  return (await fetch(venue.url + path, { headers })).json();
}

/** Every field with its JSON type, nested ones dotted; the members of lists of values share one entry. */
function shape(value: unknown, path = ""): string[] {
  if (value === null) return [`${path}: null`];
  if (Array.isArray(value)) {
    const members = value.filter((member) => typeof member !== "object");
    return [`${path}: list`, ...new Set(members.flatMap((member) => shape(member, `${path}[]`)))];
  }
  if (typeof value !== "object") return [`${path}: ${typeof value}`];
  return Object.entries(value)
    .flatMap(([name, member]) => shape(member, `${path}.${name}`))
    .sort();
}

const shapes = (rows: Row[]): Set<string> => new Set(rows.map((row) => shape(row).join("\n")));
const childrenOf = (rows: Row[]): Row[] =>
  rows.flatMap((row) => (row.childMarkets as Row[] | null) ?? []);

async function catalog(): Promise<Row[]> {
  const rows: Row[] = [];
  for (let page = 1; page <= 40; page++) {
    rows.push(
      ...((await get(`/openapi/market?marketType=2&limit=20&page=${page}`)).result.list ?? []),
    );
  }
  return rows;
}

async function allTrades(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { wallet } of venue.world.wallets().slice(0, 12)) {
    for (let page = 1; page <= 40; page++) {
      const path = `/openapi/trade/user/${wallet}?limit=20&page=${page}`;
      rows.push(...((await get(path)).result.list ?? []));
    }
  }
  return rows;
}

test("the catalog has the recorded fields: binaries, parents and children", async () => {
  const rows = await catalog();
  const known: Row[] = recorded("market-list").result.list;
  for (const marketType of [0, 1]) {
    const ours = shapes(rows.filter((row) => row.marketType === marketType));
    expect(ours).toEqual(shapes(known.filter((row) => row.marketType === marketType)));
  }
  expect(shapes(childrenOf(rows))).toEqual(shapes(childrenOf(known)));
});

test("details have the recorded fields, the condition filled", async () => {
  const rows = await catalog();
  const binary = rows.find((row) => row.marketType === 0);
  const parent = rows.find((row) => row.marketType === 1);
  const child = childrenOf(rows)[0];
  const pairs = [
    [await get(`/openapi/market/${binary?.marketId}`), recorded("market-detail")],
    [await get(`/openapi/market/${child?.marketId}`), recorded("market-detail-child")],
    [await get(`/openapi/market/categorical/${parent?.marketId}`), recorded("categorical-detail")],
  ];
  for (const [ours, known] of pairs) {
    expect(shape(ours)).toEqual(shape(known));
    expect(ours.result.data.conditionId.length).toBe(known.result.data.conditionId.length);
  }
});

test("trades have the recorded fields, fees as text and as number, and all recorded sides", async () => {
  const rows = trades;
  const known: Row[] = recorded("trades").result.list;
  expect(shapes(rows)).toEqual(shapes(known));
  expect(new Set(rows.map((row) => row.side))).toEqual(new Set(known.map((row) => row.side)));
  expect(rows.some((row) => row.profit === "")).toBe(true);
  expect(rows.some((row) => typeof row.fee === "number" && row.fee < 0)).toBe(true);
});

test("prices, the leaderboard, empty lists and errors have the recorded form", async () => {
  const rows = await catalog();
  const traded = rows.find((row) => row.marketType === 0 && row.volume !== "0");
  const path = (token: unknown): string => `/openapi/token/latest-price?token_id=${token}`;
  expect(shape(await get(path(traded?.yesTokenId)))).toEqual(shape(recorded("latest-price")));
  const board = await get("/api/bsc/api/v2/leaderboard?limit=100");
  expect(shapes(board.result.list)).toEqual(shapes(recorded("leaderboard").result.list));
  expect(Object.keys(board.result)).toEqual(Object.keys(recorded("leaderboard").result));
  const empty = `/openapi/trade/user/0x${"ab".repeat(20)}`;
  expect(await get(empty)).toEqual(recorded("trades-empty"));
  expect(await get("/openapi/market?page=900")).toMatchObject({ result: { list: null } });
  expect(await get("/openapi/market/999999999")).toEqual(recorded("error-not-found"));
  expect(await get("/openapi/token/latest-price")).toEqual(recorded("error-parameter"));
  expect(await get(empty, { apikey: "wrong" })).toEqual(recorded("error-unauthorized"));
});

test("a market nobody trades in answers like the recorded one that was never traded", async () => {
  const rows = await catalog();
  const quiet = rows.find((row) => row.marketType === 0 && row.volume === "0");
  const { result } = await get(`/openapi/token/latest-price?token_id=${quiet?.yesTokenId}`);
  const { tokenId: _, ...known } = recorded("latest-price-never-traded").result;
  expect(result).toMatchObject(known);
});

test("all amounts that are scaled by 10^18 agree with the unscaled ones", () => {
  for (const row of trades) {
    const [whole = "", decimals = ""] = String(row.amount).split(".");
    const scaled = BigInt(whole + decimals.padEnd(36, "0"));
    expect(BigInt(String(row.usdAmount).replace(".", ""))).toBe(scaled);
  }
});

describe.skipIf(!existsSync(ORIGINALS))("beside the real venue's own bodies", () => {
  test("binaries have exactly the fields of the real ones", async () => {
    const real: Row[] = recorded("opinion-market-list.real", ORIGINALS).result.list;
    const ours = (await catalog()).filter((row) => row.marketType === 0);
    expect(shapes(ours)).toEqual(shapes(real));
  });
  test("trades with a fee as text have exactly the fields of the real ones", async () => {
    const real: Row[] = recorded("opinion-trade-user.real", ORIGINALS).result.list;
    const ours = trades.filter((row) => typeof row.fee === "string");
    expect(shapes(ours)).toEqual(shapes(real));
  });
  test("errors are those of the real venue", async () => {
    expect(recorded("error-not-found")).toEqual(
      recorded("opinion-error-not-found.real", ORIGINALS),
    );
    expect(recorded("error-geo")).toEqual(recorded("opinion-error-geo.real", ORIGINALS));
  });
});
