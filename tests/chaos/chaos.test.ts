import { beforeAll, expect, test } from "vitest";
import { buildOnce } from "../server/server-process.ts";
import { runChaos } from "./run.ts";

beforeAll(buildOnce, 120_000);

test("through every fault and two kills in mid-sync the archive equals the truth, row by row, within the request limit", async () => {
  const lines: string[] = [];
  const result = await runChaos({
    seconds: 42,
    kills: 2,
    whales: 8,
    historyFills: 600,
    tradesPerSecond: 1,
    retryIntervalSeconds: 1,
    settleSeconds: 60,
    log: (line) => lines.push(line),
  });
  const { missing, extra, duplicates, rows } = result.difference;
  expect({ missing, extra, duplicates }, lines.join("\n")).toEqual({
    missing: [],
    extra: [],
    duplicates: 0,
  });
  expect(rows).toBeGreaterThan(600);
  expect(result.busiestSecond).toBeLessThanOrEqual(result.allowed);
}, 180_000);
