import { closeSync, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom, type Random } from "../../demo/random.ts";
import { findFaults } from "./engine-checks.ts";
import { type Effect, followEffects } from "./engine-effects.ts";
import { readRuns } from "./engine-history.ts";
import { type EngineHost, startHost } from "./engine-host.ts";
import { createTraffic, type Traffic } from "./engine-traffic.ts";

const RETRY_INTERVAL_MS = 200;

export type SessionOptions = {
  /** Equal seeds send the same and kill after the same. */
  seed: string;
  runs: number;
  /** An empty Postgres database; without it there is one process at a time, on an embedded database. */
  databaseUrl?: string;
  /** Dump that the embedded database is made from. */
  templateFile?: string;
  /** On Postgres; a killed process's jobs wait so long. */
  leaseMs: number;
  /** How long it may take until everything has ended once all is sent, in seconds. */
  settleSeconds: number;
};

export type Session = {
  random: Random;
  traffic: Traffic;
  /** Starts a further process. */
  start(): EngineHost;
  /** What all processes have done so far. */
  effects(): Effect[];
};

export type SessionResult = {
  /** Everything that should not be; empty = passed. */
  faults: string[];
  /** Runs, with those that others started. */
  runs: number;
  kills: number;
  /** Bodies of steps that were begun, by process. */
  executions: Record<string, number>;
  /** Bodies of steps that did not come to their end. */
  cutOff: number;
  /** Attempts that are told as interrupted. */
  interrupted: number;
};

/**
 * Lets processes execute runs of every kind and holds what is left in the end against what should be: the steps write down what they do
 * in a file that no kill undoes.
 * @param work starts processes, sends and kills; the one it gives back is asked in the end
 */
export async function runSession(
  options: SessionOptions,
  work: (session: Session) => Promise<EngineHost>,
): Promise<SessionResult> {
  const random = createRandom(`${options.seed} kills`);
  const folder = await mkdtemp(path.join(os.tmpdir(), "opinion-scope-kills-"));
  const effectsFile = path.join(folder, "effects");
  closeSync(openSync(effectsFile, "a"));
  const effects = followEffects(effectsFile);
  const traffic = createTraffic({
    random: createRandom(`${options.seed} traffic`),
    runs: options.runs,
    effects: effects.read,
  });
  const hosts: EngineHost[] = [];
  const start = () => {
    const { databaseUrl, templateFile, leaseMs } = options;
    const host = startHost({
      name: `p${hosts.length}`,
      effectsFile,
      checkpointing: random.chance(0.5),
      dataDir: path.join(folder, "data"),
      databaseUrl,
      templateFile,
      leaseMs,
      retryIntervalMs: RETRY_INTERVAL_MS,
    });
    hosts.push(host);
    return host;
  };
  const alive = () => hosts.filter((host) => host.killedAt === null);
  try {
    const last = await work({ random, traffic, start, effects: effects.read });
    const unfinished = await settle(last, options.settleSeconds * 1000);
    const found = await readRuns(last, effects.read());
    await Promise.all(alive().map((host) => host.stop()));
    const { sent, stoppedAt } = traffic;
    const faults = findFaults({ sent, stoppedAt, hosts, effects: effects.all, ...found });
    return {
      faults: [...unfinished, ...faults],
      kills: hosts.length - alive().length,
      ...figuresOf(effects.all, found.runs),
    };
  } finally {
    await Promise.all(alive().map((host) => host.kill()));
    await rm(folder, { recursive: true, force: true });
  }
}

function figuresOf(effects: Effect[], runs: Awaited<ReturnType<typeof readRuns>>["runs"]) {
  const executions: Record<string, number> = {};
  const finished = new Set<string>();
  let begun = 0;
  for (const { phase, process, token } of effects) {
    if (phase !== "begin") finished.add(token);
    else {
      begun++;
      executions[process] = (executions[process] ?? 0) + 1;
    }
  }
  const attempts = runs.flatMap((run) => run.attempts);
  const interrupted = attempts.filter(({ status }) => status === "interrupted").length;
  return { runs: runs.length, executions, cutOff: begun - finished.size, interrupted };
}

/** Waits until every run has ended and no job is left; gives what is still open when the time is up. */
async function settle(host: EngineHost, withinMs: number): Promise<string[]> {
  const deadline = Date.now() + withinMs;
  while (true) {
    const open = await host.query<{ what: string }>(
      `SELECT concat_ws(' ', 'run', status, function_id, id) AS what FROM engine.run WHERE ended_at IS NULL
       UNION ALL SELECT concat_ws(' ', 'job', kind, state, run_id) FROM engine.job LIMIT 20`,
    );
    if (open.length === 0) return [];
    if (Date.now() > deadline) return open.map(({ what }) => `not ended in time: ${what}`);
    await sleep(100);
  }
}
