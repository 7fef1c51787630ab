import { expect, inject, test } from "vitest";
import { runKills } from "./engine-kills.ts";

test("through six kills every run ends as it should, no step runs again once its result is stored, and what a kill cut off is not counted", async () => {
  const lines: string[] = [];
  const result = await runKills({
    seed: "short",
    runs: 100,
    kills: 6,
    templateFile: inject("databaseTemplate"),
    settleSeconds: 60,
    log: (line) => lines.push(line),
  });
  expect(result.faults, lines.join("\n")).toEqual([]);
  expect(result.kills).toBe(6);
  expect(result.cutOff).toBeGreaterThan(0);
}, 240_000);
