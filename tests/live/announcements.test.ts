import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { recordPrices } from "~/features/markets/prices.server.ts";
import { markGone, upsertMarkets } from "~/features/markets/upsert.server.ts";
import { closeCutOff } from "~/features/syncs/cut-off.server.ts";
import {
  closeOverdueSyncs,
  closeSync,
  failSync,
  markExecuting,
  openSync,
  skipSync,
} from "~/features/syncs/sync-log.server.ts";
import {
  beginPart,
  NO_COUNTS,
  noteFailedAttempt,
  reportPart,
} from "~/features/syncs/sync-parts.server.ts";
import { tradeKey } from "~/features/trades/identity.ts";
import { storePage } from "~/features/trades/store-page.server.ts";
import { claimDueWhales } from "~/features/whales/claim.server.ts";
import { followWhale, unfollowWhale } from "~/features/whales/commands.server.ts";
import { computeStats } from "~/features/whales/compute-stats.server.ts";
import { followLeaderboard } from "~/features/whales/discover.server.ts";
import { importWhales } from "~/features/whales/import.server.ts";
import { announce } from "~/lib/live.server.ts";
import type { MarketRow, TradeRow } from "~/lib/rows.ts";
import { addressOf } from "../api/seed.ts";
import { testDatabase } from "../database.ts";
import { listening, startListening } from "./listening.ts";

const database = await testDatabase();
const { db } = database;
const NOW = new Date("2026-03-01T12:00:00.000Z");
const services = { db, clock: { now: () => NOW.getTime() }, venues: [{ id: "opinion" }] };

let during: Awaited<ReturnType<typeof listening>>["during"];
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ during, stop } = await listening(database));
});
afterAll(() => stop());
beforeEach(() => database.reset());

async function makeStream() {
  const wallet = addressOf(1);
  const whale = await db.whale.create({
    data: { venue: "opinion", address: wallet, source: "manual", followed: true },
  });
  const { id } = await db.streamState.create({
    data: { venue: "opinion", kind: "trades", wallet },
  });
  return { id, venue: "opinion", wallet, whaleId: whale.id };
}

function pageOf(wallet: string, count: number) {
  const trades = Array.from({ length: count }, (_, n) => {
    const row: TradeRow = {
      venue: "opinion",
      wallet,
      txHash: `0x${n}`,
      marketExternalId: "7",
      marketTitle: "Market 7",
      parentExternalId: null,
      parentTitle: null,
      outcomeSide: "yes",
      outcomeLabel: "YES",
      side: "buy",
      price: "0.5",
      shares: "1",
      amount: "0.5",
      fee: "0",
      tradedAt: NOW,
    };
    return { row, key: tradeKey(row), ordinal: 0 };
  });
  const progress = { watermark: null, covered: [], rereadUntil: null, completeSince: null };
  return { trades, bad: [], progress, joined: null };
}

describe("trades", () => {
  test("a page with a fill nobody had is told, the same page again is not", async () => {
    const stream = await makeStream();
    const page = pageOf(stream.wallet, 2);
    expect(await during(() => storePage(db, stream, page, NOW))).toEqual(["trades"]);
    expect(await during(() => storePage(db, stream, page, NOW))).toEqual([]);
    expect(await during(() => storePage(db, stream, pageOf(stream.wallet, 0), NOW))).toEqual([]);
  });

  test("the page that joins a read is told, too", async () => {
    const stream = await makeStream();
    const joined = { floor: 0, topTotal: 1, atTrueEnd: true };
    const page = { ...pageOf(stream.wallet, 1), joined };
    expect(await during(() => storePage(db, stream, page, NOW))).toEqual(["trades"]);
  });
});

describe("markets", () => {
  const market: MarketRow = {
    venue: "opinion",
    kind: "binary",
    externalId: "7",
    parentExternalId: null,
    title: "Market 7",
    slug: null,
    rules: null,
    status: "activated",
    yesLabel: "YES",
    noLabel: "NO",
    yesTokenId: "1",
    noTokenId: "2",
    conditionId: null,
    questionId: null,
    resultSide: null,
    volume: "1",
    volume24h: "1",
    volume7d: "1",
    quoteToken: null,
    chainId: null,
    labels: [],
    thumbnailUrl: null,
    openedAt: null,
    cutoffAt: null,
    resolvedAt: null,
  };
  const later = new Date(NOW.getTime() + 60_000);

  test("a new and a changed market are told, one that is as it was is not", async () => {
    expect(await during(() => upsertMarkets(db, [market], NOW))).toEqual(["markets"]);
    expect(await during(() => upsertMarkets(db, [market], later))).toEqual([]);
    const traded = { ...market, volume: "2" };
    expect(await during(() => upsertMarkets(db, [traded], later))).toEqual(["markets"]);
    expect(await during(() => upsertMarkets(db, [], later))).toEqual([]);
  });

  test("a price is told when it has changed", async () => {
    await upsertMarkets(db, [market], NOW);
    const { id } = await db.market.findFirstOrThrow();
    const priced = (price: string, at: Date) => [
      { marketId: id, price: { tokenId: "1", price, at } },
    ];
    expect(await during(() => recordPrices(db, priced("0.4", NOW), NOW))).toEqual(["markets"]);
    expect(await during(() => recordPrices(db, priced("0.4", later), later))).toEqual([]);
    const none = [{ marketId: id, price: null }];
    expect(await during(() => recordPrices(db, none, later))).toEqual([]);
  });

  test("a market that is gone is told", async () => {
    await upsertMarkets(db, [market], NOW);
    const { id } = await db.market.findFirstOrThrow();
    expect(await during(() => markGone(db, [id], later))).toEqual(["markets"]);
  });
});

describe("whales", () => {
  const wallet = { venue: "opinion", address: addressOf(5) } as const;

  test("following, labelling and unfollowing are told", async () => {
    const follow = (label?: string) => followWhale(services, { ...wallet, label });
    expect(await during(() => follow())).toEqual(["whales"]);
    expect(await during(() => follow("Mine"))).toEqual(["whales"]);
    const { id } = await db.whale.findFirstOrThrow();
    expect(await during(() => unfollowWhale(db, id))).toEqual(["whales"]);
  });

  test("an import and a leaderboard are told when they change something", async () => {
    const rows = [{ ...wallet, label: "Mine", line: 1 }];
    const load = () => importWhales(services, rows, { relabel: false });
    expect(await during(load)).toEqual(["whales"]);
    expect(await during(load)).toEqual([]);
    const board = [{ ...wallet, name: "Big", rankValue: "5" }];
    const discover = () => followLeaderboard(db, board, NOW);
    expect(await during(discover)).toEqual(["whales"]);
    expect(await during(discover)).toEqual([]);
  });

  test("computed figures are told", async () => {
    await makeStream();
    expect(await during(() => computeStats(db, 0, NOW))).toEqual(["whales"]);
    expect(await during(() => computeStats(db, 1_000_000, NOW))).toEqual([]);
  });
});

describe("syncs", () => {
  const start = (runId: string) => ({
    runId,
    correlationId: runId,
    type: "whales" as const,
    venue: null,
    trigger: "cron" as const,
    now: NOW,
    deadlineAt: NOW,
    exclusive: false,
  });
  const failure = { code: "TIMEOUT" as const, message: "No answer." };

  test("opening, skipping, closing and failing are told; what no page shows is not", async () => {
    let id = 0;
    const open = async (runId: string) => {
      ({ id } = await openSync(db, start(runId)));
    };
    expect(await during(() => open("a"))).toEqual(["syncs"]);
    expect(await during(() => open("a"))).toEqual([]);
    expect(await during(() => markExecuting(db, id, NOW))).toEqual([]);
    const close = () => closeSync(db, id, { status: "completed", now: NOW });
    expect(await during(close)).toEqual(["syncs"]);
    expect(await during(() => skipSync(db, start("b"), "Nothing to do.", null))).toEqual(["syncs"]);
    await open("c");
    expect(await during(() => failSync(db, "c", failure, NOW))).toEqual(["syncs"]);
    expect(await during(() => failSync(db, "unknown", failure, NOW))).toEqual([]);
    await open("d");
    const started = () => closeCutOff(db, { now: NOW, embedded: true });
    expect(await during(started)).toEqual(["syncs"]);
    expect(await during(started)).toEqual([]);
    await open("d");
    const later = new Date(NOW.getTime() + 1);
    expect(await during(() => closeOverdueSyncs(db, later))).toEqual(["syncs"]);
  });

  test("claimed wallets and every report of a part are told, a repeated report is not", async () => {
    const { whaleId } = await makeStream();
    const { id: syncLogId } = await openSync(db, start("a"));
    const claim = { syncLogId, venue: "opinion", everyone: true, now: NOW, claimedUntil: NOW };
    expect(await during(() => claimDueWhales(db, claim))).toEqual(["syncs"]);
    const part = { syncLogId, key: String(whaleId) };
    expect(await during(() => beginPart(db, part, NOW))).toEqual(["syncs"]);
    const failed = () => noteFailedAttempt(db, part, NO_COUNTS, failure);
    expect(await during(failed)).toEqual(["syncs"]);
    const report = () => reportPart(db, { ...part, counts: NO_COUNTS, now: NOW });
    expect(await during(report)).toEqual(["syncs"]);
    expect(await during(report)).toEqual([]);
  });
});

test("a write that is rolled back tells nobody", async () => {
  const stream = await makeStream();
  const work = async () => {
    const attempt = db.$transaction([
      db.whale.update({ where: { id: stream.whaleId }, data: { label: "never" } }),
      db.$executeRaw`SELECT ${announce("whales")}`,
      db.$executeRaw`SELECT 1 / (SELECT count(*) FROM trade)`,
    ]);
    await expect(attempt).rejects.toThrow();
    // No page of a stream that is not there.
    await expect(
      storePage(db, { ...stream, whaleId: 999 }, pageOf(stream.wallet, 1), NOW),
    ).rejects.toThrow();
  };
  expect(await during(work)).toEqual([]);
});

test("many changes in one transaction are told once, and large answers between them hide none", async () => {
  let heard = 0;
  const end = await startListening(database.listen, (topic) => {
    if (topic === "markets") heard++;
  });
  try {
    await during(async () => {
      await db.$queryRaw`SELECT ${announce("markets")} AS told, repeat('x', 100) AS text FROM generate_series(1, 5000)`;
    });
    await expect.poll(() => heard).toBe(1);
  } finally {
    await end();
  }
});
