import { afterEach, expect, test, vi } from "vitest";
import { NO_COUNTS } from "~/features/syncs/sync-parts.server.ts";
import { testDatabase } from "../database.ts";
import { demoRig, type Rig } from "./demo-rig.ts";
import { runIdOf, servedRun, stepIdOf } from "./inngest-server.ts";

vi.setConfig({ testTimeout: 90_000 });

let rig: Rig;
afterEach(() => rig.close());

const markets = { name: "sync/markets.requested", data: { trigger: "manual" }, id: "click-1" };

/** As the engine's interface, or the Inngest dashboard, does it: the app is not asked. */
async function rerun(runId: string | undefined) {
  const again = await rig.engine.rerun(String(runId));
  await rig.engine.drain();
  return again;
}

const ofClick = { idempotencyKey: "click-1" };
/** Dead letters of the work that was asked for here; jobs of the schedule may have some, too. */
const letters = () => rig.db.deadLetter.findMany({ where: ofClick, orderBy: { id: "asc" } });
const newestRun = (where = ofClick) =>
  rig.db.run.findFirstOrThrow({ where, orderBy: { id: "desc" } });

/** A wallet that the venue does not answer for, while the others are read, with the run that failed at it. */
async function oneWalletFails() {
  let refused: string | null = null;
  rig = await demoRig({
    intercept: (url) =>
      refused !== null && url.pathname.includes(refused)
        ? Response.json({ errno: 10000, errmsg: "bad parameter", result: null })
        : null,
  });
  await rig.run("sync/discovery.requested", { trigger: "start" });
  const whale = await rig.db.whale.findFirstOrThrow();
  await rig.db.trade.deleteMany({ where: { whaleId: whale.id } });
  await rig.db.streamState.deleteMany({ where: { wallet: whale.address } });
  refused = whale.address;
  rig.clock.advance(60_000);
  await rig.run("sync/whales.requested", { trigger: "manual", all: true });
  const run = await rig.db.run.findFirstOrThrow({
    where: { action: "sync-whale", status: "failed" },
  });
  expect(run).toMatchObject({ subject: String(whale.id), errorCode: "INVALID_INPUT" });
  const restore = () => {
    refused = null;
  };
  return { whale, run, restore };
}

/** The sync that a run has opened for itself. */
const syncOf = (runId: string | null) =>
  rig.db.syncLog.findUniqueOrThrow({ where: { runId: String(runId) }, include: { parts: true } });

test("a run that failed for good is a dead letter, and a rerun from outside does its work and marks it replayed", async () => {
  rig = await demoRig();
  await rig.fault({ kind: "geo" });
  await rig.send(markets);
  const failed = await newestRun();
  expect(failed).toMatchObject({ status: "failed", errorCode: "UNAUTHORIZED" });
  expect(await letters()).toMatchObject([
    { status: "open", runId: failed.inngestRunId, functionId: "sync-markets" },
  ]);
  await rig.clearFaults();
  rig.clock.advance(120_000);
  // Asked for twice at once, as two people may, while another run of the job is being executed, beside which none would be started.
  const busy = { type: "markets", status: "running", trigger: "cron" } as const;
  const executingUntil = new Date(rig.clock.now() + 60_000);
  const times = {
    startedAt: new Date(rig.clock.now()),
    deadlineAt: executingUntil,
    executingUntil,
  };
  await rig.db.syncLog.create({
    data: { ...busy, ...times, runId: "busy", correlationId: "busy" },
  });
  await Promise.all([rerun(failed.inngestRunId), rerun(failed.inngestRunId)]);
  const done = await newestRun();
  expect(done).toMatchObject({ status: "completed", previousId: failed.id });
  expect(await rig.db.run.count({ where: ofClick })).toBe(2);
  expect(await letters()).toMatchObject([{ status: "replayed", replayRunId: done.inngestRunId }]);
  const replayed = await rig.db.syncLog.findMany({ where: { type: "markets" } });
  expect(replayed.map(({ trigger, status }) => [trigger, status])).toContainEqual([
    "replay",
    "completed",
  ]);
});

test("a rerun that fails again links the old letter to its own", async () => {
  rig = await demoRig();
  await rig.fault({ kind: "geo" });
  await rig.send(markets);
  const [first] = await letters();
  rig.clock.advance(120_000);
  await rerun(first?.runId);
  const [old, next, ...others] = await letters();
  expect(others).toEqual([]);
  expect(old).toMatchObject({ status: "replayed", nextId: next?.id, replayRunId: next?.runId });
  expect(next).toMatchObject({ status: "open", idempotencyKey: "click-1" });
});

test("a letter that is written after its work was done again is replayed at once", async () => {
  rig = await demoRig();
  await rig.fault({ kind: "geo" });
  await rig.send(markets);
  const [letter] = await letters();
  await rig.clearFaults();
  rig.clock.advance(120_000);
  await rerun(letter?.runId);
  // As if recording the failure had waited for longer than the rerun took.
  await rig.db.deadLetter.deleteMany();
  const recorded = await newestRun({ idempotencyKey: String(letter?.runId) });
  await rig.db.run.update({ where: { id: recorded.id }, data: { released: true } });
  await rerun(recorded.inngestRunId);
  expect(await letters()).toMatchObject([{ status: "replayed", runId: letter?.runId }]);
});

test("a wallet whose sync has been closed is read by a sync of its own", async () => {
  const { whale, run, restore } = await oneWalletFails();
  restore();
  const own = await syncOf(await rerun(run.inngestRunId));
  expect(own).toMatchObject({
    type: "whales",
    trigger: "replay",
    status: "completed",
    partsTotal: 1,
    partsDone: 1,
    correlationId: run.correlationId,
  });
  expect(own.parts).toMatchObject([{ key: String(whale.id), status: "completed" }]);
  expect(own.created).toBeGreaterThan(0);
  expect(await rig.difference()).toMatchObject({ missing: 0, extra: 0 });
  const letter = await rig.db.deadLetter.findUnique({ where: { runId: run.inngestRunId } });
  expect(letter).toMatchObject({ status: "replayed", replayRunId: own.runId });
});

test("a wallet's rerun from a later step reads it from the start, by a sync of its own", async () => {
  const { whale, run, restore } = await oneWalletFails();
  restore();
  const part = await rig.db.syncPart.findFirstOrThrow({
    where: { key: String(whale.id), status: "failed" },
  });
  const { syncLogId, key } = part;
  const event = {
    id: run.idempotencyKey,
    name: "sync/whale.requested",
    data: { syncLogId, whaleId: whale.id, rereadNow: true },
  };
  const again = servedRun(rig.serve, {
    functionId: "sync-whale",
    runId: runIdOf("again"),
    event,
  });
  // As if the run that failed had read a stretch before.
  const begun = { ...run, state: "started", previousId: null };
  const data = { run: begun, part: { syncLogId, key }, done: false, counts: NO_COUNTS };
  const read = { op: "StepRun", id: stepIdOf("read-0"), displayName: "read-0", data };
  again.keep({ status: 206, ops: [read] });
  await again.finish();
  expect(await rig.difference()).toMatchObject({ missing: 0, extra: 0 });
  expect(await syncOf(runIdOf("again"))).toMatchObject({ status: "completed", partsDone: 1 });
  expect(await newestRun({ idempotencyKey: run.idempotencyKey })).toMatchObject({
    status: "completed",
    inngestRunId: runIdOf("again"),
    previousId: run.id,
  });
  const letter = await rig.db.deadLetter.findUnique({ where: { runId: run.inngestRunId } });
  expect(letter).toMatchObject({ status: "replayed", replayRunId: runIdOf("again") });
});

test("a wallet that fails again closes the sync of its own as failed", async () => {
  const { whale, run } = await oneWalletFails();
  const own = await syncOf(await rerun(run.inngestRunId));
  expect(own).toMatchObject({ status: "failed", partsTotal: 1, partsFailed: 1 });
  expect(own.parts).toMatchObject([{ key: String(whale.id), status: "failed" }]);
});

test("a wallet of a venue that refuses us is not asked for by a replay, and its letter goes on", async () => {
  const { run, restore } = await oneWalletFails();
  restore();
  const refusal = { lastErrorCode: "INVALID_CREDENTIALS", lastErrorMessage: "wrong key" };
  const nextDueAt = new Date(rig.clock.now() + 600_000);
  const gate = { venue: "opinion", kind: "wallets", wallet: "", failuresInRow: 1 };
  await rig.db.streamState.create({ data: { ...gate, ...refusal, nextDueAt } });
  const before = rig.venue.world.requests().total;
  const again = await rerun(run.inngestRunId);
  expect(rig.venue.world.requests().total).toBe(before);
  const letter = await rig.db.deadLetter.findUnique({ where: { runId: String(again) } });
  expect(letter).toMatchObject({ status: "open", errorCode: "INVALID_CREDENTIALS" });
});

test("a wallet that nobody follows any more is not read, and its letter is closed", async () => {
  const { whale, run, restore } = await oneWalletFails();
  await rig.db.whale.update({ where: { id: whale.id }, data: { followed: false } });
  restore();
  const before = rig.venue.world.requests().total;
  await rerun(run.inngestRunId);
  expect(rig.venue.world.requests().total).toBe(before);
  const letter = await rig.db.deadLetter.findUnique({ where: { runId: run.inngestRunId } });
  expect(letter?.status).toBe("replayed");
});

test("attempts are counted on from one call to the next, and say what went wrong", async () => {
  rig = await demoRig();
  await rig.fault({ kind: "server-error", match: "markets", count: 2 });
  await rig.send(markets);
  rig.clock.advance(61_000);
  await rig.engine.drain();
  const run = await newestRun();
  expect(run.status).toBe("completed");
  const attempts = await rig.db.runAttempt.findMany({
    where: { runId: run.id, step: "opinion-walk-0" },
    orderBy: { id: "asc" },
  });
  const told = attempts.map(({ request, number, status, code }) => [
    request === null ? "step" : "request",
    number,
    status,
    code,
  ]);
  expect(told.slice(0, 4)).toEqual([
    ["request", 1, "retryable", "SERVICE_UNAVAILABLE"],
    ["request", 2, "retryable", "SERVICE_UNAVAILABLE"],
    ["step", 1, "retryable", "MAX_RETRIES_EXCEEDED"],
    ["request", 1, "success", null],
  ]);
  expect(told.at(-1)).toEqual(["step", 2, "success", null]);
});

test("a key that a venue sends back stands in no run, sync, letter or notification", async () => {
  const apiKey = "planted-key-of-a-venue-4711";
  rig = await demoRig({
    env: { OPINION_API_KEY: apiKey },
    intercept: () =>
      Response.json({ errno: 10000, errmsg: `bad parameter: apikey ${apiKey}`, result: null }),
  });
  await rig.send(markets);
  expect(await newestRun()).toMatchObject({ status: "failed", errorCode: "INVALID_INPUT" });
  const { pool } = await testDatabase();
  const { rows } = await pool.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'engine')",
  );
  for (const { name } of rows) {
    const found = await pool.query(`SELECT 1 FROM ${name} t WHERE t::text LIKE $1 LIMIT 1`, [
      `%${apiKey}%`,
    ]);
    expect(found.rows, name).toEqual([]);
  }
});

test("a run that a person cancels is closed with the reason and leaves no letter", async () => {
  rig = await demoRig();
  await rig.fault({ kind: "server-error", match: "markets" });
  await rig.send(markets);
  const run = await newestRun();
  expect(run.status).toBe("running");
  expect(await rig.engine.cancel(run.inngestRunId)).toBe(true);
  await rig.engine.drain();
  expect(await newestRun()).toMatchObject({
    status: "cancelled",
    errorMessage: "The run was cancelled.",
  });
  const sync = await rig.db.syncLog.findUniqueOrThrow({
    where: { runId: run.inngestRunId },
    include: { parts: true },
  });
  expect(sync).toMatchObject({ status: "failed", errorMessage: "The run was cancelled." });
  expect(sync.parts.every(({ status }) => status !== "running")).toBe(true);
  expect(await letters()).toEqual([]);
  // Its key is free: the same event does the work.
  await rig.clearFaults();
  rig.clock.advance(120_000);
  await rerun(run.inngestRunId);
  expect(await newestRun()).toMatchObject({
    status: "completed",
    previousId: run.id,
  });
});

test("a run that its time limit ends has failed for good", async () => {
  rig = await demoRig();
  await rig.fault({ kind: "server-error", match: "markets" });
  await rig.send(markets);
  rig.clock.advance(21 * 60_000);
  await rig.engine.drain();
  expect(await newestRun()).toMatchObject({
    status: "failed",
    errorCode: "EXECUTION_FAILED",
  });
  expect(await letters()).toMatchObject([
    { functionId: "sync-markets", errorMessage: expect.stringContaining("longer than it may") },
  ]);
});

test("a failure of another app on the same Inngest server is none of ours", async () => {
  rig = await demoRig();
  const event = { id: "e", name: "shop/ordered", data: {} };
  const run = servedRun(rig.serve, {
    functionId: "record-failure",
    runId: runIdOf("other"),
    event: {
      id: runIdOf("theirs"),
      name: "inngest/function.failed",
      data: { function_id: "shop-order", run_id: runIdOf("theirs"), error: {}, event },
    },
  });
  expect(await run.finish()).toEqual({ ignored: "inngest/function.failed" });
  expect(await rig.db.deadLetter.count()).toBe(0);
});

test("what the finished steps of a wallet brought counts, although a later one failed for good", async () => {
  const refuses = (url: URL) =>
    url.pathname.includes("/trade/user/") && Number(url.searchParams.get("page")) > 14;
  rig = await demoRig({
    whales: 1,
    historyFills: 400,
    intercept: (url) =>
      refuses(url) ? Response.json({ errno: 10000, errmsg: "bad parameter", result: null }) : null,
  });
  await rig.run("sync/discovery.requested", { trigger: "start" });
  const stored = await rig.db.trade.count();
  expect(stored).toBeGreaterThan(199);
  const counts = { status: "failed", created: stored };
  const sync = await rig.db.syncLog.findFirst({
    where: { type: "whales", status: "failed" },
    include: { parts: true },
  });
  expect(sync).toMatchObject({ ...counts, parts: [counts] });
  expect(sync?.fetched).toBeGreaterThanOrEqual(stored);
  expect(sync?.parts[0]?.pages).toBeGreaterThanOrEqual(14);
});
