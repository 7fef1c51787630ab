import { randomBytes } from "node:crypto";
import { tradeIdentity, tradeKey } from "~/features/trades/identity.ts";
import type { NumberedTrade } from "~/features/trades/read-wallet.ts";
import { storePage, type TradeStream } from "~/features/trades/store-page.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { TradeRow } from "~/lib/rows.ts";
import { percentile, print, withScratchDatabase } from "./scratch-database.ts";

const ROWS = 200_000;
const BATCH = 2_000;
const LOOP_ROWS = 2_000;
const PAGES = 300;
const MARKETS = 500;
const NOTHING_KNOWN = { watermark: null, covered: [], rereadUntil: null, completeSince: null };

/**
 * Bulk ingest of 200,000 trades into an empty database with all indexes, beside a loop of per-row upserts in the same run, and the
 * commit of single pages of 20 rows (design: "Bars").
 */
export async function ingest(): Promise<void> {
  const loop = await withScratchDatabase(async ({ db }) => {
    const stream = await makeStream(db);
    return upsertLoop(db, stream, makeTrades(stream.wallet, LOOP_ROWS));
  });
  await withScratchDatabase(async ({ db, kind }) => {
    const stream = await makeStream(db);
    const trades = makeTrades(stream.wallet, ROWS);
    const started = performance.now();
    for (let at = 0; at < trades.length; at += BATCH) {
      await store(db, stream, trades.slice(at, at + BATCH));
    }
    const bulk = ROWS / ((performance.now() - started) / 1000);
    const stored = await db.trade.count();
    if (stored !== ROWS) throw new Error(`${stored} of ${ROWS} rows are stored.`);
    const pages: number[] = [];
    for (let n = 0; n < PAGES; n++) {
      const page = makeTrades(stream.wallet, 20);
      const began = performance.now();
      await store(db, stream, page);
      pages.push(performance.now() - began);
    }
    process.stdout.write(`database: ${kind}\n`);
    print(`bulk, ${ROWS} rows in batches of ${BATCH}`, bulk, "rows/s");
    print(`per-row upsert loop, ${LOOP_ROWS} rows`, loop, "rows/s");
    print("ratio", bulk / loop, "x", 1);
    print("page of 20 rows, median", percentile(pages, 0.5), "ms", 2);
    print("page of 20 rows, p99", percentile(pages, 0.99), "ms", 2);
  });
}

function store(db: PrismaClient, stream: TradeStream, trades: NumberedTrade[]) {
  const page = { trades, bad: [], progress: NOTHING_KNOWN, joined: null };
  return storePage(db, stream, page, new Date());
}

/** What a straightforward client does: one upsert a row, on the same unique key. */
async function upsertLoop(db: PrismaClient, stream: TradeStream, trades: NumberedTrade[]) {
  const market = await db.market.create({
    data: { venue: "opinion", kind: "binary", externalId: "0", title: "Market 0" },
  });
  const started = performance.now();
  for (const { row, key, ordinal } of trades) {
    const identity = tradeIdentity(key, ordinal);
    const { price, shares, amount, fee, tradedAt, outcomeSide, side, txHash, venue } = row;
    await db.trade.upsert({
      where: { identity },
      update: {},
      create: {
        identity,
        venue,
        txHash,
        outcomeSide,
        side,
        price,
        shares,
        amount,
        fee,
        ordinal,
        tradedAt,
        seenAt: new Date(),
        whaleId: stream.whaleId,
        marketId: market.id,
      },
    });
  }
  return trades.length / ((performance.now() - started) / 1000);
}

export async function makeStream(db: PrismaClient): Promise<TradeStream> {
  const wallet = `0x${randomBytes(20).toString("hex")}`;
  const whale = await db.whale.create({
    data: { venue: "opinion", address: wallet, source: "manual" },
  });
  const state = await db.streamState.create({ data: { venue: "opinion", kind: "trades", wallet } });
  return { id: state.id, venue: "opinion", wallet, whaleId: whale.id };
}

export function makeTrades(wallet: string, count: number): NumberedTrade[] {
  const start = Date.now() - count * 1000;
  return Array.from({ length: count }, (_, n) => {
    const market = n % MARKETS;
    const row: TradeRow = {
      venue: "opinion",
      wallet,
      txHash: `0x${randomBytes(32).toString("hex")}`,
      marketExternalId: String(market),
      marketTitle: `Market ${market}`,
      parentExternalId: null,
      parentTitle: null,
      outcomeSide: n % 2 ? "yes" : "no",
      outcomeLabel: "YES",
      side: n % 3 ? "buy" : "sell",
      price: `0.${String((n % 997) + 1).padStart(3, "0")}`,
      shares: `${n}.923310344827586206896551724137931`,
      amount: `${n}.798776`,
      fee: "0.250000000000000001",
      tradedAt: new Date(start + n * 1000),
    };
    return { row, key: tradeKey(row), ordinal: 0 };
  });
}
