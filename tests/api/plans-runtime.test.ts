import { beforeAll, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { type ActionStart, ensureIdempotent } from "~/reliability/idempotency.server.ts";
import { testDatabase } from "../database.ts";
import { NOW } from "./app.tsx";
import { explainingClient, type Plan } from "./explain.ts";

const RUNS = 30_000;
let explained: Awaited<ReturnType<typeof explainingClient>>;
let db: PrismaClient;

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  // 30,000 runs of one action, every tenth of which failed, and one piece of work that failed 200 times before it was done.
  await database.pool.query(`
    INSERT INTO run (action, idempotency_key, correlation_id, inngest_run_id, status, started_at, expires_at)
    SELECT 'sync-whale', CASE WHEN n <= 200 THEN 'stubborn' ELSE 'event-' || n END, 'c' || n / 100, 'run-' || n,
      (CASE WHEN n <= 200 OR n % 10 = 0 THEN 'failed' ELSE 'completed' END)::action_status,
      timestamptz '${NOW.toISOString()}' - n * interval '1 second', timestamptz '${NOW.toISOString()}'
    FROM generate_series(1, ${RUNS}) n;
    ANALYZE run`);
  explained = await explainingClient(database);
  db = explained.db;
}, 60_000);

const start = (idempotencyKey: string, inngestRunId: string): ActionStart => ({
  action: "sync-whale",
  idempotencyKey,
  correlationId: "c",
  inngestRunId,
  now: NOW,
  expiresAt: new Date(NOW.getTime() + 60_000),
});

/** Rows that the scans of a plan brought up. */
function rowsRead(plan: Plan): number {
  const below = (plan.Plans ?? []).reduce((sum, child) => sum + rowsRead(child), 0);
  return below + (plan["Relation Name"] ? plan["Actual Rows"] * plan["Actual Loops"] : 0);
}
const scans = (plan: Plan): string[] => [
  ...(plan["Relation Name"] ? [plan["Node Type"]] : []),
  ...(plan.Plans ?? []).flatMap(scans),
];

test("claiming work costs a look at one key among 30,000 runs", async () => {
  for (const [key, run, state] of [
    ["event-25001", "late", "completed"],
    ["event-25001", "run-25001", "completed"],
    ["event-25010", "run-25010", "superseded"],
  ] as const) {
    let answer: unknown;
    const plans = await explained.plansOf(async () => {
      answer = await ensureIdempotent(db, start(key, run));
    });
    expect(answer).toMatchObject({ state });
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) {
      expect(scans(plan)).not.toContain("Seq Scan");
      expect(rowsRead(plan)).toBeLessThanOrEqual(1);
    }
  }
});

test("the run before is found among many that failed at the same work", async () => {
  const last = await db.run.findFirstOrThrow({
    where: { idempotencyKey: "stubborn" },
    orderBy: { id: "desc" },
  });
  expect(await ensureIdempotent(db, start("stubborn", "the-one"))).toMatchObject({
    state: "started",
    previousId: last.id,
  });
});
