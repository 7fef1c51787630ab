import { expect, test } from "vitest";
import { createDatabase } from "../database/create-database.ts";
import { runKills, runSharing } from "./engine-kills.ts";

const url = process.env.TEST_DATABASE_URL;

test.runIf(url)(
  "on Postgres too every run survives kills, with nothing repeated or counted twice",
  async () => {
    const lines: string[] = [];
    const result = await runKills({
      seed: "short",
      runs: 100,
      kills: 4,
      databaseUrl: await createDatabase(url ?? ""),
      settleSeconds: 60,
      log: (line) => lines.push(line),
    });
    expect(result.faults, lines.join("\n")).toEqual([]);
    expect(result.cutOff).toBeGreaterThan(0);
  },
  240_000,
);

test.runIf(url)(
  "two processes on one database share the runs, execute none twice and finish those of a third that is killed",
  async () => {
    const lines: string[] = [];
    const result = await runSharing({
      seed: "short",
      runs: 300,
      databaseUrl: await createDatabase(url ?? ""),
      settleSeconds: 60,
      log: (line) => lines.push(line),
    });
    expect(result.faults, lines.join("\n")).toEqual([]);
    expect(result.kills).toBe(1);
    const { p0 = 0, p1 = 0 } = result.executions;
    expect(Math.min(p0, p1)).toBeGreaterThan((p0 + p1) / 10);
  },
  240_000,
);
