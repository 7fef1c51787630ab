import { afterEach, expect, test, vi } from "vitest";
import { closeCutOff } from "~/features/syncs/cut-off.server.ts";
import { testDatabase } from "../database.ts";
import { demoRig, type Rig } from "./demo-rig.ts";

vi.setConfig({ testTimeout: 90_000 });

let rig: Rig;
afterEach(() => rig.close());

const now = () => new Date(rig.clock.now());
const start = (embedded: boolean) => closeCutOff(rig.db, { now: now(), embedded });

/** A market sync and a whale sync that wait for a venue that is down; too few requests for its pacer to hold the others back. */
async function underWay() {
  rig = await demoRig({ whales: 1 });
  await rig.run("sync/discovery.requested", { trigger: "start" });
  await rig.fault({ kind: "server-error", match: "all" });
  rig.clock.advance(60_000);
  await rig.run("sync/markets.requested", { trigger: "manual" });
  await rig.run("sync/whales.requested", { trigger: "manual", all: true });
  const syncs = await rig.db.syncLog.findMany({ where: { status: "running" } });
  expect(new Set(syncs.map(({ type }) => type))).toEqual(new Set(["markets", "whales"]));
  return syncs;
}

/** The engine's part of the database as an older backup, or none, would have it. */
async function forgetRuns() {
  const { pool } = await testDatabase();
  await pool.query("DELETE FROM engine.job");
  await pool.query(
    "UPDATE engine.run SET status = 'completed' WHERE status IN ('queued', 'running')",
  );
}

test("what the engine goes on with is left to it", async () => {
  const before = await underWay();
  expect(await start(true)).toEqual({ syncs: 0, runs: 0 });
  await rig.clearFaults();
  rig.clock.advance(61_000);
  await rig.engine.drain();
  const after = await rig.db.syncLog.findMany({
    where: { id: { in: before.map(({ id }) => id) } },
  });
  expect(after.every(({ status }) => status === "completed")).toBe(true);
});

test("what nothing goes on with is closed as failed, with its steps and the reason, and its work can be done again", async () => {
  const before = await underWay();
  await forgetRuns();
  const running = await rig.db.run.count({ where: { status: "running" } });
  expect(running).toBeGreaterThan(0);
  expect(await start(true)).toEqual({ syncs: before.length, runs: running });
  const reason = expect.stringContaining("The app ended while this run was under way");
  const failed = { status: "failed", errorCode: "EXECUTION_FAILED", errorMessage: reason };
  for (const { id } of before) {
    const sync = await rig.db.syncLog.findUniqueOrThrow({
      where: { id },
      include: { parts: true },
    });
    expect(sync).toMatchObject({ ...failed, finishedAt: now(), executingUntil: null });
    expect(sync.parts.length).toBeGreaterThan(0);
    for (const part of sync.parts) expect(part).toMatchObject({ status: "failed" });
  }
  expect(await rig.db.run.count({ where: { status: "running" } })).toBe(0);
  expect(await start(true)).toEqual({ syncs: 0, runs: 0 });
  await rig.clearFaults();
  rig.clock.advance(60_000);
  await rig.run("sync/whales.requested", { trigger: "start", all: true });
  expect(await rig.difference()).toMatchObject({ missing: 0, extra: 0 });
});

test("a sync whose run has failed is left to the record of that failure", async () => {
  await underWay();
  const { pool } = await testDatabase();
  const wallet = await rig.db.run.findFirstOrThrow({
    where: { action: "sync-whale", status: "running" },
  });
  const sync = await rig.db.syncLog.findFirstOrThrow({
    where: { status: "running", type: "whales" },
  });
  await forgetRuns();
  const event = {
    data: {
      run_id: wallet.inngestRunId,
      event: { data: { syncLogId: sync.id, whaleId: Number(wallet.subject) } },
    },
  };
  await pool.query(
    `INSERT INTO engine.run (id, function_id, status, event_name, events, created_at)
     VALUES ('01RECORD', 'opinion-scope-record-failure', 'queued', 'inngest/function.failed', $1, now())`,
    [JSON.stringify([event])],
  );
  await start(true);
  expect(await rig.db.syncLog.findUnique({ where: { id: sync.id } })).toMatchObject({
    status: "running",
  });
  expect(await rig.db.run.findUnique({ where: { id: wallet.id } })).toMatchObject({
    status: "running",
  });
});

test("with an Inngest server only what should have ended by now is closed", async () => {
  const before = await underWay();
  await forgetRuns();
  expect(await start(false)).toEqual({ syncs: 0, runs: 0 });
  rig.clock.advance(11 * 60_000);
  const whales = before.filter(({ type }) => type === "whales");
  expect(await start(false)).toMatchObject({ syncs: whales.length });
  expect(await rig.db.syncLog.findUnique({ where: { id: whales[0]?.id } })).toMatchObject({
    status: "failed",
    errorCode: "EXECUTION_FAILED",
    errorMessage: expect.stringContaining("was not running when this run should have ended"),
  });
});
