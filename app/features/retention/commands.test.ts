import { beforeEach, expect, test } from "vitest";
import { testDatabase } from "../../../tests/database.ts";
import { computeStats } from "../whales/compute-stats.server.ts";
import { foldTrades } from "../whales/ledger.server.ts";
import { removeExpired } from "./commands.server.ts";

const { db, reset } = await testDatabase();
const NOW = new Date(Date.UTC(2026, 5, 30, 12));
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000);

beforeEach(reset);

/** A whale with a fill of 10 at each of these ages in days. */
async function whaleWithFills(ages: number[], completeSince: Date | null, side = "buy") {
  const market = await db.market.upsert({
    where: { venue_kind_externalId: { venue: "opinion", kind: "binary", externalId: "1" } },
    create: { venue: "opinion", kind: "binary", externalId: "1", title: "?" },
    update: {},
  });
  const address = `0x${(await db.whale.count()).toString().padStart(40, "0")}`;
  const whale = await db.whale.create({ data: { venue: "opinion", address, source: "manual" } });
  await db.streamState.create({
    data: { venue: "opinion", kind: "trades", wallet: address, completeSince },
  });
  await db.trade.createMany({
    data: ages.map((age, ordinal) => ({
      identity: crypto.randomUUID(),
      venue: "opinion",
      whaleId: whale.id,
      txHash: "0x1",
      marketId: market.id,
      outcomeSide: "yes",
      side,
      price: "0.5",
      shares: "20",
      amount: "10.1",
      fee: "0.1",
      ordinal,
      tradedAt: daysAgo(age),
      seenAt: NOW,
    })),
  });
  return whale;
}

test("statistics count buys and sells per window, exactly", async () => {
  const whale = await whaleWithFills([0.5, 2, 20, 80], new Date(0));
  await whaleWithFills([1], new Date(0), "split");
  expect(await computeStats(db, 0, NOW)).toEqual({ lastId: whale.id + 1, computed: 2 });
  expect(await computeStats(db, whale.id + 1, NOW)).toEqual({ lastId: null, computed: 0 });
  const rows = await db.whaleStats.findMany({ orderBy: [{ whaleId: "asc" }, { window: "asc" }] });
  expect(rows.map((row) => [row.window, row.volume?.toFixed(), row.tradeCount])).toEqual([
    ["h24", "10.1", 1],
    ["d7", "20.2", 2],
    ["d30", "30.3", 3],
    ["all", "40.4", 4],
    ["h24", "0", 0],
    ["d7", "0", 0],
    ["d30", "0", 0],
    ["all", "0", 0],
  ]);
  expect(rows[0]?.lastTradeAt).toEqual(daysAgo(0.5));
});

test("a window that begins before the history is complete is withheld with the reason, never summed", async () => {
  await whaleWithFills([0.5, 2], daysAgo(3));
  await whaleWithFills([0.5], null);
  await computeStats(db, 0, NOW);
  const rows = await db.whaleStats.findMany({ orderBy: [{ whaleId: "asc" }, { window: "asc" }] });
  expect(rows.map((row) => [row.window, row.volume?.toFixed() ?? null, row.withheld])).toEqual([
    ["h24", "10.1", null],
    ["d7", null, "Complete only since 2026-06-27 12:00 UTC."],
    ["d30", null, "Complete only since 2026-06-27 12:00 UTC."],
    ["all", null, "Complete only since 2026-06-27."],
    ...["h24", "d7", "d30", "all"].map((window) => [
      window,
      null,
      "The history of this wallet is still being read.",
    ]),
  ]);
});

test("old trades go, 'complete since' moves up with them, and 0 days keeps everything", async () => {
  await whaleWithFills([1, 89, 91, 200], new Date(0));
  const options = { now: NOW, after: 0 };
  await foldTrades(db, 1);
  expect(await removeExpired(db, "trades", { ...options, activityDays: 0 })).toEqual({
    removed: 0,
    next: null,
  });
  expect(await removeExpired(db, "trades", { ...options, activityDays: 90 })).toEqual({
    removed: 2,
    next: null,
  });
  expect(await db.trade.count()).toBe(2);
  expect((await db.streamState.findFirstOrThrow()).completeSince).toEqual(daysAgo(90));
});

test("no trade goes before the wallet's ledger holds it, and what it holds stays", async () => {
  await whaleWithFills([1, 91, 200], new Date(0));
  const options = { now: NOW, after: 0, activityDays: 90 };
  expect(await removeExpired(db, "trades", options)).toEqual({ removed: 0, next: null });
  expect((await db.streamState.findFirstOrThrow()).completeSince).toEqual(new Date(0));
  await foldTrades(db, 1);
  expect(await removeExpired(db, "trades", options)).toEqual({ removed: 2, next: null });
  await foldTrades(db, 1);
  const position = await db.position.findFirstOrThrow();
  expect([position.tradeCount, position.boughtAmount.toFixed()]).toEqual([3, "30.3"]);
  expect((await db.whale.findFirstOrThrow()).ledgerSince).toEqual(new Date(0));
});

test("price points are thinned to one an hour after a week and one a day after a month", async () => {
  const market = await db.market.create({
    data: { venue: "opinion", kind: "binary", externalId: "1", title: "?" },
  });
  const hours = Array.from({ length: 24 * 40 * 4 }, (_, n) => n / 4);
  await db.pricePoint.createMany({
    data: hours.map((hour) => ({
      marketId: market.id,
      outcome: "yes",
      price: "0.5",
      at: new Date(NOW.getTime() - hour * 3_600_000),
    })),
  });
  let removed = 0;
  for (const target of ["prices-hourly", "prices-daily"] as const) {
    const options = { activityDays: 90, now: NOW };
    for (let after: number | null = 0; after !== null; ) {
      const batch = await removeExpired(db, target, { ...options, after });
      removed += batch.removed;
      after = batch.next;
    }
  }
  const kept = await db.pricePoint.count();
  expect(kept + removed).toBe(hours.length);
  const week = 7 * 24 * 4 + 1;
  expect(kept).toBeGreaterThan(week + 23 * 24 - 1);
  expect(kept).toBeLessThan(week + 23 * 24 + 15);
});

test("parts of syncs that went well go after two days, logs after thirty, and what is running stays", async () => {
  const log = (runId: string, days: number, status: "completed" | "failed" | "running") =>
    db.syncLog.create({
      data: {
        runId,
        type: "whales",
        trigger: "cron",
        status,
        startedAt: daysAgo(days),
        deadlineAt: daysAgo(days - 1),
        correlationId: runId,
        parts: { create: [{ key: "1", status: "completed" }] },
      },
    });
  await log("new", 1, "completed");
  await log("good", 3, "completed");
  await log("bad", 3, "failed");
  await log("old", 31, "failed");
  await log("stuck", 31, "running");
  const options = { activityDays: 90, now: NOW, after: 0 };
  expect(await removeExpired(db, "sync-parts", options)).toEqual({ removed: 1, next: null });
  expect(await removeExpired(db, "sync-logs", options)).toEqual({ removed: 1, next: null });
  const left = await db.syncLog.findMany({ include: { parts: true }, orderBy: { id: "asc" } });
  expect(left.map(({ runId, parts }) => [runId, parts.length])).toEqual([
    ["new", 1],
    ["good", 0],
    ["bad", 1],
    ["stuck", 1],
  ]);
});
