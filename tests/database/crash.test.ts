import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, inject, test } from "vitest";
import { open, temporaryFolder } from "./data-folder.ts";

const ROUNDS = 3;
const ROWS_PER_ROUND = 150;

/** Lets a process write into the folder and kills it without warning; returns the addresses that it reported as committed. */
async function writeAndKill(folder: string): Promise<string[]> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "tests/database/writer.ts", folder, inject("databaseTemplate")],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const committed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    committed.push(line);
    if (committed.length === ROWS_PER_ROUND) child.kill("SIGKILL");
  }
  return committed;
}

test("nothing that was committed is lost when the process is killed while it writes", {
  timeout: 120_000,
}, async () => {
  const folder = path.join(temporaryFolder(), "data");
  const committed: string[] = [];
  for (let round = 0; round < ROUNDS; round++) committed.push(...(await writeAndKill(folder)));
  expect(committed.length).toBeGreaterThanOrEqual(ROUNDS * ROWS_PER_ROUND);
  expect(existsSync(path.join(folder, "lock"))).toBe(true);

  const { db } = await open(folder);
  const whales = await db.whale.findMany({ include: { stats: true } });
  const found = new Set(whales.map((whale) => whale.address));
  expect(committed.filter((address) => !found.has(address))).toEqual([]);
  // A transaction is there whole or not at all.
  expect(whales.filter((whale) => whale.stats.length !== 1)).toEqual([]);
});
