import { afterEach, expect, test, vi } from "vitest";
import { recordDeadLetter } from "~/features/dead-letters/commands.server.ts";
import { abortReplay, startReplay } from "~/features/dead-letters/replay.server.ts";
import { getReplay } from "~/features/dead-letters/replays.server.ts";
import { JOB_EVENTS } from "~/inngest/job-events.ts";
import type { OutgoingEvent } from "~/lib/send.ts";
import { demoRig, type Rig } from "./demo-rig.ts";

vi.setConfig({ testTimeout: 180_000 });

let rig: Rig;
afterEach(() => rig.close());

const markets = { name: "sync/markets.requested", data: { trigger: "manual" }, id: "click-1" };

/** Lets the engine do what is due within these minutes. */
async function minutes(count: number) {
  for (let minute = 0; minute < count; minute++) {
    rig.clock.advance(61_000);
    await rig.engine.drain();
  }
}

const send = async (event: OutgoingEvent) => (await rig.engine.send(event)).ids[0] ?? "";

/** Starts a replay of every letter that is open now. */
function replayAll(requestKey: string, perMinute = 60) {
  const now = new Date(rig.clock.now());
  const filter = { until: now.toISOString() };
  const order = { name: "All", filter, perMinute, requestKey };
  return startReplay({ db: rig.db, send }, order, { targets: JOB_EVENTS, now });
}

/** A click whose sync failed for good, with the run that failed at it. */
async function failedClick() {
  rig = await demoRig();
  await rig.fault({ kind: "server-error", match: "markets" });
  await rig.send(markets);
  await minutes(5);
  const letter = await rig.db.deadLetter.findFirstOrThrow({
    where: { idempotencyKey: "click-1" },
  });
  expect(letter).toMatchObject({ status: "open", functionId: "sync-markets" });
  return letter;
}

const runsOfClick = () =>
  rig.db.run.findMany({ where: { idempotencyKey: "click-1" }, orderBy: { id: "asc" } });

test("a replay does the work of a letter by a run of its own, and both end with it", async () => {
  const letter = await failedClick();
  await rig.clearFaults();
  rig.clock.advance(120_000);
  const id = await replayAll("replay-of-a-test");
  await minutes(2);
  const runs = await runsOfClick();
  expect(runs.map(({ status }) => status)).toEqual(["failed", "completed"]);
  expect(runs[1]).toMatchObject({
    previousId: runs[0]?.id,
    correlationId: letter.correlationId,
  });
  expect(await rig.db.deadLetter.findUnique({ where: { id: letter.id } })).toMatchObject({
    status: "replayed",
    replayRunId: runs[1]?.inngestRunId,
    nextId: null,
  });
  const replay = await getReplay(rig.db, id);
  expect(replay).toMatchObject({ status: "completed", progress: { failedAgain: 0, waiting: 0 } });
  expect(replay?.progress.succeeded).toBe(replay?.total);
  expect(await rig.db.market.count()).toBeGreaterThan(0);
});

test("a replay and a rerun from the Inngest dashboard at once do the work once", async () => {
  const letter = await failedClick();
  await rig.clearFaults();
  rig.clock.advance(120_000);
  const [id] = await Promise.all([
    replayAll("replay-of-a-test"),
    rig.engine.rerun(letter.runId),
    rig.engine.rerun(letter.runId),
  ]);
  await rig.engine.drain();
  await minutes(2);
  const runs = await runsOfClick();
  expect(runs.map(({ status }) => status)).toEqual(["failed", "completed"]);
  expect(await rig.db.deadLetter.findUnique({ where: { id: letter.id } })).toMatchObject({
    status: "replayed",
    replayRunId: runs[1]?.inngestRunId,
  });
  expect(await getReplay(rig.db, id)).toMatchObject({ status: "completed" });
});

test("work that fails again is a letter of its own, linked from the first, and can be replayed in turn", async () => {
  const letter = await failedClick();
  rig.clock.advance(120_000);
  const first = await replayAll("replay-of-a-test");
  await minutes(6);
  const failed = await rig.db.deadLetter.findUniqueOrThrow({
    where: { id: letter.id },
    include: { next: true },
  });
  expect(failed).toMatchObject({
    status: "replayed",
    next: { status: "open", idempotencyKey: "click-1", fingerprint: letter.fingerprint },
  });
  expect((await getReplay(rig.db, first))?.progress.failedAgain).toBeGreaterThan(0);
  await rig.clearFaults();
  rig.clock.advance(120_000);
  const second = await replayAll("second-of-a-test");
  await minutes(2);
  expect(await rig.db.deadLetter.findUnique({ where: { id: failed.next?.id } })).toMatchObject({
    status: "replayed",
    replayId: second,
    nextId: null,
  });
  expect((await runsOfClick()).map(({ status }) => status)).toEqual([
    "failed",
    "failed",
    "completed",
  ]);
});

test("a replay keeps its rate, and an aborted one asks for nothing more", async () => {
  rig = await demoRig();
  for (let number = 1; number <= 25; number++) {
    await recordDeadLetter(rig.db, {
      runId: `run-${number}`,
      action: "compute-whale-stats",
      idempotencyKey: `key-${number}`,
      correlationId: "cause",
      event: { name: "stats/compute.requested", data: { trigger: "manual" } },
      stream: null,
      venue: null,
      code: "EXECUTION_FAILED",
      message: "The row does not exist.",
      failedAt: new Date(rig.clock.now() - 1000),
      redact: (text) => text,
    });
  }
  const id = await replayAll("replay-of-a-test");
  const asked = () => rig.db.deadLetter.count({ where: { requestedAt: { not: null } } });
  await rig.engine.drain();
  expect(await asked()).toBe(10);
  rig.clock.advance(9_000);
  await rig.engine.drain();
  expect(await asked()).toBe(10);
  rig.clock.advance(1_500);
  await rig.engine.drain();
  expect(await asked()).toBe(20);
  expect((await getReplay(rig.db, id))?.progress).toMatchObject({ waiting: 5, succeeded: 20 });
  await abortReplay(rig.db, id, new Date(rig.clock.now()));
  await minutes(2);
  expect(await asked()).toBe(20);
  expect(await rig.db.deadLetter.count({ where: { status: "open", replayId: null } })).toBe(5);
  // What is left is taken by the next replay, and each letter's work was done once.
  await replayAll("second-of-a-test", 600);
  await rig.engine.drain();
  expect(await rig.db.deadLetter.count({ where: { status: "open" } })).toBe(0);
  const runs = await rig.db.run.groupBy({
    by: ["idempotencyKey"],
    where: { action: "compute-whale-stats", idempotencyKey: { startsWith: "key-" } },
    _count: true,
  });
  expect(runs.map(({ _count }) => _count)).toEqual(Array(25).fill(1));
});
