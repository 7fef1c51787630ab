import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { testDatabase } from "../database.ts";
import { compareRecords } from "./compare.ts";
import type { ScenarioRecord } from "./record.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/index.ts";

/** What checkpointing cannot save calls of: no steps, steps that fail or are retried, plan mode. */
const AS_MANY_CALLS_WITH_CHECKPOINTING = [
  ...["batch-timeout", "debounce", "event-id-dedupe", "event-validation", "future-ts"],
  ...["idempotency", "no-steps", "rate-limit", "rate-limit-burst", "return-value", "throttle"],
  ...["trigger-if", "two-triggers", "wildcard-trigger", "body-error-exhausted", "default-attempts"],
  ...["default-backoff", "non-retriable-in-body", "retries-zero", "retry-after"],
  ...["step-exhausted-uncaught", "race-mode"],
];

async function recordedAndActual(scenario: Scenario, checkpointing: boolean) {
  const { pool, reset } = await testDatabase();
  await reset();
  const actual = await runScenario(scenario, { pool, checkpointing });
  const file = `tests/conformance/recorded/${scenario.name}.json`;
  const recorded: ScenarioRecord = JSON.parse(await readFile(file, "utf8"));
  return { recorded, actual };
}

const callCount = ({ runs }: ScenarioRecord) => runs.reduce((sum, { calls }) => sum + calls, 0);

describe("same as recorded, with every step a call:", () => {
  for (const scenario of scenarios) {
    test(`${scenario.name}: ${scenario.shows}`, async () => {
      const { recorded, actual } = await recordedAndActual(scenario, false);
      expect(compareRecords(scenario, recorded, actual) ?? "same").toBe("same");
    });
  }
});

describe("same as recorded, with checkpointing, in fewer calls:", () => {
  for (const scenario of scenarios) {
    test(`${scenario.name}: ${scenario.shows}`, async () => {
      const { recorded, actual } = await recordedAndActual(scenario, true);
      expect(compareRecords(scenario, recorded, actual) ?? "same").toBe("same");
      const saved = callCount(recorded) - callCount(actual);
      if (AS_MANY_CALLS_WITH_CHECKPOINTING.includes(scenario.name)) expect(saved).toBe(0);
      else expect(saved).toBeGreaterThan(0);
    });
  }
});
