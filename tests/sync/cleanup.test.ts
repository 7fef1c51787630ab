import { afterAll, beforeAll, expect, test } from "vitest";
import { demoRig, type Rig } from "./demo-rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await demoRig();
}, 60_000);
afterAll(() => rig?.close());

async function cleanUp(): Promise<string | null> {
  await rig.run("cleanup/requested", { trigger: "manual" });
  const log = await rig.db.syncLog.findFirstOrThrow({
    where: { type: "cleanup" },
    orderBy: { id: "desc" },
  });
  expect(log.status).toBe("completed");
  return log.note;
}

test("a clean-up says in words what it removed, and leaves what is young", async () => {
  const startedAt = new Date(rig.clock.now() - 3 * 86_400_000);
  await rig.db.run.create({
    data: {
      action: "sync-markets",
      idempotencyKey: "old",
      correlationId: "old",
      inngestRunId: "old",
      status: "completed",
      startedAt,
      expiresAt: startedAt,
      attempts: {
        create: [1, 2].map((number) => ({
          step: "walk",
          number,
          startedAt,
          durationMs: 1,
          status: "success" as const,
        })),
      },
    },
  });
  expect(await cleanUp()).toBe("Removed 2 successful attempts, 1 run.");
  const runs = await rig.db.run.findMany();
  expect(runs.map(({ action, status }) => [action, status])).toEqual([["cleanup", "completed"]]);
  expect(await rig.db.runAttempt.count()).toBeGreaterThan(0);
  rig.clock.advance(60_000);
  expect(await cleanUp()).toBe("Nothing was past its retention.");
}, 60_000);
