import path from "node:path";
import type pg from "pg";
import { type Database, openDatabase } from "~/lib/db.server.ts";
import { createLogger } from "~/lib/logger.server.ts";
import { EMPTY_RUNTIME, RUNTIME_SEED, runtimeSteps } from "./seed-runtime.ts";

export const SEED = { trades: 1_000_000, markets: 20_000, whales: 2_000, syncs: 100_000 };

/** Where the seeded embedded database stays between runs. */
export const SEED_FOLDER = path.resolve(".data/bench");

const BATCH = 20_000;
const DAYS = 90;
/** Markets with a price every five minutes of the last week; the others have one every few hours. */
const BUSY_MARKETS = 400;

/** Opens the database of the page benches: embedded in `.data/bench`, or the Postgres of BENCH_DATABASE_URL. */
export function openSeeded(): Promise<Database> {
  return openDatabase({
    databaseUrl: process.env.BENCH_DATABASE_URL,
    dataDir: SEED_FOLDER,
    world: "demo",
    migrationsDir: path.resolve("prisma/migrations"),
    templateFile: path.resolve(".cache/database/template.tar.gz"),
    logger: createLogger("warn"),
  });
}

/**
 * Fills that database with 1,000,000 trades of 90 days, 20,000 markets, 2,000 whales and 100,000 syncs with 1,000,000 attempts, 20,000
 * dead letters and 5,000 notifications, unless it is full already. A few whales and markets have most of the trades, as in the field.
 */
export async function seed(): Promise<void> {
  const database = await openSeeded();
  try {
    await fill(database);
  } finally {
    await database.close();
  }
}

/** As `seed`, into an open database. */
export async function fill({ pool }: Database): Promise<void> {
  if (!(await isFull(pool))) await fillArchive(pool);
  if (!(await isRuntimeFull(pool))) await fillRuntime(pool);
}

type NamedWork = [name: string, work: () => Promise<unknown>];

async function fillArchive(pool: pg.Pool): Promise<void> {
  await pool.query(
    "TRUNCATE market, whale, trade, stream_state, sync_log, quarantined_row, price_point RESTART IDENTITY CASCADE",
  );
  await inTurn([
    ["markets", () => pool.query(MARKETS, [SEED.markets])],
    ["whales", () => pool.query(WHALES, [SEED.whales, SEED.trades])],
    ["trades", () => inBatches(pool, TRADES, SEED.trades, [SEED.whales, SEED.markets])],
    ["prices", () => inBatches(pool, PRICES, SEED.markets, [BUSY_MARKETS], 500)],
    ["runs", () => inBatches(pool, SYNCS, SEED.syncs, [])],
    ["steps of runs", () => pool.query(PARTS, [SEED.whales])],
    ["quarantine", () => pool.query(QUARANTINE)],
    ["ledger", () => inBatches(pool, LEDGER, SEED.whales, [], 50)],
    ["figures", () => pool.query(FIGURES)],
    ["statistics", () => pool.query("VACUUM ANALYZE")],
  ]);
}

async function fillRuntime(pool: pg.Pool): Promise<void> {
  await inTurn([
    ["room", () => pool.query(EMPTY_RUNTIME)],
    ...runtimeSteps(SEED.syncs).map(
      ({ name, sql, count, batch }): NamedWork => [
        name,
        () => inBatches(pool, sql, count, [], batch),
      ],
    ),
    ["statistics", () => pool.query("VACUUM ANALYZE")],
  ]);
}

async function inTurn(steps: NamedWork[]): Promise<void> {
  const started = performance.now();
  for (const [name, work] of steps) {
    const began = performance.now();
    await work();
    process.stdout.write(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  }
  process.stdout.write(`filled in ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}

async function isFull(pool: pg.Pool): Promise<boolean> {
  // The figures are the last to be written.
  const { rows } = await pool.query(
    `SELECT (SELECT max(id) FROM trade) = $1 AND (SELECT count(*) FROM whale_stats) = 4 * $2 AS full`,
    [SEED.trades, SEED.whales],
  );
  return rows[0]?.full === true;
}

async function isRuntimeFull(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT (SELECT max(id) FROM notification) = $1 AND (SELECT max(id) FROM dead_letter) = $2
       AND EXISTS (SELECT 1 FROM condition) AS full`,
    [RUNTIME_SEED.notifications, RUNTIME_SEED.letters],
  );
  return rows[0]?.full === true;
}

/** Runs a statement over [$1, $2] = each stretch of 1..n; it does not hold the database for long. */
async function inBatches(
  pool: pg.Pool,
  sql: string,
  n: number,
  values: unknown[],
  batch = BATCH,
): Promise<void> {
  for (let from = 1; from <= n; from += batch) {
    await pool.query(sql, [from, Math.min(n, from + batch - 1), ...values]);
  }
}

const WORDS = `ARRAY['Bitcoin','Ethereum','election','Fed','rate cut','Champions League','Oscar','inflation','Trump','Solana','ceasefire',
  'Super Bowl','GDP','rain in London','IPO','Mars landing','token launch','World Cup','oil price','unemployment']`;
const LABELS = `ARRAY['Crypto','Politics','Sports','Economy','Culture','Science','Weather','Companies']`;

// Every tenth market heads a group of the five after it.
const MARKETS = `
  INSERT INTO market (venue, kind, external_id, parent_id, title, status, yes_label, no_label, yes_price, yes_price_at,
    price_checked_at, volume, volume_24h, volume_7d, labels, opened_at, cutoff_at, catalog_seen_at)
  SELECT 'opinion', (CASE WHEN n % 10 = 1 THEN 'categorical' ELSE 'binary' END)::market_kind, (100000 + n)::text,
    CASE WHEN n % 10 BETWEEN 2 AND 6 THEN n - n % 10 + 1 END,
    CASE WHEN n % 10 BETWEEN 2 AND 6 THEN 'Outcome ' || chr(64 + n % 10)
      ELSE 'Will ' || (${WORDS})[1 + (n * 7) % 20] || ' and ' || (${WORDS})[1 + (n * 13) % 20] || ' decide number ' || n || '?' END,
    (CASE WHEN n % 3 = 0 THEN 'resolved' ELSE 'activated' END)::market_status, 'Yes', 'No',
    CASE WHEN n % 10 <> 1 THEN (1 + n * 37 % 98) / 100.0 END, now() - interval '1 minute', now() - interval '1 minute',
    n * 977 % 1000000, CASE WHEN n % 5 <> 0 THEN n * 613 % 200000 END, n * 811 % 600000,
    ARRAY[(${LABELS})[1 + n % 8]], now() - n % 200 * interval '1 day', now() + (n % 300 - 60) * interval '1 day', now()
  FROM generate_series(1, $1::int) n`;

const WHALES = `
  INSERT INTO whale (venue, address, label, source, followed, followed_at, last_trade_at, ledger_through, ledger_since)
  SELECT 'opinion', '0x' || lpad(to_hex(n * 7919::bigint), 40, md5(n::text) || md5(n::text)), CASE WHEN n % 3 = 0 THEN 'Whale ' || n END,
    'leaderboard', n % 10 <> 0, now() - interval '90 days', now() - n * interval '1 minute', $2::bigint, to_timestamp(0)
  FROM generate_series(1, $1::int) n;`;

// Square and cube of a uniform number: some have much, most have little. Half of a whale's trades are in the 300 markets that everybody
// trades, the others in 150 of its own choice.
const TRADES = `
  INSERT INTO trade (identity, venue, whale_id, tx_hash, market_id, outcome_side, side, price, shares, amount, fee, ordinal, traded_at, seen_at)
  SELECT md5('trade ' || n)::uuid, 'opinion', r.whale, '0x' || md5(n::text) || md5(n::text), m.id,
    CASE WHEN n % 3 = 0 THEN 'no' ELSE 'yes' END, CASE WHEN n % 5 < 2 THEN 'sell' ELSE 'buy' END,
    p.price, round(p.amount / p.price, 18), p.amount, round(p.amount * 0.001, 18), 0, t.at, t.at + interval '3 seconds'
  FROM generate_series($1::int, $2::int) n,
    LATERAL (SELECT 1 + floor($3::int * power((hashint8(n * 31::bigint) & 1048575) / 1048576.0, 3))::int AS whale, (hashint8(n * 17::bigint + 5) & 1048575) / 1048576.0 AS v,
      (hashint8(n * 13::bigint + 9) & 1048575) / 1048576.0 AS w) r,
    LATERAL (SELECT 1 + CASE WHEN n % 2 = 0 THEN floor(300 * v * v)::int
      ELSE (r.whale * 131 + floor(150 * v * v)::int * 977) % ($4::int - 1) END AS number) pick,
    LATERAL (SELECT CASE WHEN number % 10 = 1 THEN number + 1 ELSE number END AS id) m,
    LATERAL (SELECT (1 + (n * 37) % 98) / 100.0 AS price, round((20 * power(1.0 / (1.000001 - w), 0.9))::numeric, 6) AS amount) p,
    LATERAL (SELECT now() - (${SEED.trades} - n) * interval '${(DAYS * 86_400) / SEED.trades} seconds' AS at) t`;

const PRICES = `
  INSERT INTO price_point (market_id, outcome, at, price)
  SELECT m, 'yes', now() - i * CASE WHEN m <= $3::int THEN interval '5 minutes' ELSE interval '4 hours' END,
    least(0.99, greatest(0.01, round((0.5 + 0.4 * sin(m + i / 40.0) + (hashint8(m * 1000003::bigint + i) % 100) / 2000.0)::numeric, 4)))
  FROM generate_series($1::int, $2::int) m, generate_series(0, CASE WHEN m <= $3::int THEN 2015 ELSE 42 END) i
  WHERE m % 10 <> 1`;

const SYNCS = `
  INSERT INTO sync_log (run_id, type, trigger, status, started_at, finished_at, deadline_at, requests, pages, fetched, created, duplicate,
    quarantined, error_code, error_message, correlation_id)
  SELECT 'run-' || n, k.type, (CASE WHEN n % 400 = 0 THEN 'manual' ELSE 'cron' END)::sync_trigger, k.status, k.at, k.at + n % 40 * interval '1 second',
    k.at + interval '20 minutes', 60 + n % 30, 60, 1200, n % 100, 1100, CASE WHEN n % 500 = 0 THEN 1 ELSE 0 END,
    CASE WHEN k.status = 'failed' THEN 'SERVICE_UNAVAILABLE' END, CASE WHEN k.status = 'failed' THEN 'The venue answered 503.' END, 'run-' || n
  FROM generate_series($1::int, $2::int) n,
    LATERAL (SELECT (CASE WHEN n % 6 = 0 THEN 'markets' WHEN n % 61 = 0 THEN 'stats' ELSE 'whales' END)::sync_type AS type,
      (CASE WHEN n % 50 = 7 THEN 'failed' WHEN n % 75 = 3 THEN 'incomplete' ELSE 'completed' END)::sync_status AS status,
      now() - (${SEED.syncs} - n) * interval '52 seconds' AS at) k`;

const PARTS = `
  INSERT INTO sync_part (sync_log_id, key, status, started_at, requests, pages, fetched, created, finished_at)
  SELECT l.id, 1 + (l.id * 37 + i) % $1::int, 'completed', l.started_at + i * interval '100 milliseconds', 1, 1, 20, i % 3,
    l.started_at + i * interval '100 milliseconds' + interval '200 milliseconds'
  FROM (SELECT id, started_at FROM sync_log WHERE type = 'whales' ORDER BY id DESC LIMIT 2500) l, generate_series(1, 100) i`;

const QUARANTINE = `
  INSERT INTO quarantined_row (venue, kind, wallet, content_hash, payload, path, message, first_seen_at, last_seen_at, sync_log_id)
  SELECT 'opinion', 'trades', '', 'hash-' || n, '{"price":"?"}', 'price', 'must be a decimal number', now(), now(), n * 10
  FROM generate_series(1, 10000) n`;

const LEDGER = `
  WITH position_rows AS (
    INSERT INTO position (whale_id, market_id, outcome_side, bought_shares, bought_amount, sold_shares, sold_amount, fees, trade_count, first_at, last_at)
    SELECT whale_id, market_id, outcome_side, coalesce(sum(shares) FILTER (WHERE side = 'buy'), 0), coalesce(sum(amount) FILTER (WHERE side = 'buy'), 0),
      coalesce(sum(shares) FILTER (WHERE side = 'sell'), 0), coalesce(sum(amount) FILTER (WHERE side = 'sell'), 0), sum(fee), count(*), min(traded_at), max(traded_at)
    FROM trade WHERE whale_id BETWEEN $1 AND $2 GROUP BY 1, 2, 3
  )
  INSERT INTO whale_day (whale_id, day, bought, sold, trade_count)
  SELECT whale_id, (traded_at AT TIME ZONE 'UTC')::date, coalesce(sum(amount) FILTER (WHERE side = 'buy'), 0),
    coalesce(sum(amount) FILTER (WHERE side = 'sell'), 0), count(*)
  FROM trade WHERE whale_id BETWEEN $1 AND $2 GROUP BY 1, 2`;

const FIGURES = `
  INSERT INTO stream_state (venue, kind, wallet, watermark, complete_since, stored_total, venue_total, last_read_at, last_joined_at, next_due_at)
  SELECT venue, 'trades', address, now(), to_timestamp(0), 500, 500, now(), now(), now() FROM whale;
  INSERT INTO whale_stats (whale_id, "window", volume, trade_count, last_trade_at, pnl, wins, decided, computed_at)
  SELECT w.id, k.name, d.volume, d.n, w.last_trade_at, CASE WHEN k.name = 'all' THEN w.id * 977 % 20000 - 8000 END,
    CASE WHEN k.name = 'all' THEN 20 + w.id % 30 END, CASE WHEN k.name = 'all' THEN 60 END, now()
  FROM whale w CROSS JOIN (VALUES ('h24'::stats_window, 1), ('d7', 7), ('d30', 30), ('all', 100000)) AS k(name, days),
    LATERAL (SELECT coalesce(sum(bought + sold), 0) AS volume, coalesce(sum(trade_count), 0)::int AS n FROM whale_day d
      WHERE d.whale_id = w.id AND d.day > (now() AT TIME ZONE 'UTC')::date - k.days) d`;
