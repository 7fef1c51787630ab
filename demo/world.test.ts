import fc from "fast-check";
import { expect, test } from "vitest";
import { BUY, canonicalFigures, type Fill, figuresOf, SELL, SIDES } from "./fill-log.ts";
import { createRandom } from "./random.ts";
import { marketStatus } from "./reads.ts";
import { truthTrades } from "./truth.ts";
import { createWorld, type World, type WorldOptions } from "./world.ts";

const STARTED_AT = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 86_400_000;

function world(options: Partial<WorldOptions> = {}): World {
  return createWorld({
    seed: "test",
    startedAt: STARTED_AT,
    tradesPerSecond: 1,
    historyFills: 400,
    whales: 12,
    markets: 20,
    ...options,
  });
}

function fillsOf({ log }: World): Fill[] {
  return Array.from({ length: log.length() }, (_, index) => log.get(index));
}

function byTransaction(fills: Fill[]): Fill[][] {
  const groups = new Map<number, Fill[]>();
  for (const fill of fills) groups.set(fill.tx, [...(groups.get(fill.tx) ?? []), fill]);
  return [...groups.values()];
}

test("a restart finds the same past, however often the world was looked at before", () => {
  const until = STARTED_AT + 900_000;
  const reference = world();
  reference.advanceTo(until);
  const expected = truthTrades(reference, until);
  expect(expected.total).toBeGreaterThan(900);
  fc.assert(
    fc.property(fc.array(fc.nat(900_000), { maxLength: 20 }), (looks) => {
      const other = world();
      for (const look of looks.sort((a, b) => a - b)) other.advanceTo(STARTED_AT + look);
      other.advanceTo(until);
      expect(truthTrades(other, until)).toEqual(expected);
      expect(other.book.markets.map((market) => market.logit)).toEqual(
        reference.book.markets.map((market) => market.logit),
      );
    }),
    { numRuns: 10 },
  );
});

test("fills nobody had planned change neither prices nor the fills that follow", () => {
  const [calm, disturbed] = [world(), world()];
  const until = STARTED_AT + 300_000;
  calm.advanceTo(until);
  disturbed.advanceTo(STARTED_AT + 60_000);
  const whale = disturbed.whales[3];
  if (!whale) throw new Error("The world has too few whales.");
  disturbed.insertFill(whale, STARTED_AT + 60_000, createRandom("drift"));
  disturbed.advanceTo(until);
  const planned = fillsOf(disturbed).filter((fill) => fill.tx < 0x8000_0000);
  expect(planned).toEqual(fillsOf(calm));
  expect(disturbed.log.length()).toBe(calm.log.length() + 1);
});

test("another seed is another world", () => {
  const [first, second] = [world(), world({ seed: "other" })];
  for (const each of [first, second]) each.advanceTo(STARTED_AT);
  expect(first.whales[0]?.address).not.toBe(second.whales[0]?.address);
  expect(first.txHash(0)).not.toBe(second.txHash(0));
});

test("history has exactly the fills asked for, in the 30 days before the start, denser towards its end", () => {
  const subject = world({ historyFills: 5_000, whales: 60, markets: 200 });
  subject.advanceTo(STARTED_AT - 1);
  const times = fillsOf(subject).map((fill) => fill.createdAt * 1000);
  expect(times).toHaveLength(5_000);
  expect(times.every((at) => at >= STARTED_AT - 30 * DAY_MS && at < STARTED_AT)).toBe(true);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const lastWeek = times.filter((at) => at > STARTED_AT - 7 * DAY_MS).length;
  expect(lastWeek).toBeGreaterThan(1_500);
});

test("a day at one trade a second looks like a market", () => {
  const subject = world({ historyFills: 20_000, whales: 60, markets: 200 });
  subject.advanceTo(STARTED_AT + DAY_MS);
  const fills = fillsOf(subject);
  const live = fills.length - 20_000;
  expect(live / 86_400).toBeGreaterThan(0.9);
  expect(live / 86_400).toBeLessThan(1.1);
  const late = fills.filter((fill) => fill.late > 0);
  expect(late.length / fills.length).toBeGreaterThan(0.007);
  expect(late.length / fills.length).toBeLessThan(0.013);
  expect(late.every((fill) => fill.late >= 5 && fill.late <= 90)).toBe(true);
  const transactions = byTransaction(fills);
  const key = (fill: Fill): string =>
    [fill.whale, fill.market, fill.side, fill.outcome, fill.price, fill.quantity].join();
  const repeated = transactions.filter((group) => new Set(group.map(key)).size < group.length);
  expect(repeated.length / transactions.length).toBeGreaterThan(0.02);
  expect(repeated.length / transactions.length).toBeLessThan(0.04);
  expect(transactions.some((group) => new Set(group.map((fill) => fill.whale)).size > 1)).toBe(
    true,
  );
  expect(new Set(fills.map((fill) => SIDES[fill.side]))).toEqual(new Set(SIDES));
});

test("orders move prices, and nobody sells more than he has", () => {
  const subject = world({ historyFills: 8_000 });
  subject.advanceTo(STARTED_AT);
  const held = new Map<string, bigint>();
  const prices = new Map<number, Set<number>>();
  for (const fill of fillsOf(subject)) {
    const key = `${fill.whale} ${fill.market} ${fill.outcome}`;
    const { shares } = figuresOf(fill);
    if (fill.side === BUY || fill.side === SELL) {
      const yes = fill.outcome === 0 ? fill.price : 10_000 - fill.price;
      prices.set(fill.market, (prices.get(fill.market) ?? new Set()).add(yes));
      held.set(key, (held.get(key) ?? 0n) + (fill.side === BUY ? shares : -shares));
    }
    if (SIDES[fill.side] === "Split" || SIDES[fill.side] === "Merge") {
      const pairs = BigInt(fill.quantity) * 10n ** 10n * (SIDES[fill.side] === "Split" ? 1n : -1n);
      for (const outcome of [0, 1]) {
        const both = `${fill.whale} ${fill.market} ${outcome}`;
        held.set(both, (held.get(both) ?? 0n) + pairs);
      }
    }
    expect(held.get(key) ?? 0n).toBeGreaterThanOrEqual(0n);
  }
  const moving = [...prices.values()].filter((seen) => seen.size > 5).length;
  expect(moving).toBeGreaterThan(prices.size / 2);
});

test("a buy costs price times shares plus the fee, a sale brings price times shares less the fee, exactly", () => {
  const subject = world({ historyFills: 2_000 });
  subject.advanceTo(STARTED_AT);
  const scaled = (text: string): bigint => {
    const [whole = "", decimals = ""] = text.replace("-", "").split(".");
    return BigInt(whole + decimals.padEnd(40, "0")) * (text.startsWith("-") ? -1n : 1n);
  };
  for (const fill of fillsOf(subject)) {
    if (fill.side !== BUY && fill.side !== SELL) continue;
    const { price, shares, amount, fee } = canonicalFigures(fill);
    const gross = (scaled(price) * scaled(shares)) / 10n ** 40n;
    const expected = fill.side === BUY ? gross + scaled(fee) : gross - scaled(fee);
    expect(scaled(amount)).toBe(expected);
  }
});

test("markets close, resolve to one of their tokens and are replaced; of exclusive outcomes one wins at most", () => {
  const subject = world({ historyFills: 3_000, tradesPerSecond: 0, markets: 60 });
  const end = STARTED_AT + 20 * DAY_MS;
  subject.advanceTo(end);
  const { topics, markets } = subject.book;
  const open = topics.filter((topic) =>
    topic.markets.some((market) => marketStatus(market, end / 1000) === 2),
  );
  expect(open.length).toBeGreaterThan(50);
  expect(open.length).toBeLessThanOrEqual(60);
  const results = new Set(markets.map((market) => market.result));
  expect(results).toEqual(new Set([null, "yes", "no", "void"]));
  expect(topics.filter((topic) => topic.createdAt * 1000 > STARTED_AT).length).toBeGreaterThan(5);
  for (const topic of topics.filter(({ draft }) => draft.exclusive)) {
    const winners = topic.markets.filter((market) => market.result === "yes");
    expect(winners.length).toBeLessThanOrEqual(1);
  }
  const slugs = markets.map((market) => market.slug);
  expect(new Set(slugs).size).toBe(slugs.length);
  expect([...subject.book.parentOfId.keys()].some((id) => subject.book.marketOfId.has(id))).toBe(
    true,
  );
});
