import { afterEach, describe, expect, test, vi } from "vitest";
import { demoRig, type Rig } from "./demo-rig.ts";

vi.setConfig({ testTimeout: 90_000 });

let rig: Rig;
afterEach(() => rig.close());

const COMPLETE = { missing: 0, extra: 0 };
const everyWhale = { trigger: "manual", all: true };

describe("the main job", () => {
  test("discovery follows the leaderboard and has every wallet's whole history read at once", async () => {
    rig = await demoRig();
    await rig.run("sync/discovery.requested", { trigger: "start" });
    expect(await rig.difference()).toMatchObject(COMPLETE);
    expect(await rig.db.whale.count({ where: { followed: true, source: "leaderboard" } })).toBe(4);
    expect(await rig.db.syncLog.findFirst({ where: { type: "whales" } })).toMatchObject({
      status: "completed",
      trigger: "start",
      partsTotal: 4,
      partsDone: 4,
      created: (await rig.difference()).rows,
    });
  });

  test("later ticks bring what is new, late rows included, and statistics follow once histories are complete", async () => {
    rig = await demoRig({ tradesPerSecond: 2 });
    await rig.run("sync/discovery.requested", { trigger: "start" });
    const before = (await rig.difference()).rows;
    for (let minute = 0; minute < 4; minute++) {
      rig.clock.advance(60_000);
      await rig.run("sync/whales.requested", { trigger: "manual" });
    }
    const after = await rig.difference();
    expect(after).toMatchObject(COMPLETE);
    expect(after.rows).toBeGreaterThan(before + 100);
    const stats = await rig.db.whaleStats.findMany({ where: { window: "all" } });
    expect(stats).toHaveLength(4);
    expect(stats.every((row) => row.withheld === null && (row.tradeCount ?? 0) > 0)).toBe(true);
  });

  test("markets come with parents, children and prices; trades' own markets are filled in", async () => {
    rig = await demoRig();
    await rig.run("sync/discovery.requested", { trigger: "start" });
    const seenInTrades = await rig.db.market.count({ where: { status: "unknown" } });
    expect(seenInTrades).toBeGreaterThan(0);
    await rig.run("sync/markets.requested", { trigger: "manual" });
    expect(await rig.db.market.count({ where: { status: "unknown" } })).toBe(0);
    const parents = await rig.db.market.findMany({
      where: { kind: "categorical", status: "activated" },
      include: { children: true },
    });
    expect(parents.length).toBeGreaterThan(0);
    expect(parents.every((parent) => parent.children.length > 1)).toBe(true);
    expect(await rig.db.market.count({ where: { yesPrice: { not: null } } })).toBeGreaterThan(10);
    expect(await rig.db.syncLog.findFirst({ where: { type: "markets" } })).toMatchObject({
      status: "completed",
      errorCode: null,
    });
  });

  test("a market that leaves the catalog is followed by its number until it is resolved", async () => {
    rig = await demoRig({ markets: 60, tradesPerSecond: 0.001 });
    await rig.run("sync/markets.requested", { trigger: "manual" });
    rig.clock.advance(6 * 86_400_000);
    await rig.run("sync/markets.requested", { trigger: "manual" });
    const over = await rig.db.market.findMany({ where: { kind: "binary", status: "resolved" } });
    expect(over.length).toBeGreaterThan(0);
    expect(over.every((market) => market.resultSide !== null)).toBe(true);
  });
});

describe("keys", () => {
  test("without a key markets are synced, and the whale job says what to set, in one row however often it ticks", async () => {
    rig = await demoRig({ env: { OPINION_API_KEY: undefined } });
    await rig.run("sync/markets.requested", { trigger: "manual" });
    expect(await rig.db.market.count()).toBeGreaterThan(20);
    await rig.run("sync/discovery.requested", { trigger: "start" });
    for (let minute = 0; minute < 3; minute++) {
      rig.clock.advance(60_000);
      await rig.run("sync/whales.requested", { trigger: "manual" });
    }
    const logs = await rig.db.syncLog.findMany({ where: { type: "whales" } });
    expect(logs).toHaveLength(1);
    expect(logs[0]).toMatchObject({
      status: "skipped",
      note: expect.stringContaining("OPINION_API_KEY"),
    });
    expect(await rig.db.deadLetter.count()).toBe(0);
  });

  test("a wrong key shows INVALID_CREDENTIALS and is tried by one wallet, ever more rarely", async () => {
    rig = await demoRig({ env: { OPINION_API_KEY: "wrong" } });
    await rig.run("sync/discovery.requested", { trigger: "start" });
    const perTick: number[] = [];
    for (let minute = 0; minute < 16; minute++) {
      const before = rig.venue.world.requests().byKind.trades ?? 0;
      rig.clock.advance(60_000);
      await rig.engine.drain();
      perTick.push((rig.venue.world.requests().byKind.trades ?? 0) - before);
    }
    // At most each wallet once, then one wallet after 1, 2, 4 and 8 minutes.
    expect(rig.venue.world.requests().byKind.trades).toBeLessThanOrEqual(4 + 4);
    expect(perTick.flatMap((requests, minute) => (requests > 0 ? [minute + 1] : []))).toEqual([
      1, 3, 7, 15,
    ]);
    expect(Math.max(...perTick)).toBe(1);
    const logs = await rig.db.syncLog.findMany({
      where: { type: "whales" },
      orderBy: { id: "asc" },
    });
    expect(logs[0]).toMatchObject({ status: "failed", errorCode: "INVALID_CREDENTIALS" });
    expect(logs.at(-1)).toMatchObject({ errorCode: "INVALID_CREDENTIALS" });
    expect(logs.some((log) => log.status === "running")).toBe(false);
  });

  test("a blocked area is permanent: one attempt, and a message that says what can be done", async () => {
    rig = await demoRig();
    await rig.fault({ kind: "geo" });
    await rig.run("sync/markets.requested", { trigger: "manual" });
    expect(await rig.db.syncLog.findFirst({ where: { type: "markets" } })).toMatchObject({
      status: "failed",
      errorCode: "UNAUTHORIZED",
      requests: 1,
    });
    expect(rig.venue.world.requests().total).toBe(1);
    expect(await rig.db.deadLetter.findFirstOrThrow()).toMatchObject({
      functionId: "sync-markets",
      errorCode: "UNAUTHORIZED",
      errorMessage: expect.stringContaining("OPINION_API_URL"),
    });
  });
});

describe("faults", () => {
  test("malformed rows are quarantined with their payload and healed when the venue sends them right", async () => {
    rig = await demoRig();
    await rig.fault({ kind: "malformed-rows", match: "trades" });
    await rig.run("sync/discovery.requested", { trigger: "start" });
    const open = await rig.db.quarantinedRow.findMany({ where: { status: "open" } });
    expect(open.length).toBeGreaterThan(0);
    // A page that was fetched twice may have had another of its rows broken the second time.
    const { missing } = await rig.difference();
    expect(missing).toBeGreaterThan(0);
    expect(missing).toBeLessThanOrEqual(open.length);
    await rig.clearFaults();
    rig.clock.advance(60_000);
    await rig.run("sync/whales.requested", everyWhale);
    expect(await rig.difference()).toMatchObject(COMPLETE);
    expect(await rig.db.quarantinedRow.count({ where: { status: "open" } })).toBe(0);
  });

  test.each([
    { kind: "drifting", match: "trades", probability: 0.6 },
    { kind: "stale", match: "trades", probability: 0.5 },
    { kind: "half-failing", match: "trades" },
  ])("$kind pages lose nothing and add nothing twice", async (fault) => {
    rig = await demoRig({ tradesPerSecond: 3 });
    await rig.fault(fault);
    await rig.run("sync/discovery.requested", { trigger: "start" });
    for (let minute = 0; minute < 3; minute++) {
      rig.clock.advance(60_000);
      await rig.run("sync/whales.requested", everyWhale);
    }
    await rig.clearFaults();
    for (let minute = 0; minute < 6; minute++) {
      rig.clock.advance(60_000);
      await rig.run("sync/whales.requested", everyWhale);
    }
    expect(await rig.difference()).toMatchObject(COMPLETE);
  });

  test("a market or a token that the venue cannot answer for does not keep the others from being read", async () => {
    const asked = new Set<string>();
    rig = await demoRig({
      tradesPerSecond: 0.001,
      markets: 60,
      intercept: (url) => {
        const detail = /\/market\/(\d+)$/.exec(url.pathname)?.[1];
        const token = url.searchParams.get("token_id");
        if (!detail && !token) return null;
        asked.add(detail ?? token ?? "");
        // The first that are asked for, every time.
        const refused = [...asked].slice(0, 2).includes(detail ?? token ?? "");
        if (!refused) return null;
        return detail
          ? Response.json({ errno: 10000, errmsg: "bad parameter", result: null })
          : Response.json({ errno: 0, errmsg: "", result: { price: "1.02", timestamp: 1 } });
      },
    });
    await rig.run("sync/markets.requested", { trigger: "manual" });
    expect(await rig.db.syncLog.findFirst({ where: { type: "markets" } })).toMatchObject({
      status: "completed",
    });
    const prices = await rig.db.market.count({ where: { yesPrice: { not: null } } });
    expect(prices).toBeGreaterThan(20);
  });

  test("every request failing leaves what is stored, and a dead letter with the event and the cause", async () => {
    rig = await demoRig();
    await rig.run("sync/discovery.requested", { trigger: "start" });
    await rig.fault({ kind: "html", match: "markets" });
    for (let attempt = 0; attempt < 5; attempt++) {
      await rig.run(attempt === 0 ? "sync/markets.requested" : "test/tick", { trigger: "manual" });
      rig.clock.advance(61_000);
    }
    await rig.engine.drain();
    expect(await rig.db.deadLetter.findFirstOrThrow()).toMatchObject({
      // The host is held after some failures, which the last attempt may have met instead.
      errorCode: expect.stringMatching(/^(INVALID_RESPONSE|SERVICE_UNAVAILABLE)$/),
      event: expect.objectContaining({ name: "sync/markets.requested" }),
    });
    expect(
      await rig.db.syncLog.findFirst({ where: { type: "markets", trigger: "manual" } }),
    ).toMatchObject({
      status: "failed",
    });
    expect(await rig.difference()).toMatchObject(COMPLETE);
  }, 120_000);
});

test("a sync whose wallets never report is closed at its deadline by the next tick", async () => {
  rig = await demoRig();
  await rig.run("sync/discovery.requested", { trigger: "start" });
  const sync = await rig.db.syncLog.findFirstOrThrow({ where: { type: "whales" } });
  await rig.db.syncLog.update({
    where: { id: sync.id },
    data: { status: "running", finishedAt: null },
  });
  rig.clock.advance(11 * 60_000);
  await rig.run("sync/whales.requested", { trigger: "manual" });
  expect(await rig.db.syncLog.findUnique({ where: { id: sync.id } })).toMatchObject({
    status: "incomplete",
  });
});
