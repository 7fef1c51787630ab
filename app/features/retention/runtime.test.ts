import { beforeEach, expect, test } from "vitest";
import { testDatabase } from "../../../tests/database.ts";
import { removeExpired } from "./commands.server.ts";
import type { RetentionTarget } from "./policy.ts";

const { db, pool, reset } = await testDatabase();
const NOW = new Date("2026-06-30T12:00:00.000Z");
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000);

beforeEach(reset);

/** Removes all that has expired, batch by batch; how much, and the longest statement in milliseconds. */
async function removeAll(target: RetentionTarget) {
  let removed = 0;
  let batches = 0;
  let longestMs = 0;
  for (let after: number | null = 0; after !== null; batches++) {
    if (batches > 5_000) throw new Error(`${target} does not come to an end`);
    const startedAt = performance.now();
    const batch = await removeExpired(db, target, { activityDays: 90, now: NOW, after });
    longestMs = Math.max(longestMs, performance.now() - startedAt);
    removed += batch.removed;
    after = batch.next;
  }
  return { removed, batches, longestMs };
}

const run = (
  id: string,
  days: number,
  status: "running" | "completed" | "failed" | "cancelled",
  attempts: [status: "success" | "retryable" | "fatal", days: number][] = [],
) =>
  db.run.create({
    data: {
      action: "sync-markets",
      idempotencyKey: id,
      correlationId: id,
      inngestRunId: id,
      status,
      startedAt: daysAgo(days),
      expiresAt: daysAgo(days - 0.1),
      attempts: {
        create: attempts.map(([outcome, age], index) => ({
          step: "walk",
          number: index + 1,
          startedAt: daysAgo(age),
          durationMs: 1,
          status: outcome,
        })),
      },
    },
  });

test("successes of the runtime stay a day, failures 90, and a run as long as one of its attempts", async () => {
  await run("today", 0.5, "completed", [["success", 0.5]]);
  await run("yesterday", 2, "completed", [["success", 2]]);
  await run("with a hiccup", 2, "completed", [
    ["retryable", 2],
    ["success", 2],
  ]);
  await run("failed", 2, "failed", [
    ["success", 2],
    ["fatal", 2],
  ]);
  await run("failed long ago", 91, "failed", [
    ["retryable", 91],
    ["fatal", 91],
  ]);
  await run("cancelled long ago", 91, "cancelled");
  await run("cut off", 91, "running");
  await run("under way", 0.01, "running");

  expect(await removeAll("attempts")).toMatchObject({ removed: 3 });
  expect(await removeAll("failed-attempts")).toMatchObject({ removed: 2 });
  expect(await removeAll("runs")).toMatchObject({ removed: 4 });
  const left = await db.run.findMany({ include: { attempts: true }, orderBy: { id: "asc" } });
  expect(
    left.map(({ inngestRunId, attempts }) => [inngestRunId, attempts.map(({ status }) => status)]),
  ).toEqual([
    ["today", ["success"]],
    ["with a hiccup", ["retryable"]],
    ["failed", ["fatal"]],
    ["under way", []],
  ]);
});

test("a run that repeats another outlives it", async () => {
  const { id } = await run("first", 91, "failed");
  const second = await run("second", 1, "failed");
  await db.run.update({ where: { id: second.id }, data: { previousId: id } });
  expect(await removeAll("runs")).toMatchObject({ removed: 1 });
  expect(await db.run.findMany({ select: { previousId: true } })).toEqual([{ previousId: null }]);
});

test("dead letters stay 90 days, their group as long as one of them, and none goes while it is replayed", async () => {
  for (const [fingerprint, seen] of [
    ["old", 91],
    ["mixed", 1],
    ["emptied", 1],
  ] as const) {
    await db.deadLetterGroup.create({
      data: {
        fingerprint,
        code: "TIMEOUT",
        message: "?",
        firstSeenAt: daysAgo(91),
        lastSeenAt: daysAgo(seen),
      },
    });
  }
  const replay = (status: "running" | "completed", days: number) =>
    db.replay.create({
      data: {
        name: status,
        filter: {},
        requestKey: `${status}-${days}`,
        perMinute: 1,
        total: 1,
        status,
        createdAt: daysAgo(days),
      },
    });
  const running = await replay("running", 95);
  await replay("completed", 95);
  await replay("completed", 1);
  const letter = (runId: string, fingerprint: string, days: number, replayId?: number) =>
    db.deadLetter.create({
      data: {
        runId,
        functionId: "sync-markets",
        idempotencyKey: runId,
        correlationId: runId,
        event: {},
        errorCode: "TIMEOUT",
        errorMessage: "?",
        fingerprint,
        failedAt: daysAgo(days),
        replayId,
      },
    });
  await letter("1", "old", 91);
  await letter("2", "mixed", 91);
  await letter("3", "mixed", 1);
  await letter("4", "mixed", 91, running.id);

  expect(await removeAll("dead-letters")).toMatchObject({ removed: 2 });
  expect(await removeAll("dead-letter-groups")).toMatchObject({ removed: 1 });
  expect(await removeAll("replays")).toMatchObject({ removed: 1 });
  const groups = await db.deadLetterGroup.findMany({ orderBy: { fingerprint: "asc" } });
  // A group that was seen a moment ago may be about to get its letter.
  expect(groups.map(({ fingerprint }) => fingerprint)).toEqual(["emptied", "mixed"]);
  const letters = await db.deadLetter.findMany({ orderBy: { runId: "asc" } });
  expect(letters.map(({ runId }) => runId)).toEqual(["3", "4"]);
  expect(await db.replay.count()).toBe(2);
});

test("notifications stay 90 days, an incident until 90 days after its end, with its conditions", async () => {
  const incident = (scope: string, days: number, resolved: number | null) =>
    db.notification.create({
      data: {
        kind: "incident",
        severity: "error",
        scope,
        title: scope,
        body: "",
        createdAt: daysAgo(days),
        resolvedAt: resolved === null ? null : daysAgo(resolved),
        conditions: {
          create: { key: scope, scope, severity: "error", text: "?", raisedAt: daysAgo(days) },
        },
      },
    });
  await incident("open", 200, null);
  await incident("long, over since yesterday", 200, 1);
  const over = await incident("over", 100, 91);
  await db.notification.create({
    data: {
      kind: "recovery",
      severity: "success",
      scope: "over",
      title: "recovery",
      body: "",
      createdAt: daysAgo(89),
      incidentId: over.id,
    },
  });
  expect(await removeAll("notifications")).toMatchObject({ removed: 1 });
  const left = await db.notification.findMany({ orderBy: { id: "asc" } });
  expect(left.map(({ title }) => title)).toEqual([
    "open",
    "long, over since yesterday",
    "recovery",
  ]);
  expect(await db.condition.count()).toBe(2);
});

test("what the job engine left behind goes, what is queued or young stays", async () => {
  await pool.query(
    `INSERT INTO engine.run (id, function_id, status, events, created_at, ended_at) VALUES
       ('old', 'f', 'completed', '[]', $1, $1), ('old-failed', 'f', 'failed', '[]', $1, $1),
       ('waiting', 'f', 'running', '[]', $1, NULL), ('young', 'f', 'completed', '[]', $2, $2)`,
    [daysAgo(11), daysAgo(9)],
  );
  await pool.query(
    `INSERT INTO engine.event (id, name, received_at) VALUES ('e-old', 'e', $1), ('e-waiting', 'e', $1), ('e-young', 'e', $2)`,
    [daysAgo(11), daysAgo(9)],
  );
  await pool.query(`INSERT INTO engine.run_event (event_id, run_id) VALUES
    ('e-old', 'old'), ('e-waiting', 'waiting'), ('e-young', 'young')`);
  await pool.query(
    `INSERT INTO engine.step (run_id, step_id, op, name) VALUES ('old', 's', 'Step', 's'), ('young', 's', 'Step', 's')`,
  );
  await pool.query(
    `INSERT INTO engine.attempt (run_id, step_id, name, number, status, started_at, ended_at)
     SELECT id, 's', 's', 0, 'completed', $1, $1 FROM engine.run WHERE ended_at IS NOT NULL`,
    [daysAgo(11)],
  );
  await pool.query(
    `INSERT INTO engine.event_key (function_id, key, run_id, expires_at) VALUES ('f', 'old', 'x', $1), ('f', 'young', 'x', $2)`,
    [daysAgo(3), daysAgo(1)],
  );
  await pool.query(`INSERT INTO engine.rate (key, next_at) VALUES ('old', $1), ('young', $2)`, [
    daysAgo(3),
    daysAgo(1),
  ]);
  // Two runs, their event, a key and a rate.
  expect(await removeAll("engine-leftovers")).toMatchObject({ removed: 5 });
  const idsOf = async (table: string, column: string) => {
    const { rows } = await pool.query(`SELECT ${column} AS id FROM engine.${table} ORDER BY 1`);
    return rows.map(({ id }) => id);
  };
  expect(await idsOf("run", "id")).toEqual(["waiting", "young"]);
  expect(await idsOf("event", "id")).toEqual(["e-waiting", "e-young"]);
  expect(await idsOf("run_event", "run_id")).toEqual(["waiting", "young"]);
  expect(await idsOf("step", "run_id")).toEqual(["young"]);
  expect(await idsOf("attempt", "run_id")).toEqual(["young"]);
  expect(await idsOf("event_key", "key")).toEqual(["young"]);
  expect(await idsOf("rate", "key")).toEqual(["young"]);
});

test("a hundred thousand expired attempts, runs and steps go in bounded batches, and a second clean-up finds nothing", async () => {
  await pool.query(
    `INSERT INTO run (action, idempotency_key, correlation_id, inngest_run_id, status, started_at, expires_at)
     SELECT 'sync-whale', n::text, 'c', n::text, 'completed', $1::timestamptz + n * interval '1 second', $1
     FROM generate_series(1, 10000) n`,
    [daysAgo(3)],
  );
  await pool.query(
    `INSERT INTO run_attempt (run_id, step, number, started_at, duration_ms, status)
     SELECT 1 + n / 10, 's', 1, $1::timestamptz + n * interval '100 milliseconds', 5,
       (CASE WHEN n % 1000 = 0 THEN 'retryable' ELSE 'success' END)::attempt_status
     FROM generate_series(0, 99999) n`,
    [daysAgo(3)],
  );
  await pool.query(
    `INSERT INTO sync_log (run_id, type, trigger, status, started_at, deadline_at, correlation_id)
     SELECT n::text, 'whales', 'cron', 'completed', $1::timestamptz + n * interval '1 second', $1, 'c'
     FROM generate_series(1, 5000) n`,
    [daysAgo(3)],
  );
  await pool.query(
    `INSERT INTO sync_part (sync_log_id, key, status) SELECT 1 + n / 4, (n % 4)::text, 'completed' FROM generate_series(0, 19999) n`,
  );
  await pool.query("ANALYZE");
  const attempts = await removeAll("attempts");
  expect([attempts.removed, attempts.batches]).toEqual([99_900, 50]);
  expect((await removeAll("runs")).removed).toBe(9_900);
  expect((await removeAll("sync-parts")).removed).toBe(20_000);
  for (const target of ["attempts", "runs", "sync-parts"] as const) {
    expect([target, (await removeAll(target)).removed]).toEqual([target, 0]);
  }
});
