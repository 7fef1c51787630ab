import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { Prisma } from "~/generated/prisma/client.ts";
import { testDatabase } from "../../../tests/database.ts";
import { computeStats } from "./compute-stats.server.ts";
import { listPositions } from "./positions.server.ts";
import { recordOf } from "./record.ts";

const { db, reset } = await testDatabase();
const NOW = new Date(Date.UTC(2026, 5, 30, 12));
const WALLET = "0x00000000000000000000000000000000000000aa";

beforeEach(reset);

type Fill = {
  market: number;
  outcome: string;
  side: string;
  shares: string;
  amount: string | null;
};

async function whaleWith(
  fills: readonly Fill[],
  stream: { completeSince?: Date | null; missing?: number } = {},
) {
  const whale = await db.whale.create({
    data: { venue: "opinion", address: WALLET, source: "manual" },
  });
  await db.streamState.create({
    data: {
      venue: "opinion",
      kind: "trades",
      wallet: WALLET,
      completeSince: stream.completeSince === undefined ? new Date(0) : stream.completeSince,
      storedTotal: fills.length,
      venueTotal: fills.length + (stream.missing ?? 0),
    },
  });
  await db.trade.createMany({
    data: fills.map(({ market, outcome, ...figures }, n) => ({
      identity: crypto.randomUUID(),
      venue: "opinion",
      whaleId: whale.id,
      txHash: "0x1",
      marketId: market,
      outcomeSide: outcome,
      price: "0.5",
      fee: "0",
      ordinal: n,
      tradedAt: new Date(NOW.getTime() - (fills.length - n) * 1000),
      seenAt: NOW,
      ...figures,
    })),
  });
  return whale.id;
}

async function market(
  id: number,
  data: Partial<Prisma.MarketCreateManyInput> = {},
): Promise<number> {
  const common = { venue: "opinion", kind: "binary" as const, title: `Market ${id}` };
  await db.market.createMany({ data: [{ id, externalId: String(id), ...common, ...data }] });
  return id;
}

const buy = (market: number, shares: string, amount: string, outcome = "yes"): Fill => ({
  market,
  outcome,
  side: "buy",
  shares,
  amount,
});
const sell = (...args: Parameters<typeof buy>): Fill => ({ ...buy(...args), side: "sell" });

/** Money that becomes as many shares of each outcome. */
const split = (market: number, amount: string): Fill => ({
  ...buy(market, "0", amount),
  side: "split",
});
const merge = (market: number, amount: string): Fill => ({
  ...split(market, amount),
  side: "merge",
});

async function computed(whaleId: number) {
  await computeStats(db, 0, NOW);
  const stats = await db.whaleStats.findMany({ where: { whaleId, window: "all" } });
  return recordOf(stats[0]);
}

const open = (whaleId: number) => listPositions(db, whaleId, { open: true, limit: 50 });
const done = (whaleId: number) => listPositions(db, whaleId, { open: false, limit: 50 });

describe("a position", () => {
  test("that is open has average cost, value at the last price, and both kinds of PnL", async () => {
    await market(1, { yesPrice: "0.6", yesLabel: "Up" });
    const whale = await whaleWith([
      buy(1, "10", "4"),
      buy(1, "10", "6"),
      sell(1, "5", "3.5"),
      buy(1, "10", "3", "no"),
    ]);
    await computed(whale);
    const { rows, value, unrealised, realised } = await open(whale);
    expect(rows).toMatchObject([
      {
        outcomeSide: "yes",
        market: { title: "Market 1", outcomeLabel: "Up" },
        shares: "15",
        averageCost: "0.5",
        price: "0.6",
        value: "9",
        realised: "1",
        unrealised: "1.5",
      },
      { outcomeSide: "no", shares: "10", averageCost: "0.3", price: "0.4", value: "4" },
    ]);
    expect([value, unrealised, realised]).toEqual([
      { sum: "13", positions: 2 },
      { sum: "2.5", positions: 2 },
      { sum: "1", positions: 2 },
    ]);
  });

  test("of a resolved market is paid out at 1 or nothing; one that was sold needs no price", async () => {
    await market(1, { status: "resolved", resultSide: "yes" });
    await market(2);
    const whale = await whaleWith([
      buy(1, "10", "4"),
      buy(1, "10", "7", "no"),
      buy(2, "10", "4"),
      sell(2, "10", "4.5"),
    ]);
    await computed(whale);
    const { rows, openCount } = await done(whale);
    expect(rows.map((row) => [row.state, row.realised])).toEqual([
      ["closed", "0.5"],
      ["resolved", "-7"],
      ["resolved", "6"],
    ]);
    expect(openCount).toBe(0);
  });

  test.each<[string, RegExp, Fill[], Partial<Prisma.MarketCreateManyInput>, object]>([
    [
      "whose splits are listed under both outcomes",
      /under both outcomes/,
      [split(1, "50"), { ...split(1, "50"), outcome: "no" }],
      {},
      {},
    ],
    [
      "with a row without amount",
      /came without an amount/,
      [{ ...buy(1, "5", "1"), amount: null }],
      {},
      {},
    ],
    ["of which more was sold than bought", /More shares were sold/, [sell(1, "5", "1")], {}, {}],
    [
      "whose result is not known",
      /result of this market/,
      [buy(1, "5", "1")],
      { status: "resolved" },
      {},
    ],
    ["of neither outcome", /neither yes nor no/, [buy(1, "5", "1", "MAYBE")], {}, {}],
    ["while rows are missing", /3 are missing/, [buy(1, "5", "1")], {}, { missing: 3 }],
    [
      "while the history is read",
      /still being read/,
      [buy(1, "5", "1")],
      {},
      { completeSince: null },
    ],
    [
      "that may be older",
      /since 2026-06-01/,
      [buy(1, "5", "1")],
      {},
      { completeSince: new Date("2026-06-01") },
    ],
  ])(
    "%s says why it is withheld, and so does the PnL of the whale",
    async (_, why, fills, data, stream) => {
      await market(1, data);
      const whale = await whaleWith(fills, stream);
      const record = await computed(whale);
      const rows = [...(await open(whale)).rows, ...(await done(whale)).rows];
      const withheld = { realised: null, unrealised: null, value: null, shares: null };
      expect(rows).toMatchObject(rows.map(() => withheld));
      expect(rows[0]?.why).toMatch(why);
      expect(record.pnl).toBeNull();
      expect(record.pnlWithheld).toMatch(why);
    },
  );

  test("of a market that opened after the history begins is known although the rest is not", async () => {
    await market(1, { openedAt: new Date("2026-06-02"), yesPrice: "0.5" });
    const whale = await whaleWith([buy(1, "5", "1")], { completeSince: new Date("2026-06-01") });
    expect((await computed(whale)).pnlWithheld).toBe("Only fills since 2026-06-01 are known.");
    expect((await open(whale)).rows).toMatchObject([
      { value: "2.5", unrealised: "1.5", why: null },
    ]);
  });

  test("of a market that ended without a result counts what was sold; the rest is worth nobody knows what", async () => {
    await market(1, { status: "failed", yesPrice: "0.5" });
    const whale = await whaleWith([buy(1, "10", "5"), sell(1, "4", "3")]);
    expect(await computed(whale)).toMatchObject({ pnl: "1", decided: 0 });
    expect((await done(whale)).rows).toMatchObject([
      {
        state: "ended",
        realised: "1",
        value: null,
        whyPrice: expect.stringMatching(/without a result/),
      },
    ]);
  });

  test("without a measured price has no value, but what was realised stands", async () => {
    await market(1);
    const whale = await whaleWith([buy(1, "10", "5"), sell(1, "4", "3")]);
    expect((await computed(whale)).pnl).toBe("1");
    expect((await open(whale)).rows).toMatchObject([
      { shares: "6", realised: "1", value: null, unrealised: null, whyPrice: expect.any(String) },
    ]);
  });
});

describe("a split", () => {
  test("brings as many shares of both outcomes, each for half its price, also where one was never traded", async () => {
    await market(1, { yesPrice: "0.7" });
    const whale = await whaleWith([split(1, "100"), sell(1, "40", "28"), merge(1, "20")]);
    expect((await computed(whale)).pnl).toBe("8");
    expect((await open(whale)).rows).toMatchObject([
      { outcomeSide: "yes", shares: "40", averageCost: "0.5", realised: "8", unrealised: "8" },
      { outcomeSide: "no", shares: "80", averageCost: "0.5", realised: "0", unrealised: "-16" },
    ]);
  });

  test("a merge of shares that were bought gives half the payout to each outcome", async () => {
    await market(1, { yesPrice: "0.7" });
    const whale = await whaleWith([buy(1, "10", "6"), buy(1, "10", "3", "no"), merge(1, "10")]);
    expect((await computed(whale)).pnl).toBe("1");
    expect(
      (await done(whale)).rows.map(({ outcomeSide, realised }) => [outcomeSide, realised]),
    ).toEqual([
      ["no", "2"],
      ["yes", "-1"],
    ]);
  });
});

test("open positions come by value, those without one last, and a short list does not change the sums", async () => {
  for (const id of [1, 2, 3]) await market(id, { yesPrice: id === 2 ? null : `0.${id}` });
  const whale = await whaleWith([buy(1, "10", "1"), buy(2, "10", "1"), buy(3, "10", "1")]);
  await computed(whale);
  const { rows, value, openCount } = await listPositions(db, whale, { open: true, limit: 2 });
  expect(rows.map((row) => row.market.id)).toEqual([3, 1]);
  expect([openCount, value]).toEqual([3, { sum: "4", positions: 2 }]);
  expect((await open(whale)).rows.map((row) => row.market.id)).toEqual([3, 1, 2]);
});

test("the win rate counts decided markets, both outcomes together, and is withheld below 20", async () => {
  const fills: Fill[] = [];
  for (let id = 1; id <= 20; id++) {
    await market(id, { status: "resolved", resultSide: "yes" });
    fills.push(buy(id, "10", id <= 12 ? "4" : "11"));
    // A hedge that costs more than the other side wins makes the market a loss.
    if (id === 1) fills.push(buy(id, "10", "7", "no"));
  }
  const whale = await whaleWith(fills.slice(0, -1));
  expect(await computed(whale)).toMatchObject({ decided: 19, wins: null });
  await reset();
  for (let id = 1; id <= 20; id++) await market(id, { status: "resolved", resultSide: "yes" });
  const other = await whaleWith(fills);
  expect(await computed(other)).toMatchObject({ decided: 20, wins: 11 });
});

test("the mix of categories names the largest, sums up the rest, and takes a child's from its parent", async () => {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
  await market(100, { kind: "categorical", labels: ["a", "ignored"] });
  for (const [n, label] of names.entries()) await market(n + 1, { labels: n === 0 ? [] : [label] });
  await market(50, { parentId: 100 });
  const fills = names.map((_, n) => buy(n + 1, "1", String(100 - n)));
  const whale = await whaleWith([...fills, buy(50, "1", "1000.000000000000000001")]);
  const { categories } = await computed(whale);
  expect(categories.map(({ label, others, volume }) => [label, others, volume])).toEqual([
    ["a", 0, "1000.000000000000000001"],
    [null, 0, "100"],
    ["b", 0, "99"],
    ["c", 0, "98"],
    ["d", 0, "97"],
    ["e", 0, "96"],
    ["f", 0, "95"],
    [null, 3, "279"],
  ]);
});

const Exact = Prisma.Decimal.clone({ precision: 100 });
const thousandths = (max: number) => fc.integer({ min: 1, max }).map((n) => (n / 1000).toString());
const anyTrade = fc.record({
  market: fc.integer({ min: 1, max: 4 }),
  outcome: fc.constantFrom("yes", "no"),
  /** Of what is held, in eighths; 0 = a buy. */
  sells: fc.integer({ min: 0, max: 8 }),
  /** Split instead of bought; half of it is merged again. */
  splits: fc.boolean(),
  shares: thousandths(1_000_000),
  amount: thousandths(1_000_000),
});

test("realised PnL is that of a model which keeps every share's average cost, to the last decimal", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyTrade, { minLength: 1, maxLength: 25 }), async (trades) => {
      await reset();
      for (const id of [1, 2]) await market(id, { yesPrice: "0.37" });
      await market(3, { status: "resolved", resultSide: "yes" });
      await market(4, { status: "resolved", resultSide: "no" });
      const { fills, expected } = model(trades);
      const whale = await whaleWith(fills);
      const { pnl } = await computed(whale);
      expect(pnl).toBe(expected);
    }),
    { numRuns: 20 },
  );
}, 120_000);

/** Plays the trades one after the other; sales never exceed what is held. Buys come first, so that the average is that of the ledger. */
function model(trades: (typeof anyTrade extends fc.Arbitrary<infer T> ? T : never)[]) {
  const held = new Map<
    string,
    { shares: Prisma.Decimal; cost: Prisma.Decimal; gain: Prisma.Decimal }
  >();
  const fills: Fill[] = [];
  const of = ({ market, outcome }: { market: number; outcome: string }) => {
    const key = `${market} ${outcome}`;
    const position = held.get(key) ?? {
      shares: new Exact(0),
      cost: new Exact(0),
      gain: new Exact(0),
    };
    held.set(key, position);
    return position;
  };
  for (const trade of trades) {
    if (trade.splits) {
      const half = new Exact(trade.amount).div(2);
      fills.push(split(trade.market, trade.amount), merge(trade.market, half.toFixed()));
      for (const outcome of ["yes", "no"]) {
        const minted = of({ market: trade.market, outcome });
        minted.shares = minted.shares.plus(half);
        minted.cost = minted.cost.plus(half.div(2));
      }
      continue;
    }
    const position = of(trade);
    fills.push(buy(trade.market, trade.shares, trade.amount, trade.outcome));
    position.shares = position.shares.plus(trade.shares);
    position.cost = position.cost.plus(trade.amount);
  }
  for (const trade of trades.filter(({ sells, splits }) => sells > 0 && !splits)) {
    const position = of(trade);
    const shares = position.shares.times(trade.sells).div(8).toDecimalPlaces(20, Exact.ROUND_DOWN);
    if (shares.isZero()) continue;
    fills.push(sell(trade.market, shares.toFixed(), trade.amount, trade.outcome));
    const cost = position.cost.times(shares).div(position.shares);
    position.gain = position.gain.plus(trade.amount).minus(cost);
    position.shares = position.shares.minus(shares);
    position.cost = position.cost.minus(cost);
  }
  let sum = new Exact(0);
  for (const [key, { shares, cost, gain }] of held) {
    const [market, outcome] = key.split(" ");
    const won = (market === "3" && outcome === "yes") || (market === "4" && outcome === "no");
    const settled = Number(market) < 3 ? 0 : (won ? shares : new Exact(0)).minus(cost);
    sum = sum.plus(gain.plus(settled).toDecimalPlaces(18, Exact.ROUND_HALF_UP));
  }
  return { fills, expected: sum.toFixed() };
}
