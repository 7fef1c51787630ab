import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { Prisma } from "~/generated/prisma/client.ts";
import type { TradeRow } from "~/lib/rows.ts";
import { testDatabase } from "../../../tests/database.ts";
import { removeExpired } from "../retention/commands.server.ts";
import { tradeKey } from "../trades/identity.ts";
import { storePage, type TradeStream } from "../trades/store-page.server.ts";
import { findUnfolded, foldTrades } from "./ledger.server.ts";

const { db, pool, reset } = await testDatabase();
const WALLET = "0x00000000000000000000000000000000000000aa";
const T0 = Date.UTC(2026, 5, 1, 12);
const HOUR = 3_600_000;
const RETENTION_DAYS = 10;
const NOTHING_KNOWN = { watermark: null, covered: [], rereadUntil: null };

beforeEach(reset);

async function makeStream(completeSince: Date | null = new Date(0)): Promise<TradeStream> {
  const whale = await db.whale.create({
    data: { venue: "opinion", address: WALLET, source: "manual" },
  });
  const state = await db.streamState.create({
    data: { venue: "opinion", kind: "trades", wallet: WALLET, completeSince },
  });
  return { id: state.id, venue: "opinion", wallet: WALLET, whaleId: whale.id };
}

type Fill = Pick<TradeRow, "side" | "price" | "shares" | "amount" | "fee" | "outcomeSide"> & {
  market: number;
  hour: number;
};

function fill(changes: Partial<Fill> = {}): Fill {
  const common = { side: "buy", price: "0.5", shares: "10", amount: "5.1", fee: "0.1" };
  return { ...common, outcomeSide: "yes", market: 1, hour: 0, ...changes };
}

/** Stores the fills as one page; the number of each is part of its identity. */
function store(stream: TradeStream, fills: readonly (Fill & { n: number })[]) {
  const trades = fills.map(({ n, market, hour, ...figures }) => {
    const row: TradeRow = {
      venue: "opinion",
      wallet: WALLET,
      txHash: `0x${n}`,
      marketExternalId: String(market),
      marketTitle: `Market ${market}`,
      parentExternalId: null,
      parentTitle: null,
      outcomeLabel: "",
      tradedAt: new Date(T0 - hour * HOUR),
      ...figures,
    };
    return { row, key: tradeKey(row), ordinal: 0 };
  });
  const progress = { ...NOTHING_KNOWN, completeSince: 0 };
  return storePage(db, stream, { trades, bad: [], progress, joined: null }, new Date(T0));
}

const numbered = (...fills: Fill[]) => fills.map((row, n) => ({ ...row, n }));

describe("folding", () => {
  test("sums what was bought, sold, redeemed and minted, fees included in what was bought", async () => {
    const stream = await makeStream();
    await store(
      stream,
      numbered(
        fill({ shares: "10", amount: "5.1", fee: "0.1" }),
        fill({ shares: "20", amount: "12.3", fee: "-0.2", hour: 1 }),
        fill({ side: "sell", shares: "4", amount: "3", fee: "0" }),
        fill({ side: "redeem", shares: "6", amount: "6", fee: null }),
        fill({ side: "split", shares: "0", amount: "50", price: "0.5" }),
        fill({ side: "merge", shares: "0", amount: "20", price: "0.5" }),
        fill({ amount: null }),
        fill({ side: "airdrop" }),
        fill({ outcomeSide: "no", hour: 30 }),
      ),
    );
    expect(await foldTrades(db, stream.whaleId)).toBe(9);
    const [no, yes] = await db.position.findMany({ orderBy: { outcomeSide: "asc" } });
    expect(figuresOf(yes)).toMatchObject({
      boughtShares: "30",
      boughtAmount: "17.4",
      soldShares: "10",
      soldAmount: "9",
      mintedShares: "30",
      mintedAmount: "30",
      tradeCount: "8",
      unclearCount: "2",
    });
    expect(figuresOf(no)).toMatchObject({
      boughtShares: "10",
      mintedShares: "30",
      mintedAmount: "0",
      fees: "0.1",
      tradeCount: "1",
    });
    const days = await db.whaleDay.findMany({ orderBy: { day: "asc" } });
    expect(
      days.map((row) => [row.day.toISOString().slice(0, 10), ...Object.values(figuresOf(row))]),
    ).toEqual([
      ["2026-05-31", "5.1", "0", "1"],
      ["2026-06-01", "17.4", "3", "4"],
    ]);
  });

  test("says since when it holds everything once it has caught up with a history that is complete", async () => {
    const stream = await makeStream(null);
    await pool.query("UPDATE stream_state SET complete_since = NULL");
    await foldTrades(db, stream.whaleId);
    expect((await db.whale.findFirstOrThrow()).ledgerSince).toBeNull();
    await store(stream, numbered(fill()));
    expect(await findUnfolded(db, [stream.whaleId])).toEqual([stream.whaleId]);
    await foldTrades(db, stream.whaleId);
    expect((await db.whale.findFirstOrThrow()).ledgerSince).toEqual(new Date(0));
    expect(await findUnfolded(db, [stream.whaleId])).toEqual([]);
  });

  test("folds and pages at once take every fill in exactly once", async () => {
    const stream = await makeStream();
    const pages = Array.from({ length: 12 }, (_, page) =>
      Array.from({ length: 5 }, (_, n) => ({ ...fill({ market: n }), n: page * 5 + n })),
    );
    await Promise.all(
      pages.flatMap((page) => [store(stream, page), foldTrades(db, stream.whaleId, 3)]),
    );
    await Promise.all([1, 2, 3].map(() => foldTrades(db, stream.whaleId, 3)));
    const { _sum } = await db.position.aggregate({
      _sum: { tradeCount: true, boughtShares: true },
    });
    expect([_sum.tradeCount, _sum.boughtShares?.toFixed()]).toEqual([60, "600"]);
  });

  test("a row of an absurd size does not stop the ledger", async () => {
    const stream = await makeStream();
    const absurd = "99999999999999999999999999999";
    await store(
      stream,
      numbered(
        ...[1, 2, 3].map((hour) => fill({ amount: absurd, shares: absurd, hour })),
        fill({ side: "split", shares: "0", amount: absurd }),
        fill(),
      ),
    );
    await foldTrades(db, stream.whaleId);
    const position = await db.position.findFirstOrThrow();
    expect([position.unclearCount, position.boughtAmount.toFixed()]).toEqual([4, "5.1"]);
  });
});

const decimal = (digits: number) =>
  fc
    .tuple(fc.bigInt(0n, 10n ** 9n), fc.bigInt(0n, 10n ** BigInt(digits) - 1n))
    .map(([whole, part]) => `${whole}.${String(part).padStart(digits, "0")}`);

const anyFill: fc.Arbitrary<Fill> = fc.record({
  side: fc.constantFrom("buy", "buy", "sell", "split", "merge", "redeem", "other"),
  price: fc.constantFrom("0.25", "0.5", "0"),
  shares: fc.oneof(decimal(33), fc.constant("0")),
  amount: fc.oneof(decimal(20), fc.constant("0"), fc.constant(null)),
  fee: fc.oneof(decimal(18), fc.constant("-0.25"), fc.constant(null)),
  outcomeSide: fc.constantFrom("yes", "no"),
  market: fc.integer({ min: 1, max: 3 }),
  hour: fc.integer({ min: 0, max: 600 }),
});

/** What can happen to a wallet between two looks at it. */
const anyEvent = fc.oneof(
  { weight: 4, arbitrary: fc.record({ store: fc.array(anyFill, { minLength: 1, maxLength: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ fold: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.constant("crash" as const) },
  { weight: 1, arbitrary: fc.constant("again" as const) },
  { weight: 2, arbitrary: fc.constant("retention" as const) },
);

test("whatever pages, folds, crashes and retention come between, the sums are those over all fills", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { minLength: 1, maxLength: 14 }), async (events) => {
      await reset();
      const stream = await makeStream();
      const all: (Fill & { n: number })[] = [];
      for (const event of events) {
        if (event === "again") await store(stream, all.slice(-6).filter(isKept));
        else if (event === "retention") await removeOld();
        else if (event === "crash") await crashWhileFolding(stream.whaleId);
        else if ("fold" in event) await foldTrades(db, stream.whaleId, event.fold);
        else {
          const page = event.store.map((row, n) => ({ ...row, n: all.length + n }));
          all.push(...page);
          await store(stream, page);
        }
      }
      await foldTrades(db, stream.whaleId, 4);
      const positions = await db.position.findMany({ include: { market: true } });
      const found = positions.map((row) => [
        `${row.market.externalId} ${row.outcomeSide}`,
        figuresOf(row),
      ]);
      expect(Object.fromEntries(found)).toEqual(bruteForce(all));
    }),
    { numRuns: 25 },
  );
}, 120_000);

/** A read does not go below what retention keeps. */
const isKept = ({ hour }: Fill) => hour <= RETENTION_DAYS * 24;

const removeOld = () =>
  removeExpired(db, "trades", { activityDays: RETENTION_DAYS, now: new Date(T0), after: 0 });

/** The statement runs and its transaction is lost. */
async function crashWhileFolding(whaleId: number) {
  const lost = db.$transaction(async (tx) => {
    await foldTrades(tx as typeof db, whaleId, 1000);
    throw new Error("killed");
  });
  await expect(lost).rejects.toThrow("killed");
}

function bruteForce(fills: readonly Fill[]) {
  const sums = new Map<string, Record<string, Prisma.Decimal>>();
  const add = (key: string, effect: Record<string, Prisma.Decimal | number>) => {
    const sum = sums.get(key) ?? { ...NO_SUMS };
    sums.set(key, sum);
    for (const [name, value] of Object.entries(effect)) {
      sum[name] = (sum[name] ?? ZERO).plus(value);
    }
  };
  for (const row of fills) {
    const effect = effectOf(row);
    add(`${row.market} ${row.outcomeSide}`, effect);
    if (!effect.mintedShares) continue;
    const other = row.outcomeSide === "yes" ? "no" : "yes";
    add(`${row.market} ${other}`, { mintedShares: effect.mintedShares });
  }
  const text = (sum: Record<string, Prisma.Decimal>) =>
    Object.fromEntries(Object.entries(sum).map(([name, value]) => [name, value.toFixed()]));
  return Object.fromEntries([...sums].map(([key, sum]) => [key, text(sum)]));
}

const Exact = Prisma.Decimal.clone({ precision: 120 }) as typeof Prisma.Decimal;
const ZERO = new Exact(0);
const NO_SUMS: Record<string, Prisma.Decimal> = {
  boughtShares: ZERO,
  boughtAmount: ZERO,
  soldShares: ZERO,
  soldAmount: ZERO,
  mintedShares: ZERO,
  mintedAmount: ZERO,
  fees: ZERO,
  tradeCount: ZERO,
  unclearCount: ZERO,
};

function effectOf(row: Fill): Record<string, Prisma.Decimal | number> {
  const base = { fees: new Exact(row.fee ?? 0), tradeCount: 1 };
  const amount = row.amount === null ? null : new Exact(row.amount);
  const shares = new Exact(row.shares);
  if (amount === null) return { ...base, unclearCount: 1 };
  if (row.side === "split" || row.side === "merge") {
    if (!shares.isZero() && !shares.equals(amount)) return { ...base, unclearCount: 1 };
    const minted = row.side === "split" ? amount : amount.negated();
    return { ...base, mintedShares: minted, mintedAmount: minted };
  }
  if (shares.isZero() && !amount.isZero()) return { ...base, unclearCount: 1 };
  if (row.side === "buy") return { ...base, boughtShares: shares, boughtAmount: amount };
  if (row.side === "other") return { ...base, unclearCount: 1 };
  return { ...base, soldShares: shares, soldAmount: amount };
}

/** The sums of a row of the ledger as exact text. */
function figuresOf(row: object | undefined): Record<string, string> {
  const figures = Object.entries(row ?? {}).filter(
    ([name, value]) => name !== "whaleId" && name !== "marketId" && isFigure(value),
  );
  return Object.fromEntries(
    figures.map(([name, value]) => [name, new Exact(String(value)).toFixed()]),
  );
}

const isFigure = (value: unknown) => typeof value === "number" || Prisma.Decimal.isDecimal(value);
