import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type DemoVenue, startDemoVenue } from "../../demo/server.ts";
import { type AppProcess, startApp } from "./app-process.ts";
import { compareWithTruth, type Difference } from "./archive.ts";

export type ChaosOptions = {
  /** How long faults are walked through, in seconds. */
  seconds: number;
  /** How often the app is killed in the middle of its work. */
  kills: number;
  whales: number;
  historyFills: number;
  tradesPerSecond: number;
  /** Seconds before a failed step is tried again; left out: Inngest's backoff. */
  retryIntervalSeconds?: number;
  /** How long the archive may take to be complete once the faults have ended, in seconds. */
  settleSeconds: number;
  log(line: string): void;
};

export type ChaosResult = {
  difference: Difference;
  /** Most requests the venue saw in any second, and how many it may see. */
  busiestSecond: number;
  allowed: number;
  requests: number;
  refused: number;
  /** Seconds from the end of the faults until the archive was complete. */
  settledAfter: number;
  faults: string[];
};

/** Every kind of fault the demo venue knows, alone; `outage` and `geo` close the list. */
const FAULTS: Record<string, unknown>[] = [
  { kind: "rate-limit-seconds", probability: 0.3, retryAfter: 2 },
  { kind: "rate-limit-date", probability: 0.3, retryAfter: 2 },
  { kind: "rate-limit-bare", probability: 0.3 },
  { kind: "server-error", probability: 0.3 },
  { kind: "html", probability: 0.3 },
  { kind: "reset", probability: 0.3 },
  { kind: "truncated", probability: 0.3 },
  { kind: "slow", probability: 0.1 },
  { kind: "malformed-rows", probability: 0.5, match: "trades" },
  { kind: "stale", probability: 0.3, match: "trades" },
  { kind: "drifting", probability: 0.3, match: "trades" },
  { kind: "half-failing", match: "trades" },
  { kind: "geo", probability: 0.05 },
  { kind: "outage" },
];
const LIMIT = 15;

/**
 * Walks the demo venue through every fault while the app reads it, kills the app in between, and in the end compares the archive with
 * the truth row by row.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { log } = options;
  let frozenAt: number | null = null;
  const now = () => frozenAt ?? Date.now();
  const venue = await startDemoVenue({
    seed: "chaos",
    startedAt: Date.now(),
    now,
    requestsPerSecond: LIMIT,
    whales: options.whales,
    historyFills: options.historyFills,
    tradesPerSecond: options.tradesPerSecond,
  });
  const dataDir = await mkdtemp(path.join(os.tmpdir(), "opinion-scope-chaos-"));
  const start = () =>
    startApp({ dataDir, venue, retryIntervalSeconds: options.retryIntervalSeconds });
  let app = await start();
  try {
    const turn = (options.seconds * 1000) / FAULTS.length;
    const killAt = killTurns(options.kills);
    for (const [index, fault] of FAULTS.entries()) {
      log(`${fault.kind}${killAt.has(index) ? ", with a kill" : ""}`);
      await setFault(venue, { ...fault, seconds: Math.ceil(turn / 1000) });
      const ends = Date.now() + turn;
      await requestSync(app);
      if (killAt.has(index)) {
        await sleep(Math.random() * turn * 0.6);
        await app.kill();
        app = await start();
      }
      while (Date.now() < ends) {
        await sleep(Math.min(3000, Math.max(0, ends - Date.now())));
        await requestSync(app);
      }
      await clearFaults(venue);
    }
    frozenAt = Date.now();
    const { difference, settledAfter } = await settle(app, venue, options.settleSeconds, log);
    const report = venue.world.requests();
    return {
      difference,
      settledAfter,
      busiestSecond: report.maxPerSecond,
      allowed: LIMIT,
      requests: report.total,
      refused: report.refused,
      faults: FAULTS.map(({ kind }) => String(kind)),
    };
  } catch (error) {
    log(app.output().slice(-4000));
    throw error;
  } finally {
    await app.stop();
    await venue.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Syncs until the archive equals the truth. */
async function settle(
  app: AppProcess,
  venue: DemoVenue,
  seconds: number,
  log: ChaosOptions["log"],
) {
  const began = Date.now();
  while (true) {
    await requestSync(app);
    await sleep(3000);
    const difference = await compareWithTruth(app.url, venue);
    const settledAfter = (Date.now() - began) / 1000;
    const { missing, extra, rows } = difference;
    log(`${rows} fills, ${missing.length} missing, ${extra.length} not in the truth`);
    if (missing.length + extra.length === 0 || settledAfter > seconds) {
      return { difference, settledAfter };
    }
  }
}

/** Turns in which the app is killed, spread over the list. */
function killTurns(kills: number): Set<number> {
  const step = FAULTS.length / Math.max(1, kills);
  return new Set(Array.from({ length: kills }, (_, n) => Math.floor(n * step)));
}

async function requestSync(app: AppProcess): Promise<void> {
  for (const type of ["whales", "markets"]) {
    const response = await fetch(new URL("/api/v1/syncs", app.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ type }),
    });
    if (response.status !== 202) {
      throw new Error(`POST /api/v1/syncs answered ${response.status}: ${await response.text()}`);
    }
  }
}

async function setFault(venue: DemoVenue, fault: Record<string, unknown>): Promise<void> {
  const body = JSON.stringify({ match: "all", ...fault });
  const response = await fetch(`${venue.url}/__faults`, { method: "POST", body });
  if (!response.ok) throw new Error(`The fault was refused: ${await response.text()}`);
}

async function clearFaults(venue: DemoVenue): Promise<void> {
  await fetch(`${venue.url}/__faults`, { method: "DELETE" });
}
