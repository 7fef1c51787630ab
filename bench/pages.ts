import { fork } from "node:child_process";
import { once } from "node:events";
import { build } from "../app/server/build.mjs";
import { chooseTargets, TARGET_SETS, type Target, type TargetSet } from "./page-targets.ts";
import { percentile, print } from "./scratch-database.ts";
import { fill, openSeeded, SEED_FOLDER } from "./seed.ts";

/** Requests a second, evenly spaced whatever the answers take. */
const RATE = 20;
const SECONDS = 90;
const WARM_UP_SECONDS = 15;
const BAR_MS = 40;
const DEEP_BAR = 1.3;
const FAR_PAGES = [
  ["feed, page 10,000", "feed"],
  ["syncs, far down", "syncs"],
] as const;

/**
 * Server time of every kind of page at 20 requests a second on 1,000,000 trades, 20,000 markets, 2,000 whales, 100,000 syncs and
 * 1,000,000 attempts, embedded or (with BENCH_DATABASE_URL) on Postgres, and page 10,000 beside page 1 (design: "Bars").
 * @param only one of the sets of targets
 */
export async function pages(only?: string): Promise<void> {
  const sets = TARGET_SETS.filter((set) => only === undefined || set === only);
  if (sets.length === 0) throw new Error(`Use bench -- pages [${TARGET_SETS.join(" | ")}].`);
  await build(process.cwd());
  const targets = await prepare(sets);
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

/** Fills the database where needed and chooses what to ask for. */
async function prepare(sets: readonly TargetSet[]): Promise<Target[]> {
  const database = await openSeeded();
  try {
    await fill(database);
    return await chooseTargets(database.pool, sets);
  } finally {
    await database.close();
  }
}

async function startServer() {
  const child = fork("bench/pages-server.mjs", {
    env: {
      ...process.env,
      NODE_ENV: "production",
      LOG_LEVEL: process.env.LOG_LEVEL ?? "silent",
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
  const open: Promise<unknown>[] = [];
  const failures: unknown[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < RATE * seconds && failures.length === 0; n++) {
    const target = targets[n % targets.length];
    if (target) open.push(ask(url, target, n).catch((error) => failures.push(error)));
    const due = startedAt + ((n + 1) * 1000) / RATE;
    await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
  }
  await Promise.all(open);
  if (failures.length > 0) throw failures[0];
}

async function ask(url: string, { name, path, status = 200 }: Target, n: number): Promise<void> {
  const response = await fetch(url + path(n), { headers: { "x-bench": name } });
  await response.arrayBuffer();
  if (response.status !== status) throw new Error(`${path(n)} answers ${response.status}`);
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
  for (const [far, first] of FAR_PAGES) {
    const [deep, near] = [took[far], took[first]];
    if (!deep || !near) continue;
    const ratio = percentile(deep, 0.5) / percentile(near, 0.5);
    print(`${far} beside the first page (bar ${DEEP_BAR})`, ratio, "x", 2);
  }
  print("memory of the server", memory / 1e6, "MB");
}
