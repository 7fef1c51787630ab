import { randomBytes } from "node:crypto";
import pg from "pg";
import { runKills, runSharing } from "./engine-kills.ts";
import type { SessionResult } from "./engine-session.ts";

type Log = (line: string) => void;

const KILLS = { runs: 1_000, kills: 50, settleSeconds: 300 };
const SHARING = { runs: 2_000, settleSeconds: 300 };

/**
 * The embedded engine under 50 kills, and on the Postgres server of TEST_DATABASE_URL the same and two processes that share the work.
 * @returns what must hold, and whether it does
 */
export async function runEngineChaos(seed: string, log: Log): Promise<[string, boolean][]> {
  log(`engine, seed ${seed}`);
  const templateFile = ".cache/database/template.tar.gz";
  const embedded = await runKills({ seed, ...KILLS, templateFile, log });
  const checks = [check("the engine's runs through 50 kills", embedded, log)];
  const url = process.env.TEST_DATABASE_URL;
  if (!url) {
    log("the engine on Postgres is left out: set TEST_DATABASE_URL to a server for it");
    return checks;
  }
  const killed = await withDatabase(url, (databaseUrl) =>
    runKills({ seed, ...KILLS, databaseUrl, log }),
  );
  checks.push(check("the engine's runs through 50 kills on Postgres", killed, log));
  const shared = await withDatabase(url, (databaseUrl) =>
    runSharing({ seed, ...SHARING, databaseUrl, log }),
  );
  checks.push(check("two processes share the engine's runs, none twice", shared, log));
  const { p0 = 0, p1 = 0 } = shared.executions;
  checks.push(["each of the two does its part", Math.min(p0, p1) > (p0 + p1) / 10]);
  return checks;
}

function check(name: string, result: SessionResult, log: Log): [string, boolean] {
  const { faults, ...figures } = result;
  log(JSON.stringify(figures));
  for (const fault of faults.slice(0, 20)) log(fault);
  return [name, faults.length === 0];
}

async function withDatabase<T>(url: string, work: (databaseUrl: string) => Promise<T>): Promise<T> {
  const name = `opinion_scope_${randomBytes(6).toString("hex")}`;
  const admin = new pg.Client(url);
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  try {
    const target = new URL(url);
    target.pathname = `/${name}`;
    return await work(target.href);
  } finally {
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  }
}
