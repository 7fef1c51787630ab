import { expect, test } from "vitest";
import { RETENTION_TARGETS } from "../retention/policy.ts";
import { stepName } from "./step-names.ts";

test("every step of a clean-up is named by what it removes", () => {
  for (const target of RETENTION_TARGETS) {
    expect(stepName(`${target}-1`)).toMatch(/^[A-Z][a-z ,]+ 2$/);
  }
});

test("steps that read a venue are named by the list they read; a key of another form stands for itself", () => {
  expect(["opinion-walk-0", "opinion-prices-2", "opinion-leaderboard"].map(stepName)).toEqual([
    "Open markets 1",
    "Prices 3",
    "Leaderboard",
  ]);
  expect(stepName("unheard-of-4")).toBe("unheard-of-4");
});
