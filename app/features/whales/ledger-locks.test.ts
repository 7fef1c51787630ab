import { beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { TradeRow } from "~/lib/rows.ts";
import { testDatabase } from "../../../tests/database.ts";
import { tradeKey } from "../trades/identity.ts";
import { storePage, type TradeStream } from "../trades/store-page.server.ts";
import { foldTrades } from "./ledger.server.ts";

const { db, pool, reset } = await testDatabase();
const WALLET = "0x00000000000000000000000000000000000000aa";
const NOW = new Date(Date.UTC(2026, 5, 1, 12));

beforeEach(reset);

async function makeStream(): Promise<TradeStream> {
  const key = { venue: "opinion", address: WALLET };
  const whale = await db.whale.create({ data: { ...key, source: "manual" } });
  const { id } = await db.streamState.create({
    data: { venue: "opinion", kind: "trades", wallet: WALLET },
  });
  return { id, venue: "opinion", wallet: WALLET, whaleId: whale.id };
}

/** Stores a page of one buy of ten shares. */
function store(stream: TradeStream, market: string, txHash: string) {
  const row: TradeRow = {
    venue: "opinion",
    wallet: WALLET,
    txHash,
    marketExternalId: market,
    marketTitle: `Market ${market}`,
    parentExternalId: null,
    parentTitle: null,
    outcomeLabel: "",
    outcomeSide: "yes",
    side: "buy",
    price: "0.5",
    shares: "10",
    amount: "5",
    fee: "0",
    tradedAt: NOW,
  };
  const trades = [{ row, key: tradeKey(row), ordinal: 0 }];
  const progress = { watermark: null, covered: [], rereadUntil: null, completeSince: 0 };
  return storePage(db, stream, { trades, bad: [], progress, joined: null }, NOW);
}

/** Resolves once so many statements wait for a lock, or with the work if it does not have to wait. */
async function untilWaiting(count: number, work: Promise<unknown>): Promise<void> {
  let done = false;
  const finish = () => {
    done = true;
  };
  work.then(finish, finish);
  while (!done) {
    const { rows } = await pool.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if ((rows[0]?.waiting ?? 0) >= count) return;
  }
}

async function sharesBought(): Promise<string | undefined> {
  const { _sum } = await db.position.aggregate({ _sum: { boughtShares: true } });
  return _sum.boughtShares?.toFixed();
}

// The embedded database lets nobody in while a transaction is open.
const onServer = test.runIf(process.env.TEST_DATABASE_URL);

onServer("a fold that meets another one half done goes on where that one ends", async () => {
  const stream = await makeStream();
  await store(stream, "1", "0x1");
  let second: Promise<number> | undefined;
  await db.$transaction(async (tx) => {
    await foldTrades(tx as PrismaClient, stream.whaleId);
    second = foldTrades(db, stream.whaleId);
    await untilWaiting(1, second);
  });
  expect(await second).toBe(0);
  expect(await sharesBought()).toBe("10");
});

onServer(
  "a page that is held up halfway is not overtaken, and so not missed by a fold",
  async () => {
    const stream = await makeStream();
    await store(stream, "1", "0x1");
    const other = await pool.connect();
    try {
      // Somebody else is storing the market of the next page.
      await other.query("BEGIN");
      await other.query(
        "INSERT INTO market (venue, kind, external_id, title) VALUES ('opinion', 'binary', '2', 'M')",
      );
      const heldUp = store(stream, "2", "0x2");
      await untilWaiting(1, heldUp);
      const behind = store(stream, "1", "0x3");
      await untilWaiting(2, behind);
      await foldTrades(db, stream.whaleId);
      await other.query("ROLLBACK");
      await Promise.all([heldUp, behind]);
    } finally {
      other.release();
    }
    await foldTrades(db, stream.whaleId);
    expect(await sharesBought()).toBe("30");
  },
);
