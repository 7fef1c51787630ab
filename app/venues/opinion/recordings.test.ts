import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "~/lib/clock.ts";
import { createLogger } from "~/lib/logger.server.ts";
import type { CallOptions } from "../venue.ts";
import { createOpinionVenue } from "./index.ts";

const RECORDINGS = new URL("../../../tests/recordings/opinion/", import.meta.url);
const WALLET = `0x${"ab".repeat(20)}`;
const call: CallOptions = { priority: "live" };
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** The venue over a host whose every answer is this recording. */
async function venueAnswering(recording: string, status = 200) {
  const body = await readFile(new URL(`${recording}.json`, RECORDINGS));
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await once(server.listen(0, "127.0.0.1"), "listening");
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const retry = { attempts: 1, startingDelayMs: 1, maxDelayMs: 1 };
  return createOpinionVenue({
    apiUrl: url,
    frontendUrl: url,
    apiKey: "key",
    clock: systemClock,
    logger: createLogger("silent"),
    retry,
  });
}

test("every row of the recorded fills is read, equal ones twice, with every digit", async () => {
  const page = await (await venueAnswering("trades")).listTrades(WALLET, 1, call);
  const rows = page.entries.map((entry) => entry.row);
  expect(page.total).toBe(10);
  expect(rows.map((row) => row?.side)).toEqual([
    "sell",
    "buy",
    "buy",
    "buy",
    "split",
    "merge",
    "buy",
    "buy",
    "sell",
    "redeem",
  ]);
  expect(rows[2]).toEqual(rows[3]);
  expect(rows[1]).toMatchObject({ amount: "0.7987760000000000008", fee: "0.250000000000000001" });
  expect(rows[4]).toMatchObject({ shares: "0", amount: "100", parentExternalId: null });
  expect(rows[6]).toMatchObject({
    fee: "4.83799999999999999",
    outcomeSide: "no",
    outcomeLabel: "Northvale Foxes",
  });
  expect(rows[7]?.fee).toBe("-0.104089333199999999");
  expect(rows[0]).toMatchObject({ marketExternalId: "26356", parentExternalId: "1277" });
});

test("the recorded catalog holds a parent and a binary of the same number as two markets", async () => {
  const page = await (await venueAnswering("market-list")).listMarkets(1, call);
  expect(page.total).toBe(4);
  expect(
    page.entries.map((entry) =>
      entry.row?.map((row) => [row.kind, row.externalId, row.parentExternalId, row.status]),
    ),
  ).toEqual([
    [
      ["categorical", "1277", null, "activated"],
      ["binary", "26356", "1277", "activated"],
      ["binary", "26357", "1277", "activated"],
      ["binary", "26358", "1277", "resolved"],
    ],
    [["binary", "26410", null, "activated"]],
    [["binary", "26417", null, "activated"]],
    [["binary", "1277", null, "activated"]],
  ]);
  const [parent, , withoutCutoff] = page.entries[0]?.row ?? [];
  expect(withoutCutoff?.cutoffAt).toEqual(parent?.cutoffAt);
  expect(page.entries[1]?.row?.[0]?.conditionId).toBeNull();
});

test("the recorded details fill what the list leaves blank", async () => {
  const binary = { kind: "binary", externalId: "26410" } as const;
  const detail = await (await venueAnswering("market-detail")).getMarket(binary, call);
  expect(detail?.entries[0]?.row?.[0]?.conditionId).toMatch(/^[0-9a-f]{64}$/);
  const categorical = { kind: "categorical", externalId: "1277" } as const;
  const family = await (await venueAnswering("categorical-detail")).getMarket(categorical, call);
  expect(family?.entries[0]?.row).toHaveLength(4);
  const child = { kind: "binary", externalId: "26356" } as const;
  const alone = await (await venueAnswering("market-detail-child")).getMarket(child, call);
  expect(alone?.entries[0]?.row?.[0]).toMatchObject({ kind: "binary", parentExternalId: null });
});

test("recorded lists in the documented envelope, and empty ones, are read", async () => {
  const total = async (recording: string) =>
    (await (await venueAnswering(recording)).listTrades(WALLET, 1, call)).entries.length;
  expect(await total("trades-code-msg")).toBe(1);
  expect(await total("trades-empty")).toBe(0);
  expect((await (await venueAnswering("market-list-code-msg")).listMarkets(1, call)).total).toBe(1);
  expect((await (await venueAnswering("market-list-empty")).listMarkets(1, call)).total).toBe(0);
});

test("recorded prices, ranks and errors are read", async () => {
  const price = async (recording: string, tokenId: string) =>
    (await venueAnswering(recording)).getPrice(tokenId, call);
  const traded = "24790969627963983812388460958769638961813012815486457995579220268614949986869";
  const untraded = "21592498279796869231373571783031917034418961241084928346608975439960710377983";
  expect(await price("latest-price", traded)).toMatchObject({ price: "0.719" });
  expect(await price("latest-price-never-traded", untraded)).toBeNull();
  const ranks = await (await venueAnswering("leaderboard")).listLeaderboard(call);
  expect(ranks.entries.map((entry) => entry.row?.name)).toEqual(["quietharbor", null, "0xMarlin"]);
  expect(ranks.entries[1]?.row?.address).toBe("0x06f8faea3b5f697691b6d063a07ba4ffaf1ece9a");

  const market = { kind: "binary", externalId: "1" } as const;
  for (const unknown of ["error-not-found", "error-not-found-code-msg"]) {
    expect(await (await venueAnswering(unknown)).getMarket(market, call)).toBeNull();
  }
  for (const [recording, status, code] of [
    ["error-geo", 200, "UNAUTHORIZED"],
    ["error-parameter", 200, "INVALID_INPUT"],
    ["error-unauthorized", 401, "INVALID_CREDENTIALS"],
  ] as const) {
    const venue = await venueAnswering(recording, status);
    await expect(venue.listMarkets(1, call)).rejects.toMatchObject({ code, retryable: false });
  }
});
