import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { foldTrades } from "~/features/whales/ledger.server.ts";
import { testDatabase } from "../../../tests/database.ts";
import { historyRange } from "./history-range.ts";
import { firstKnownAt, readActivity, readLedgerFlow } from "./market-activity.server.ts";

const { db, reset } = await testDatabase();

const NOW = Date.UTC(2026, 2, 1, 12, 0, 30);
const RANGE = historyRange("7d", { now: NOW, since: null, maxSteps: 370 });

type Fill = {
  whaleId: number;
  outcomeSide: string;
  side: string;
  thousandths: number;
  amount: number | null;
  minutesAgo: number;
};

const fills = fc.array(
  fc.record({
    whaleId: fc.integer({ min: 1, max: 3 }),
    outcomeSide: fc.constantFrom("yes", "no", "draw"),
    side: fc.constantFrom("buy", "buy", "sell", "split"),
    thousandths: fc.integer({ min: 1, max: 999 }),
    amount: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
    minutesAgo: fc.integer({ min: 0, max: 12 * 24 * 60 }),
  }),
  { maxLength: 40 },
);

const reads = fc.uniqueArray(
  fc.record({
    thousandths: fc.integer({ min: 1, max: 999 }),
    minutesAgo: fc.integer({ min: 0, max: 12 * 24 * 60 }),
  }),
  { maxLength: 40, selector: ({ minutesAgo }) => minutesAgo },
);

beforeEach(async () => {
  await reset();
  await db.market.createMany({
    data: [1, 2].map((id) => ({
      id,
      venue: "opinion",
      kind: "binary" as const,
      externalId: String(id),
      title: `Market ${id}`,
    })),
  });
  await db.whale.createMany({
    data: [1, 2, 3].map((id) => ({
      id,
      venue: "opinion",
      address: `0x${String(id).padStart(40, "0")}`,
      source: "manual" as const,
      ledgerSince: id === 3 ? null : new Date(0),
    })),
  });
});

const timeOf = (minutesAgo: number) => NOW - minutesAgo * 60_000;

async function store(trades: Fill[], marketId = 1) {
  await db.trade.createMany({
    data: trades.map((fill) => ({
      identity: crypto.randomUUID(),
      venue: "opinion",
      whaleId: fill.whaleId,
      txHash: "0x",
      marketId,
      outcomeSide: fill.outcomeSide,
      side: fill.side,
      price: (fill.thousandths / 1000).toFixed(3),
      shares: "1",
      amount: fill.amount === null ? null : `${fill.amount}.25`,
      ordinal: 0,
      tradedAt: new Date(timeOf(fill.minutesAgo)),
      seenAt: new Date(NOW),
    })),
  });
}

async function storePrices(points: { thousandths: number; minutesAgo: number }[], marketId = 1) {
  await db.pricePoint.createMany({
    data: points.map(({ thousandths, minutesAgo }) => ({
      marketId,
      outcome: "yes",
      at: new Date(timeOf(minutesAgo)),
      price: (thousandths / 1000).toFixed(3),
    })),
  });
}

const read = (range = RANGE) => readActivity(db, { marketId: 1, range, now: NOW });

test("flow, marks and prices of any market equal what its rows add up to", async () => {
  await fc.assert(
    fc.asyncProperty(fills, reads, async (trades, points) => {
      await db.trade.deleteMany();
      await db.pricePoint.deleteMany();
      await store(trades);
      await store(trades, 2);
      await storePrices(points);
      await storePrices([{ thousandths: 999, minutesAgo: 3 }], 2);
      const { flow, marks, history } = await read();

      const inRange = trades.filter(({ minutesAgo }) => timeOf(minutesAgo) >= RANGE.since);
      const counted = inRange.filter(
        ({ side, amount }) => ["buy", "sell"].includes(side) && amount !== null,
      );
      expect(flow.uncounted).toBe(inRange.length - counted.length);
      expect(flow.whales).toBe(new Set(inRange.map(({ whaleId }) => whaleId)).size);
      expect(flow.incompleteWhales).toBe(inRange.some(({ whaleId }) => whaleId === 3) ? 1 : 0);
      expect(flow.outcomes.map(({ outcomeSide }) => outcomeSide).toSorted()).toEqual(
        [...new Set(counted.map(({ outcomeSide }) => outcomeSide))].toSorted(),
      );
      for (const outcome of flow.outcomes) {
        const of = counted.filter(({ outcomeSide }) => outcomeSide === outcome.outcomeSide);
        const sum = (side: string) =>
          of
            .filter((fill) => fill.side === side)
            .reduce((all, fill) => all + (fill.amount ?? 0) + 0.25, 0);
        expect(Number(outcome.bought)).toBe(sum("buy"));
        expect(Number(outcome.sold)).toBe(sum("sell"));
        expect(Number(outcome.net)).toBe(sum("buy") - sum("sell"));
        expect(outcome.trades).toBe(of.length);
        expect(outcome.whales).toBe(new Set(of.map(({ whaleId }) => whaleId)).size);
      }

      const markable = counted.filter(({ outcomeSide }) => outcomeSide !== "draw");
      expect(marks.map(({ amount }) => amount).toSorted()).toEqual(
        markable.map(({ amount }) => `${amount}.25`).toSorted(),
      );

      const prices = [
        ...points.map(({ thousandths, minutesAgo }) => ({ thousandths, minutesAgo })),
        ...trades
          .filter(({ side, outcomeSide }) => side !== "split" && outcomeSide !== "draw")
          .map(({ thousandths, outcomeSide, minutesAgo }) => ({
            thousandths: outcomeSide === "yes" ? thousandths : 1000 - thousandths,
            minutesAgo,
          })),
      ];
      const shown = prices.filter(({ minutesAgo }) => timeOf(minutesAgo) >= RANGE.since);
      const steps = new Set(
        shown.map(({ minutesAgo }) => Math.floor((timeOf(minutesAgo) - RANGE.from) / RANGE.stepMs)),
      );
      expect(history.points).toHaveLength(steps.size);
      for (const { at, price } of history.points) {
        const step = Math.floor((at - RANGE.from) / RANGE.stepMs);
        const candidates = shown.filter(({ minutesAgo }) => timeOf(minutesAgo) === at);
        expect(candidates.map(({ thousandths }) => thousandths)).toContain(Number(price) * 1000);
        const end = RANGE.from + (step + 1) * RANGE.stepMs;
        expect(
          shown.some(({ minutesAgo }) => timeOf(minutesAgo) > at && timeOf(minutesAgo) < end),
        ).toBe(false);
      }
      const all = shown.map(({ thousandths }) => thousandths);
      expect(history.high && Number(history.high.price) * 1000).toBe(
        all.length ? Math.max(...all) : null,
      );
      expect(history.low && Number(history.low.price) * 1000).toBe(
        all.length ? Math.min(...all) : null,
      );
      const before = prices.filter(({ minutesAgo }) => timeOf(minutesAgo) < RANGE.since);
      expect(history.opening === null).toBe(before.length === 0);
    }),
    { numRuns: 15 },
  );
});

test("in a market of very many trades the newest count, and it says since when", async () => {
  await store(
    Array.from({ length: 2100 }, (_, n) => ({
      whaleId: 1,
      outcomeSide: "yes",
      side: "buy",
      thousandths: 500,
      amount: n,
      minutesAgo: n,
    })),
  );
  const { flow, marks } = await read();
  expect(flow.outcomes).toMatchObject([{ trades: 2000 }]);
  expect(flow.cutAt).toBe(new Date(timeOf(1999)).toISOString());
  expect(marks).toHaveLength(80);
  expect(marks[0]).toMatchObject({ amount: "1999.25", at: timeOf(1999) });
  expect(marks.at(-1)).toMatchObject({ amount: "1920.25" });
});

test("the price of a day ago is the last one known then, read or traded", async () => {
  expect((await read()).dayAgo).toBeNull();
  await storePrices([{ thousandths: 300, minutesAgo: 30 * 60 }]);
  expect((await read()).dayAgo).toBe("0.3");
  const traded = { whaleId: 1, outcomeSide: "no", side: "sell", thousandths: 600, amount: 5 };
  await store([{ ...traded, minutesAgo: 25 * 60 }]);
  expect((await read()).dayAgo).toBe("0.4");
  await store([{ ...traded, thousandths: 900, minutesAgo: 60 }]);
  expect((await read()).dayAgo).toBe("0.4");
});

test("the whole time begins with the first price or trade that is kept", async () => {
  expect(await firstKnownAt(db, 1)).toBeNull();
  const fill = { whaleId: 1, outcomeSide: "yes", side: "buy", thousandths: 600, amount: 5 };
  await store([{ ...fill, minutesAgo: 500 }]);
  await storePrices([{ thousandths: 300, minutesAgo: 400 }]);
  expect(await firstKnownAt(db, 1)).toBe(timeOf(500));
  await storePrices([{ thousandths: 300, minutesAgo: 600 }]);
  expect(await firstKnownAt(db, 1)).toBe(timeOf(600));
});

test("the flow of all times comes from the ledger and outlives the trades", async () => {
  const fill = { whaleId: 1, outcomeSide: "yes", side: "buy", thousandths: 600, amount: 5 };
  await store([
    { ...fill, minutesAgo: 500 },
    { ...fill, side: "sell", amount: 2, minutesAgo: 400 },
    { ...fill, whaleId: 2, outcomeSide: "no", minutesAgo: 300 },
  ]);
  for (const whaleId of [1, 2]) await foldTrades(db, whaleId);
  await db.trade.deleteMany();
  const flow = await readLedgerFlow(db, 1);
  expect(flow.whales).toBe(2);
  expect(
    flow.outcomes.map(({ bought, sold, net, ...rest }) => ({
      ...rest,
      figures: [bought, sold, net].map(Number),
    })),
  ).toEqual([
    { outcomeSide: "yes", trades: 2, whales: 1, figures: [5.25, 2.25, 3] },
    { outcomeSide: "no", trades: 1, whales: 1, figures: [5.25, 0, 5.25] },
  ]);
});
