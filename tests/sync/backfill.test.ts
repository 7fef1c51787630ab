import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { backfillKey } from "~/features/whales/backfill.server.ts";
import { getBackfillResult } from "~/features/whales/backfill-result.server.ts";
import { demoRig, type Rig } from "./demo-rig.ts";

vi.setConfig({ testTimeout: 90_000 });

let rig: Rig;
const prepare = async (tradesPerSecond: number) => {
  rig = await demoRig({ historyFills: 600, tradesPerSecond });
  await rig.run("sync/discovery.requested", { trigger: "start" });
  rig.clock.advance(60_000);
  // The ticks of that minute first: a backfill waits for whoever reads the wallet.
  await rig.engine.drain();
};
beforeEach(() => prepare(0.0001));
afterEach(() => rig.close());

/** The wallet with the most trades, newest first. */
async function busiest() {
  const [most] = await rig.db.trade.groupBy({
    by: ["whaleId"],
    _count: true,
    orderBy: { _count: { whaleId: "desc" } },
    take: 1,
  });
  const whaleId = most?.whaleId ?? 0;
  const trades = await rig.db.trade.findMany({
    where: { whaleId },
    orderBy: [{ tradedAt: "desc" }, { id: "desc" }],
    select: { id: true, tradedAt: true },
  });
  expect(trades.length).toBeGreaterThan(80);
  return { whaleId, trades };
}

/** A range that holds the trades from one place of the list to another, and what removing every third of them leaves to be found. */
async function loseTrades(from: number, to: number) {
  const { whaleId, trades } = await busiest();
  const range = {
    from: trades[to]?.tradedAt.toISOString() ?? "",
    to: trades[from]?.tradedAt.toISOString() ?? "",
  };
  const lost = trades.slice(from, to).filter((_, place) => place % 3 === 1);
  await rig.db.trade.deleteMany({ where: { id: { in: lost.map(({ id }) => id) } } });
  return { whaleId, trades, range, lost: lost.length };
}

const ask = (whaleId: number, range: { from: string; to: string }, requestKey: string) =>
  rig.run("sync/backfill.requested", {
    whaleId,
    ...range,
    origin: { idempotencyKey: backfillKey(whaleId, requestKey) },
  });

const syncs = () =>
  rig.db.syncLog.findMany({ where: { trigger: "backfill" }, orderBy: { id: "asc" } });

test("trades that a range has lost are found again, and only what lies above its begin is read", async () => {
  const { whaleId, trades, range, lost } = await loseTrades(20, 60);
  await ask(whaleId, range, "request-1");
  expect(await rig.difference()).toMatchObject({ missing: 0, extra: 0 });
  const [sync] = await syncs();
  expect(sync).toMatchObject({ status: "completed", created: lost, partsTotal: 1, partsDone: 1 });
  expect(sync?.note).toMatch(/^Range read again: \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d\.$/);
  expect(sync?.pages).toBeLessThanOrEqual(5);
  expect(trades.length / 20).toBeGreaterThan(5);
  expect(
    await getBackfillResult(rig.db, { whaleId, range, requestKey: "request-1" }),
  ).toMatchObject({
    sync: { status: "completed" },
    found: lost,
  });
  // Nothing is left to be read again: the next poll is a page.
  expect(await rig.db.streamState.count({ where: { rereadUntil: { not: null } } })).toBe(0);
});

test("where nothing is missing it says so, although newer trades came meanwhile", async () => {
  await rig.close();
  await prepare(2);
  const { whaleId, trades } = await busiest();
  const range = {
    from: trades[50]?.tradedAt.toISOString() ?? "",
    to: new Date(rig.clock.now()).toISOString(),
  };
  rig.clock.advance(20_000);
  await ask(whaleId, range, "request-2");
  expect(
    await getBackfillResult(rig.db, { whaleId, range, requestKey: "request-2" }),
  ).toMatchObject({
    sync: { status: "completed", created: expect.toSatisfy((n: number) => n > 10) },
    found: 0,
  });
});

test("asked for twice with one request key it is done once; another key does it again", async () => {
  const { whaleId, range, lost } = await loseTrades(0, 30);
  await ask(whaleId, range, "request-3");
  await ask(whaleId, range, "request-3");
  expect(await syncs()).toMatchObject([{ created: lost }]);
  await ask(whaleId, range, "request-4");
  expect(await syncs()).toMatchObject([{ created: lost }, { created: 0 }]);
});

test("it goes no further down than trades are kept", async () => {
  const { whaleId, trades } = await busiest();
  const kept = trades[45]?.tradedAt ?? new Date();
  await rig.db.trade.deleteMany({ where: { whaleId, tradedAt: { lt: kept } } });
  const whale = await rig.db.whale.findUniqueOrThrow({ where: { id: whaleId } });
  await rig.db.streamState.updateMany({
    where: { wallet: whale.address },
    data: { completeSince: kept },
  });
  const left = await rig.db.trade.count({ where: { whaleId } });
  await ask(whaleId, { from: "2000-01-01T00:00:00.000Z", to: kept.toISOString() }, "request-5");
  const [sync] = await syncs();
  expect(sync).toMatchObject({ status: "completed", created: 0 });
  expect(sync?.pages).toBeLessThanOrEqual(4);
  expect(await rig.db.trade.count({ where: { whaleId } })).toBe(left);
});

test("a wallet that another sync is reading is waited for", async () => {
  const { whaleId, range, lost } = await loseTrades(0, 30);
  const now = new Date(rig.clock.now());
  const { id } = await rig.db.syncLog.create({
    data: {
      runId: "another",
      type: "whales",
      trigger: "cron",
      startedAt: now,
      deadlineAt: new Date(now.getTime() + 600_000),
      correlationId: "another",
      partsTotal: 1,
      parts: { create: { key: String(whaleId), status: "running" } },
    },
  });
  await ask(whaleId, range, "request-6");
  expect(await syncs()).toMatchObject([
    { status: "running", partsTotal: 0, note: expect.stringContaining(`waits for sync ${id}`) },
  ]);
  await rig.db.syncPart.updateMany({ where: { syncLogId: id }, data: { status: "completed" } });
  rig.clock.advance(10_000);
  await rig.engine.drain();
  expect(await syncs()).toMatchObject([{ status: "completed", created: lost }]);
});

test("a replay that does not get the wallet has failed: its letter does not count as replayed", async () => {
  const { whaleId, range } = await loseTrades(0, 30);
  const now = new Date(rig.clock.now());
  const other = {
    runId: "another",
    correlationId: "another",
    type: "whales",
    trigger: "cron",
  } as const;
  const deadlineAt = new Date(now.getTime() + 600_000);
  const parts = { create: { key: String(whaleId), status: "running" } } as const;
  await rig.db.syncLog.create({
    data: { ...other, startedAt: now, deadlineAt, partsTotal: 1, parts },
  });
  const work = { action: "backfill-whale", idempotencyKey: backfillKey(whaleId, "request-9") };
  const failed = { status: "failed", startedAt: now, endedAt: now, expiresAt: now } as const;
  await rig.db.run.create({
    data: { ...work, ...failed, correlationId: "c", inngestRunId: "failed-before" },
  });
  await ask(whaleId, range, "request-9");
  for (let wait = 0; wait < 31; wait++) {
    rig.clock.advance(10_000);
    await rig.engine.drain();
  }
  expect(await rig.db.syncLog.findMany({ where: { trigger: "replay" } })).toMatchObject([
    { status: "failed", errorMessage: expect.stringContaining("was still reading the wallet") },
  ]);
  expect(await rig.db.deadLetter.findMany()).toMatchObject([
    { functionId: "backfill-whale", status: "open" },
  ]);
});

test("a wallet that is not followed any more is not read, and the sync says so", async () => {
  const { whaleId, range } = await loseTrades(0, 30);
  await rig.db.whale.update({ where: { id: whaleId }, data: { followed: false } });
  await ask(whaleId, range, "request-7");
  expect(await syncs()).toMatchObject([
    { status: "skipped", requests: 0, note: "The wallet is not followed any more." },
  ]);
});

test("what a venue that fails kept it from reading is read by a later sync of the wallet", async () => {
  const { whaleId, range } = await loseTrades(20, 60);
  await rig.fault({ kind: "server-error", match: "trades" });
  await ask(whaleId, range, "request-8");
  expect((await rig.difference()).missing).toBeGreaterThan(0);
  await rig.clearFaults();
  const missing = async () => (await rig.difference()).missing;
  for (let minute = 0; minute < 12 && (await missing()) > 0; minute++) {
    rig.clock.advance(60_000);
    await rig.run("sync/whales.requested", { trigger: "manual", all: true });
  }
  expect(await rig.difference()).toMatchObject({ missing: 0, extra: 0 });
});
