import type pg from "pg";
import { encodeCursor } from "~/lib/keyset.ts";
import { SEED } from "./seed.ts";
import { RUNTIME_SEED } from "./seed-runtime.ts";

/** What is asked for, the n-th time; `status` where the answer is no 200. */
export type Target = { name: string; path: (n: number) => string; status?: number };

/** What the pages are about; each can be measured alone. */
export const TARGET_SETS = ["trades", "markets", "whales", "syncs"] as const;
export type TargetSet = (typeof TARGET_SETS)[number];

const at = (path: string) => () => path;
const any = (prefix: string, count: number) => (n: number) =>
  `${prefix}${1 + ((n * 7919) % count)}`;

/**
 * Pages of a seeded database to ask for: big and small whales and markets, the syncs with the most requests and wallets, far pages.
 * @param sets only those about this
 */
export async function chooseTargets(pool: pg.Pool, sets: readonly TargetSet[]): Promise<Target[]> {
  const one: One = async (sql) => String(Object.values((await pool.query(sql)).rows[0])[0]);
  const chosen: Record<TargetSet, (one: One) => Promise<Target[]>> = {
    trades,
    markets,
    whales,
    syncs,
  };
  const targets: Target[] = [];
  for (const set of sets) targets.push(...(await chosen[set](one)));
  return targets;
}

/** The first value that a statement gives, as text. */
type One = (sql: string) => Promise<string>;

const BUSIEST_MARKET = "SELECT market_id FROM trade GROUP BY 1 ORDER BY count(*) DESC LIMIT 1";
const BUSIEST_WHALE = "SELECT whale_id FROM trade GROUP BY 1 ORDER BY count(*) DESC LIMIT 1";

/** The cursor of a list by time and id, newest first, after so many rows. */
async function farCursor(one: One, table: string, time: string, rows: number): Promise<string> {
  const place = await one(`
    SELECT to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || ' ' || id
    FROM ${table} ORDER BY ${time} DESC, id DESC OFFSET ${rows} LIMIT 1`);
  return encodeCursor(place.split(" "));
}

async function trades(one: One): Promise<Target[]> {
  const deep = await farCursor(one, "trade", "traded_at", 500_000);
  return [
    { name: "feed", path: at("/") },
    { name: "feed, page 10,000", path: at(`/?cursor=${deep}`) },
    { name: "feed, last hour", path: at("/?window=1h") },
    { name: "feed, sells from 2,500 on", path: at("/?min=2500&side=sell") },
    { name: "feed, from 250,000 on", path: at("/?min=250000&outcome=no") },
    {
      name: "feed of the busiest market",
      path: at(`/?market=${await one(BUSIEST_MARKET)}&min=50000`),
    },
    {
      name: "feed of the busiest whale",
      path: at(`/?whale=${await one(BUSIEST_WHALE)}&side=sell`),
    },
    { name: "search", path: at("/search?q=ethereum") },
    { name: "API trades", path: at("/api/v1/trades?limit=100") },
  ];
}

async function markets(one: One): Promise<Target[]> {
  return [
    { name: "markets", path: at("/markets") },
    { name: "markets, search with a typo", path: at("/markets?q=bitcion") },
    { name: "markets of a category", path: at("/markets?category=Science&sort=volume") },
    { name: "markets closing soon", path: at("/markets?sort=closing") },
    { name: "a market", path: any("/markets/", SEED.markets) },
    { name: "the busiest market", path: at(`/markets/${await one(BUSIEST_MARKET)}`) },
  ];
}

async function whales(one: One): Promise<Target[]> {
  return [
    { name: "whales", path: at("/whales") },
    { name: "whales by trades, 24 h", path: at("/whales?window=24h&sort=trades") },
    { name: "whales by PnL", path: at("/whales?window=all&sort=pnl") },
    { name: "a whale", path: any("/whales/", SEED.whales) },
    { name: "the busiest whale", path: at(`/whales/${await one(BUSIEST_WHALE)}`) },
  ];
}

async function syncs(one: One): Promise<Target[]> {
  const most = (type: string) => `
    SELECT sync_log_id FROM sync_part p JOIN sync_log l ON l.id = p.sync_log_id WHERE l.type = '${type}' GROUP BY 1 ORDER BY count(*) DESC, 1 DESC LIMIT 1`;
  const fanOut = await one(most("whales"));
  const far = await farCursor(one, "sync_log", "started_at", 90_000);
  const farLetter = await farCursor(one, "dead_letter", "failed_at", 18_000);
  const group = "SELECT fingerprint FROM dead_letter GROUP BY 1 ORDER BY count(*) DESC LIMIT 1";
  return [
    { name: "syncs", path: at("/syncs") },
    { name: "syncs, far down", path: at(`/syncs?cursor=${far}`) },
    { name: "failed syncs", path: at("/syncs?status=failed") },
    { name: "a sync of 2,000 requests", path: at(`/syncs/${await one(most("markets"))}`) },
    { name: "a sync of 2,000 wallets", path: at(`/syncs/${fanOut}`) },
    {
      name: "a recent sync",
      path: (n) => `/syncs/${Number(fanOut) - 1 - ((n * 7) % 900)}`,
    },
    { name: "dead letters", path: at("/dead-letters") },
    { name: "dead letters, replayed", path: at("/dead-letters?status=replayed") },
    {
      name: "letters of a group",
      path: at(`/dead-letters/letters?fingerprint=${await one(group)}`),
    },
    { name: "letters, far down", path: at(`/dead-letters/letters?cursor=${farLetter}`) },
    { name: "a dead letter", path: any("/dead-letters/", RUNTIME_SEED.letters) },
    { name: "a replay of 300 letters", path: any("/replays/", 20) },
    { name: "notifications", path: at("/notifications") },
    // The jobs are not started here, so that it is not ready.
    { name: "readiness", path: at("/readyz"), status: 503 },
    { name: "metrics", path: at("/metrics") },
    { name: "API syncs", path: at("/api/v1/syncs?limit=100") },
    { name: "API dead letters", path: at("/api/v1/dead-letters?limit=100") },
  ];
}
