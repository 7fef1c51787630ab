import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry, ListPage, TradeRow } from "~/lib/rows.ts";
import type { Progress } from "./coverage.ts";
import { tradeIdentity, tradeKey } from "./identity.ts";
import { readWallet, type WalletReader } from "./read-wallet.ts";

const START = Date.UTC(2026, 0, 1);
const WALLET = "0x00000000000000000000000000000000000000aa";

function fill(second: number, variant: number, price = "0.5"): TradeRow {
  return {
    venue: "opinion",
    wallet: WALLET,
    txHash: `0x${second.toString(16)}${variant}`,
    marketExternalId: "7",
    marketTitle: "Will it rain?",
    parentExternalId: null,
    parentTitle: null,
    outcomeSide: "yes",
    outcomeLabel: "YES",
    side: "buy",
    price,
    shares: "10",
    amount: "5",
    fee: "0",
    tradedAt: new Date(START + second * 1000),
  };
}

/** A venue's list of one wallet, newest first, and an archive that keeps what the database would. */
function world(initial: TradeRow[], pageSize = 5) {
  const rows = [...initial].sort((a, b) => b.tradedAt.getTime() - a.tradedAt.getTime());
  const stored = new Map<string, TradeRow>();
  let progress: Progress = { watermark: null, covered: [], rereadUntil: null, completeSince: null };
  let fetches = 0;
  let beforeFetch: (page: number, nth: number) => void = () => {};
  let afterFetch: (page: ListPage<TradeRow>, number: number) => ListPage<TradeRow> = (page) => page;

  const reader = (pages: number): WalletReader => {
    let taken = 0;
    return {
      counts: { fetched: 0, created: 0, duplicate: 0, quarantined: 0 },
      pageSize,
      fetchPage: async (page) => {
        fetches += 1;
        beforeFetch(page, fetches);
        const list = rows.slice((page - 1) * pageSize, page * pageSize);
        const entries = list.map((row): Entry<TradeRow> => ({ row }));
        return afterFetch({ entries, total: rows.length }, page);
      },
      store: async (page) => {
        let created = 0;
        for (const { row, key, ordinal } of page.trades) {
          const identity = tradeIdentity(key, ordinal);
          if (!stored.has(identity)) created += 1;
          stored.set(identity, row);
        }
        progress = page.progress;
        return { created, quarantined: page.bad.length };
      },
      mayGoOn: () => ++taken < pages,
    };
  };

  return {
    insert(row: TradeRow) {
      const at = rows.findIndex((other) => other.tradedAt <= row.tradedAt);
      rows.splice(at < 0 ? rows.length : at, 0, row);
    },
    onFetch(hook: typeof beforeFetch) {
      beforeFetch = hook;
    },
    onReply(hook: typeof afterFetch) {
      afterFetch = hook;
    },
    async poll({ pagesPerStep = 10, reread = false, acceptEarlyEnd = false } = {}) {
      if (reread) progress = { ...progress, rereadUntil: 0, covered: [] };
      for (let step = 0; step < 200; step++) {
        const result = await readWallet(
          {
            progress,
            fromTop: step === 0,
            rereading: reread,
            acceptEarlyEnd,
            endedEarly: false,
            keptSince: 0,
          },
          reader(pagesPerStep),
        );
        if (result.joined) {
          if (reread) progress = { ...progress, rereadUntil: null };
          return;
        }
      }
      throw new Error("the read never joined");
    },
    keys: () => [...stored.values()].map(tradeKey).sort(),
    truth: () => rows.map(tradeKey).sort(),
    rows: () => [...rows],
    progress: () => progress,
    fetches: () => fetches,
  };
}

const history = (count: number) => Array.from({ length: count }, (_, n) => fill(n * 300, 0));

describe("a wallet's first read", () => {
  test("takes the whole history and is complete from then on", async () => {
    const w = world(history(23));
    await w.poll();
    expect(w.keys()).toEqual(w.truth());
    expect(w.progress()).toMatchObject({ covered: [], completeSince: 0 });
    expect(w.progress().watermark).toBe(START + 22 * 300_000);
    expect(w.fetches()).toBe(5);
  });

  test("a wallet without fills is joined with nothing", async () => {
    const w = world([]);
    await w.poll();
    expect(w.progress()).toMatchObject({ watermark: null, completeSince: 0 });
  });

  test("equal fills in one transaction are all kept, also across a page boundary", async () => {
    const w = world([...history(4), fill(5000, 1), fill(5000, 1), fill(5000, 1), fill(6000, 0)], 2);
    await w.poll({ pagesPerStep: 1 });
    expect(w.keys()).toEqual(w.truth());
  });
});

describe("later reads", () => {
  test("take one request when nothing is new, and only what is new otherwise", async () => {
    const w = world(history(40));
    await w.poll();
    const before = w.fetches();
    await w.poll();
    expect(w.fetches() - before).toBe(1);
    w.insert(fill(40 * 300, 0));
    await w.poll();
    expect(w.fetches() - before).toBe(2);
    expect(w.keys()).toEqual(w.truth());
  });

  test("find rows that appear up to 120 s late", async () => {
    const w = world(history(10));
    await w.poll();
    w.insert(fill(10 * 300, 0));
    await w.poll();
    w.insert(fill(10 * 300 - 119, 7));
    await w.poll();
    expect(w.keys()).toEqual(w.truth());
  });

  test("a read that was cut off goes on where it stopped instead of starting again", async () => {
    const w = world(history(200));
    let failing = true;
    w.onFetch((page) => {
      if (failing && page === 30) throw new Error("down");
    });
    await expect(w.poll()).rejects.toThrow("down");
    const before = w.fetches();
    failing = false;
    await w.poll();
    expect(w.keys()).toEqual(w.truth());
    // One page at the top, then about eleven below page 29, not forty.
    expect(w.fetches() - before).toBeLessThan(16);
  });

  test("page 1 read and page 2 failing loses nothing (the burst is not taken for seen)", async () => {
    const w = world(history(10));
    await w.poll();
    for (let n = 0; n < 12; n++) w.insert(fill(4000 + n * 200, 1));
    let failing = true;
    w.onFetch((page) => {
      if (failing && page === 2) throw new Error("half");
    });
    await expect(w.poll()).rejects.toThrow("half");
    expect(w.progress().watermark).toBe(START + 9 * 300_000);
    failing = false;
    await w.poll();
    expect(w.keys()).toEqual(w.truth());
  });

  test("an empty page short of the total is an error, and no end of history", async () => {
    const w = world(history(20));
    w.onReply((page, number) => (number === 3 ? { ...page, entries: [] } : page));
    await expect(w.poll()).rejects.toMatchObject({ code: "INVALID_RESPONSE", retryable: true });
    expect(w.progress().completeSince).toBeNull();
    await w.poll({ acceptEarlyEnd: true });
    expect(w.progress().completeSince).toBe(START + 10 * 300_000);
  });

  test("a list that moves at every request still comes to an end", async () => {
    const w = world(history(60));
    let next = 60;
    w.onFetch(() => {
      if (next < 90) w.insert(fill(next++ * 300, 0));
    });
    while (next < 90) await w.poll();
    await w.poll();
    expect(w.keys()).toEqual(w.truth());
  });

  test("a row that fails its schema is handed over with its place while the rest of the page is kept", async () => {
    const w = world(history(8));
    const bad: unknown[] = [];
    w.onReply((page, number) =>
      number === 1
        ? {
            ...page,
            entries: page.entries.map((entry, index) =>
              index === 1
                ? { bad: { payload: { broken: 1 }, path: "price", message: "no" } }
                : entry,
            ),
          }
        : page,
    );
    const progress = w.progress();
    const counts = { fetched: 0, created: 0, duplicate: 0, quarantined: 0 };
    await readWallet(
      {
        progress,
        fromTop: true,
        rereading: false,
        acceptEarlyEnd: false,
        endedEarly: false,
        keptSince: 0,
      },
      {
        counts,
        pageSize: 5,
        fetchPage: async () => ({
          entries: [
            { row: fill(20, 0) },
            { bad: { payload: 1, path: "", message: "no" } },
            { row: fill(10, 0) },
          ],
          total: 3,
        }),
        store: async (page) => {
          bad.push(...page.bad);
          return { created: page.trades.length, quarantined: page.bad.length };
        },
        mayGoOn: () => true,
      },
    );
    expect(counts).toMatchObject({ fetched: 3, created: 2, quarantined: 1 });
    expect(bad).toMatchObject([{ nearAt: START + 20_000 }]);
  });
});

type Move =
  | { kind: "new"; copies: number; gap: number }
  | { kind: "late"; age: number; copies: number }
  | { kind: "fail" }
  | { kind: "stale" }
  | { kind: "poll"; pagesPerStep: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("new" as const),
      copies: fc.integer({ min: 1, max: 4 }),
      gap: fc.integer({ min: 0, max: 90 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("late" as const),
      age: fc.integer({ min: 1, max: 110 }),
      copies: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "fail" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "stale" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("poll" as const),
      pagesPerStep: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

test("property: whatever moves, fails or is stale between pages, a quiet read with a reread leaves exactly the venue's fills", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 30 }),
      fc.array(fc.array(move, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 25 }),
      async (initial, script) => {
        const w = world(history(initial), 4);
        let clock = initial * 300;
        let variant = 0;
        let failNext = false;
        let staleNext = false;
        let snapshot = w.rows();
        const apply = (m: Move) => {
          if (m.kind === "new") {
            clock += m.gap;
            variant += 1;
            for (let n = 0; n < m.copies; n++) w.insert(fill(clock, variant));
          } else if (m.kind === "late") {
            variant += 1;
            for (let n = 0; n < m.copies; n++) w.insert(fill(Math.max(0, clock - m.age), variant));
          } else if (m.kind === "fail") failNext = true;
          else if (m.kind === "stale") staleNext = true;
        };
        const queue = [...script];
        w.onFetch(() => {
          const moves = queue.shift() ?? [];
          for (const m of moves) apply(m);
          if (failNext) {
            failNext = false;
            throw new Error("down");
          }
        });
        // A replica that lags behind: it serves the asked page of an earlier list, total included.
        w.onReply((page, number) => {
          if (staleNext) {
            staleNext = false;
            const entries = snapshot.slice((number - 1) * 4, number * 4).map((row) => ({ row }));
            return { entries, total: snapshot.length };
          }
          if (number === 1) snapshot = [...w.rows()];
          return page;
        });
        for (let n = 0; n < 60 && queue.length > 0; n++) {
          try {
            await w.poll({ pagesPerStep: 1 + (n % 3) });
          } catch (error) {
            // A failed read is tried again by the next poll, as the job does.
            expect(error).toBeInstanceOf(Error);
          }
        }
        w.onFetch(() => {});
        w.onReply((page) => page);
        await w.poll();
        const truth = w.truth();
        const kept = w.keys();
        // Never more than the venue has, whatever happened.
        expect(kept.length).toBeLessThanOrEqual(truth.length);
        if (kept.length < truth.length) await w.poll({ reread: true });
        expect(w.keys()).toEqual(truth);
      },
    ),
    { numRuns: 400 },
  );
}, 60_000);

test("property: without stale or lying replies no reread is ever needed", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 40 }),
      fc.array(
        fc.array(
          move.filter((m) => m.kind === "new"),
          { maxLength: 2 },
        ),
        { maxLength: 25 },
      ),
      fc.integer({ min: 1, max: 5 }),
      async (initial, script, pagesPerStep) => {
        const w = world(history(initial), 4);
        let clock = initial * 300;
        let variant = 0;
        const queue = [...script];
        w.onFetch(() => {
          for (const m of queue.shift() ?? []) {
            if (m.kind !== "new") continue;
            clock += m.gap + 1;
            variant += 1;
            for (let n = 0; n < m.copies; n++) w.insert(fill(clock, variant));
          }
        });
        for (let n = 0; n < 60 && queue.length > 0; n++) {
          await w.poll({ pagesPerStep }).catch((error: { code?: string }) => {
            expect(error.code).toBe("INVALID_RESPONSE");
          });
        }
        w.onFetch(() => {});
        await w.poll();
        expect(w.keys()).toEqual(w.truth());
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);
