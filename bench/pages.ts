import { fork } from "node:child_process";
import { once } from "node:events";
import { encodeCursor } from "~/lib/keyset.ts";
import { build } from "../app/server/build.mjs";
import { percentile, print } from "./scratch-database.ts";
import { fill, openSeeded, SEED, SEED_FOLDER } from "./seed.ts";

/** Requests a second, evenly spaced whatever the answers take. */
const RATE = 20;
const SECONDS = 90;
const WARM_UP_SECONDS = 15;
const BAR_MS = 40;
const DEEP_BAR = 1.3;

type Target = { name: string; path: (n: number) => string };

/**
 * Server time of every kind of page at 20 requests a second on 1,000,000 trades, 20,000 markets and 2,000 whales, embedded or (with
 * BENCH_DATABASE_URL) on Postgres, and page 10,000 beside page 1 (design: "Bars").
 */
export async function pages(): Promise<void> {
  await build(process.cwd());
  const targets = await prepare();
  const server = await startServer();
  try {
    await load(server.url, targets, WARM_UP_SECONDS);
    await server.samples();
    await load(server.url, targets, SECONDS);
    const { took, memory } = await server.samples();
    report(targets, took, memory);
  } finally {
    await server.stop();
  }
}

/** Fills the database where needed and chooses what to ask for: big and small whales and markets, far pages. */
async function prepare(): Promise<Target[]> {
  const database = await openSeeded();
  try {
    await fill(database);
    const { pool } = database;
    const one = async (sql: string) => String(Object.values((await pool.query(sql)).rows[0])[0]);
    const busiest = {
      whale: await one("SELECT whale_id FROM trade GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"),
      market: await one("SELECT market_id FROM trade GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"),
      sync: await one("SELECT sync_log_id FROM sync_part ORDER BY sync_log_id DESC LIMIT 1"),
    };
    const far = await pool.query<{ traded_at: Date; id: string }>(
      "SELECT traded_at, id FROM trade ORDER BY traded_at DESC, id DESC OFFSET 500000 LIMIT 1",
    );
    const [place] = far.rows;
    const deep = encodeCursor([place?.traded_at.toISOString() ?? null, place?.id ?? null]);
    return targetsOf(busiest, deep);
  } finally {
    await database.close();
  }
}

function targetsOf(busiest: { whale: string; market: string; sync: string }, deep: string) {
  const at = (path: string) => () => path;
  const any = (prefix: string, count: number) => (n: number) =>
    `${prefix}${1 + ((n * 7919) % count)}`;
  const targets: Target[] = [
    { name: "feed", path: at("/") },
    { name: "feed, page 10,000", path: at(`/?cursor=${deep}`) },
    { name: "feed, last hour", path: at("/?window=1h") },
    { name: "feed, sells from 2,500 on", path: at("/?min=2500&side=sell") },
    { name: "feed, from 250,000 on", path: at("/?min=250000&outcome=no") },
    { name: "feed of the busiest market", path: at(`/?market=${busiest.market}&min=50000`) },
    { name: "feed of the busiest whale", path: at(`/?whale=${busiest.whale}&side=sell`) },
    { name: "markets", path: at("/markets") },
    { name: "markets, search with a typo", path: at("/markets?q=bitcion") },
    { name: "markets of a category", path: at("/markets?category=Science&sort=volume") },
    { name: "markets closing soon", path: at("/markets?sort=closing") },
    { name: "a market", path: any("/markets/", SEED.markets) },
    { name: "the busiest market", path: at(`/markets/${busiest.market}`) },
    { name: "whales", path: at("/whales") },
    { name: "whales by trades, 24 h", path: at("/whales?window=24h&sort=trades") },
    { name: "whales by PnL", path: at("/whales?window=all&sort=pnl") },
    { name: "a whale", path: any("/whales/", SEED.whales) },
    { name: "the busiest whale", path: at(`/whales/${busiest.whale}`) },
    { name: "syncs", path: at("/syncs") },
    { name: "failed runs", path: at("/syncs?status=failed") },
    { name: "a run of 100 steps", path: at(`/syncs/${busiest.sync}`) },
    { name: "search", path: at("/search?q=ethereum") },
    { name: "API trades", path: at("/api/v1/trades?limit=100") },
  ];
  return targets;
}

async function startServer() {
  const child = fork("bench/pages-server.mjs", {
    env: {
      ...process.env,
      NODE_ENV: "production",
      LOG_LEVEL: "warn",
      DATA_DIR: SEED_FOLDER,
      DATABASE_URL: process.env.BENCH_DATABASE_URL ?? "",
    },
  });
  const ended = once(child, "exit");
  const next = async <T>() => {
    const [message] = await Promise.race([
      once(child, "message"),
      ended.then(() => {
        throw new Error("The server ended.");
      }),
    ]);
    return message as T;
  };
  const { url } = await next<{ url: string }>();
  return {
    url,
    samples: () => {
      const answer = next<{ took: Record<string, number[]>; memory: number }>();
      child.send("samples");
      return answer;
    },
    stop: async () => {
      child.send("stop");
      await ended;
    },
  };
}

/** Asks for every target in turn. */
async function load(url: string, targets: Target[], seconds: number): Promise<void> {
  const open: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < RATE * seconds; n++) {
    const target = targets[n % targets.length];
    if (target) open.push(ask(url, target, n));
    const due = startedAt + ((n + 1) * 1000) / RATE;
    await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
  }
  await Promise.all(open);
}

async function ask(url: string, { name, path }: Target, n: number): Promise<void> {
  const response = await fetch(url + path(n), { headers: { "x-bench": name } });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${path(n)} answers ${response.status}`);
}

function report(targets: Target[], took: Record<string, number[]>, memory: number): void {
  process.stdout.write(`${"".padEnd(34)}   median      p99      max ms\n`);
  const line = (name: string, samples: number[]) => {
    const figures = [percentile(samples, 0.5), percentile(samples, 0.99), Math.max(...samples)];
    const text = figures.map((figure) => figure.toFixed(1).padStart(9)).join("");
    const late = percentile(samples, 0.99) > BAR_MS ? `   above ${BAR_MS} ms` : "";
    process.stdout.write(`${name.padEnd(34)}${text}${late}\n`);
  };
  for (const { name } of targets) line(name, took[name] ?? []);
  line("all", Object.values(took).flat());
  const median = (name: string) => percentile(took[name] ?? [], 0.5);
  print(
    `page 10,000 beside page 1 (bar ${DEEP_BAR})`,
    median("feed, page 10,000") / median("feed"),
    "x",
    2,
  );
  print("memory of the server", memory / 1e6, "MB");
}
