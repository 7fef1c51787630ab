import { beforeAll, expect, test } from "vitest";
import { listTrades } from "~/features/trades/queries.server.ts";
import { getActivity } from "~/features/whales/activity.server.ts";
import { findUnfolded, foldTrades } from "~/features/whales/ledger.server.ts";
import { listPositions } from "~/features/whales/positions.server.ts";
import { getWhale } from "~/features/whales/queries.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { expectBounded, explainingClient } from "./explain.ts";
import { seed } from "./seed.ts";

const WHALES = 2_000;
const POSITIONS = 600;

let explained: Awaited<ReturnType<typeof explainingClient>>;
let db: PrismaClient;

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  await seed(database.db, { whales: WHALES, markets: 5_000, trades: 40_000, newest: NOW });
  await database.pool.query(`
    INSERT INTO stream_state (venue, kind, wallet, complete_since)
    SELECT venue, 'trades', address, to_timestamp(0) FROM whale;
    UPDATE whale SET ledger_since = to_timestamp(0), ledger_through = (SELECT max(id) FROM trade) WHERE id <> 9;
    INSERT INTO position (whale_id, market_id, outcome_side, bought_shares, bought_amount, trade_count, first_at, last_at)
    SELECT w, 1 + n * 7, 'yes', 10, 5, 1, now(), now()
    FROM (VALUES (7, ${POSITIONS}), (8, 400)) v(w, many), generate_series(1, many) n;
    INSERT INTO position (whale_id, market_id, outcome_side, bought_shares, bought_amount, trade_count, first_at, last_at)
    SELECT n, 1 + n, 'no', 10, 5, 1, now(), now() FROM generate_series(10, ${WHALES}) n;
    INSERT INTO whale_day (whale_id, day, bought, trade_count)
    SELECT w, date '2026-03-01' - n, 1, 1 FROM generate_series(1, 200) w, generate_series(0, 199) n;
    INSERT INTO whale_stats (whale_id, "window", volume, trade_count, computed_at)
    SELECT id, w, 1, 1, now() FROM whale, unnest(enum_range(NULL::stats_window)) w`);
  explained = await explainingClient(database);
  db = explained.db;
}, 60_000);

const READS: [string, number, () => Promise<unknown>][] = [
  ["the whale", 4, () => getWhale(db, 7)],
  ["its days", 90, () => getActivity(db, 7, { days: 90, now: NOW })],
  ["its open positions", POSITIONS, () => listPositions(db, 7, { open: true, limit: 15 })],
  ["its other positions", POSITIONS, () => listPositions(db, 7, { open: false, limit: 15 })],
  ["its trades in a market", 60, () => listTrades(db, { whaleId: 7, marketId: 7, limit: 50 })],
  ["fills that wait for its ledger", 60, () => foldTrades(db, 9)],
  ["ledgers that lag behind", 60, () => findUnfolded(db, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])],
];

for (const statistics of ["without statistics", "with statistics"]) {
  test.each(READS)(`%s: read by index, ${statistics}`, async (_, most, read) => {
    if (statistics === "with statistics") await db.$executeRaw`ANALYZE`;
    const plans = await explained.plansOf(read);
    expect(plans.length).toBeGreaterThan(0);
    expectBounded(plans, most);
  });
}
