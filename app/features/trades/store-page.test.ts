import { beforeEach, describe, expect, test } from "vitest";
import type { Entry, TradeRow } from "~/lib/rows.ts";
import { testDatabase } from "../../../tests/database.ts";
import { removeExpired } from "../retention/commands.server.ts";
import { foldTrades } from "../whales/ledger.server.ts";
import { readWallet } from "./read-wallet.ts";
import { storePage } from "./store-page.server.ts";
import { openRead, recordReadFailure } from "./streams.server.ts";

const { db, reset } = await testDatabase();
const WALLET = "0x00000000000000000000000000000000000000aa";
const T0 = Date.UTC(2026, 5, 1, 12);
const at = (seconds: number) => new Date(T0 + seconds * 1000);

function fill(second: number, changes: Partial<TradeRow> = {}): TradeRow {
  return {
    venue: "opinion",
    wallet: WALLET,
    txHash: `0x${second.toString(16)}`,
    marketExternalId: "26356",
    marketTitle: "100,000",
    parentExternalId: "1277",
    parentTitle: "What price will Bitcoin hit?",
    outcomeSide: "yes",
    outcomeLabel: "YES",
    side: "buy",
    price: "0.029",
    shares: "18.923310344827586206896551724137931",
    amount: "0.798776",
    fee: "0.250000000000000001",
    tradedAt: at(second),
    ...changes,
  };
}

async function whale() {
  const row = await db.whale.upsert({
    where: { venue_address: { venue: "opinion", address: WALLET } },
    create: { venue: "opinion", address: WALLET, source: "manual" },
    update: {},
  });
  return row;
}

/** One whole read of a list, as the job does it. */
async function read(
  /** null = a place the venue counts and leaves out. */
  entries: (Entry<TradeRow> | null)[],
  options: { now?: Date; rereadNow?: boolean; total?: number; retentionDays?: number } = {},
) {
  const counts = { fetched: 0, created: 0, duplicate: 0, quarantined: 0 };
  const now = options.now ?? at(10_000);
  const owner = await whale();
  const { stream, start } = await openRead(db, owner, {
    first: true,
    rereadNow: options.rereadNow ?? false,
    now,
    retentionDays: options.retentionDays ?? 0,
  });
  const result = await readWallet(start, {
    counts,
    pageSize: 3,
    fetchPage: async (page) => ({
      entries: entries.slice((page - 1) * 3, page * 3).filter((entry) => entry !== null),
      total: options.total ?? entries.length,
    }),
    store: (page) => storePage(db, stream, page, now),
    mayGoOn: () => true,
  });
  return { ...result, counts };
}

const rows = (...fills: TradeRow[]): Entry<TradeRow>[] => fills.map((row) => ({ row }));
const broken: Entry<TradeRow> = {
  bad: { payload: { price: "abc\u0000" }, path: "price", message: "no number" },
};

beforeEach(reset);

describe("storing a page", () => {
  test("keeps every fill exactly, with its market and parent made where nobody knew them", async () => {
    await read(rows(fill(20, { side: "split", shares: "0" }), fill(10)));
    const stored = await db.trade.findMany({
      orderBy: { tradedAt: "asc" },
      include: { market: { include: { parent: true } } },
    });
    expect(
      stored.map((trade) => [trade.side, trade.shares.toFixed(), trade.fee?.toFixed()]),
    ).toEqual([
      ["buy", "18.923310344827586206896551724137931", "0.250000000000000001"],
      ["split", "0", "0.250000000000000001"],
    ]);
    expect(stored[0]?.market).toMatchObject({
      kind: "binary",
      externalId: "26356",
      status: "unknown",
      parent: { kind: "categorical", externalId: "1277", title: "What price will Bitcoin hit?" },
    });
    expect(await db.market.count()).toBe(2);
    expect((await whale()).lastTradeAt).toEqual(at(20));
  });

  test("adds nothing when the same page is stored again, and counts it as duplicate", async () => {
    const list = rows(fill(30), fill(20), fill(20), fill(10));
    expect((await read(list)).counts).toMatchObject({ created: 4, duplicate: 0 });
    expect((await read(list)).counts).toMatchObject({ created: 0 });
    expect(await db.trade.count()).toBe(4);
    expect(
      await db.trade.findMany({
        where: { tradedAt: at(20) },
        select: { ordinal: true },
        orderBy: { ordinal: "asc" },
      }),
    ).toEqual([{ ordinal: 0 }, { ordinal: 1 }]);
  });

  test("two reads of one wallet at once store every fill once", async () => {
    const list = rows(...Array.from({ length: 9 }, (_, n) => fill(100 - n)));
    // The sync that asks for a read has made the stream.
    const asked = { first: true, rereadNow: false, now: at(0), retentionDays: 0 };
    await openRead(db, await whale(), asked);
    await Promise.all([read(list), read(list), read(list)]);
    expect(await db.trade.count()).toBe(9);
    const state = await db.streamState.findFirstOrThrow();
    expect(state).toMatchObject({ storedTotal: 9, venueTotal: 9, rereadUntil: null });
  });
});

describe("what could not be stored", () => {
  test("a bad row is quarantined with its payload, its page goes on, and it is read again later until it is good", async () => {
    const first = await read([{ row: fill(30) }, broken, { row: fill(10) }], { now: at(100) });
    expect(first.counts).toMatchObject({ fetched: 3, created: 2, quarantined: 1 });
    expect(await db.quarantinedRow.findFirstOrThrow()).toMatchObject({
      payload: { price: "abc\uFFFD" },
      path: "price",
      status: "open",
      wallet: WALLET,
      nearAt: at(30),
    });
    const state = await db.streamState.findFirstOrThrow();
    expect(state.rereadUntil).toEqual(at(30));
    expect(state.rereadDueAt).toEqual(at(160));

    // Still bad at the first reread: no second row, and the next one comes later.
    const again = await read([{ row: fill(30) }, broken, { row: fill(10) }], { now: at(161) });
    expect(again.counts.quarantined).toBe(0);
    expect(await db.quarantinedRow.count()).toBe(1);
    expect(await db.streamState.findFirstOrThrow()).toMatchObject({
      rereadAttempts: 1,
      rereadDueAt: at(461),
    });

    await read(rows(fill(30), fill(20), fill(10)), { now: at(462) });
    expect(await db.trade.count()).toBe(3);
    expect(await db.quarantinedRow.findFirstOrThrow()).toMatchObject({ status: "healed" });
    expect(await db.streamState.findFirstOrThrow()).toMatchObject({
      rereadUntil: null,
      rereadDueAt: null,
      rereadAttempts: 0,
    });
  });

  test("fewer rows stored than the venue counts has the whole list read again", async () => {
    await read(rows(fill(500), fill(400), fill(30)), { now: at(1000) });
    // A row far older than any late one appears: a normal read does not come down to it.
    const list = rows(fill(500), fill(400), fill(300), fill(200), fill(40), fill(30));
    await read(rows(fill(500), fill(400), fill(30)), { now: at(1060), total: 3 });
    await read(list.slice(0, 3), { now: at(1120), total: 6 });
    const state = await db.streamState.findFirstOrThrow();
    expect(state.rereadUntil).toEqual(new Date(0));
    await read(list, { now: at(1130), rereadNow: true });
    expect(await db.trade.count()).toBe(6);
    expect(await db.streamState.findFirstOrThrow()).toMatchObject({
      rereadUntil: null,
      storedTotal: 6,
      venueTotal: 6,
    });
  });

  test("a wallet that cannot be read waits longer each time, and keeps what it has", async () => {
    await read(rows(fill(10)));
    const stream = { venue: "opinion", wallet: WALLET };
    const failure = { code: "SERVICE_UNAVAILABLE", message: "down" } as const;
    const waits: number[] = [];
    for (let n = 0; n < 8; n++) {
      await recordReadFailure(db, stream, failure, at(0));
      const { nextDueAt } = await db.streamState.findFirstOrThrow();
      waits.push((nextDueAt.getTime() - T0) / 60_000);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(await db.streamState.findFirstOrThrow()).toMatchObject({
      watermark: at(10),
      failuresInRow: 8,
    });
  });

  test("one bad row at a page's end has no more read again than one in the middle", async () => {
    const fills = Array.from({ length: 30 }, (_, n) => fill(3000 - n * 10));
    const list = rows(...fills);
    list[2] = broken;
    await read(list, { now: at(5000) });
    expect((await db.streamState.findFirstOrThrow()).rereadUntil).toEqual(at(2990));
  });

  test("a format nobody can read stops after three pages, with what was received kept", async () => {
    await read(rows(fill(10)));
    const unreadable = Array.from(
      { length: 30 },
      (_, n): Entry<TradeRow> => ({
        bad: { payload: { row: n }, path: "price", message: "no" },
      }),
    );
    await expect(read(unreadable)).rejects.toMatchObject({ code: "INVALID_RESPONSE" });
    expect(await db.quarantinedRow.count()).toBe(9);
  });

  test("rows the venue counts but never serves are looked for six times, and again when they become more", async () => {
    const [a, b, c, d] = rows(fill(40), fill(30), fill(20), fill(10));
    const list = [a ?? null, null, b ?? null, c ?? null];
    const state = () => db.streamState.findFirstOrThrow();
    let now = 1000;
    const waits: number[] = [];
    await read(list, { now: at(now) });
    for (let due = (await state()).rereadDueAt; due && waits.length < 20; ) {
      const seconds = (due.getTime() - T0) / 1000;
      waits.push(seconds - now);
      now = seconds;
      await read(list, { now: at(now) });
      due = (await state()).rereadDueAt;
    }
    expect(waits).toEqual([60, 300, 900, 3600, 21_600, 86_400]);
    expect(await state()).toMatchObject({ acceptedGap: 1, rereadUntil: null, storedTotal: 3 });

    await read([...list, d ?? null, null], { now: at(now + 60) });
    expect(await state()).toMatchObject({ acceptedGap: 1, rereadUntil: new Date(0) });
  });

  test.each([0, 365])(
    "what retention removed does not come back when trades are kept longer (%s days)",
    async (retentionDays) => {
      const day = 86_400;
      const list = rows(fill(100 * day), fill(5 * day));
      await read(list, { now: at(100 * day) });
      const cutoff = at(10 * day);
      await db.trade.deleteMany({ where: { tradedAt: { lt: cutoff } } });
      await db.streamState.updateMany({
        data: { completeSince: cutoff, rereadUntil: new Date(0) },
      });
      await read(list, { now: at(100 * day), rereadNow: true, retentionDays });
      expect(await db.trade.count()).toBe(1);
      expect(await db.streamState.findFirstOrThrow()).toMatchObject({
        completeSince: cutoff,
        storedTotal: 2,
      });
    },
  );

  test("what retention removed from a list that ended early does not come back either", async () => {
    const day = 86_400;
    const now = at(100 * day);
    const list = rows(fill(99 * day), fill(50 * day), fill(5 * day));
    const owner = await whale();
    await openRead(db, owner, { first: true, rereadNow: false, now, retentionDays: 0 });
    await db.streamState.updateMany({ data: { earlyEnds: 12 } });
    await read(list, { now, total: 9 });
    await foldTrades(db, owner.id);
    expect((await removeExpired(db, "trades", { activityDays: 90, now, after: 0 })).removed).toBe(
      1,
    );
    await db.streamState.updateMany({ data: { rereadUntil: new Date(0) } });
    await read(list, { now, total: 9, rereadNow: true, retentionDays: 0 });
    expect(await db.trade.count()).toBe(2);
    expect(await db.streamState.findFirstOrThrow()).toMatchObject({ storedTotal: 3 });
  });

  test("retention during a read is neither undone nor forgotten", async () => {
    const day = 86_400;
    const fills = rows(fill(100 * day), fill(99 * day), fill(5 * day), fill(4 * day));
    await read(fills, { now: at(100 * day) });
    const cutoff = at(10 * day);
    await db.trade.deleteMany({ where: { tradedAt: { lt: cutoff } } });
    await db.streamState.updateMany({ data: { completeSince: cutoff, rereadUntil: new Date(0) } });
    await read(fills, { now: at(100 * day), rereadNow: true, retentionDays: 90 });
    expect(await db.trade.count()).toBe(2);
    expect(await db.streamState.findFirstOrThrow()).toMatchObject({
      completeSince: cutoff,
      storedTotal: 4,
    });
  });
});
