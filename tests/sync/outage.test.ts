import { afterEach, expect, test, vi } from "vitest";
import { dryRun } from "~/features/dead-letters/dry-run.server.ts";
import { freeze } from "~/features/dead-letters/letter-filter.ts";
import { startReplay } from "~/features/dead-letters/replay.server.ts";
import { getReplay } from "~/features/dead-letters/replays.server.ts";
import { JOB_EVENTS } from "~/inngest/job-events.ts";
import { type OutageRig, outageRig } from "./outage-rig.ts";

vi.setConfig({ testTimeout: 180_000 });

let rig: OutageRig;
afterEach(() => rig.close());

const STATES_OF_THE_OUTAGE = [
  { markets: "on-time", whales: "running", openLetters: 0 },
  { markets: "on-time", whales: "running", openLetters: 0 },
  { markets: "on-time", whales: "running", openLetters: 3 },
  { markets: "on-time", whales: "failing", openLetters: 4 },
  { markets: "running", whales: "failing", openLetters: 4 },
  { markets: "running", whales: "failing", openLetters: 5 },
  { markets: "failing", whales: "failing", openLetters: 6 },
  { markets: "failing", whales: "failing", openLetters: 7 },
  { markets: "failing", whales: "failing", openLetters: 8 },
  { markets: "failing", whales: "failing", openLetters: 9 },
];
const WELL_AGAIN = { markets: "on-time", whales: "on-time", openLetters: 9 };

test("ten minutes without the venue, then rows of another shape, then recovery: told once, replayed once, nothing lost", async () => {
  rig = await outageRig();
  const { db } = rig;
  const told = () =>
    db.notification.findMany({ orderBy: { id: "asc" }, select: { kind: true, severity: true } });
  await rig.minutes(5);
  expect(await rig.states()).toEqual({ markets: "on-time", whales: "on-time", openLetters: 0 });
  expect(await told()).toEqual([]);

  await rig.fault({ kind: "outage", match: "all" });
  const states = [];
  for (let minute = 0; minute < 10; minute++) {
    await rig.minutes(1);
    states.push(await rig.states());
  }
  expect(states).toEqual(STATES_OF_THE_OUTAGE);
  const failure = { kind: "incident", severity: "error" };
  expect(await told()).toEqual([failure]);

  await rig.clearFaults();
  rig.drift(true);
  for (let minute = 0; minute < 5; minute++) {
    await rig.minutes(1);
    expect(await rig.states()).toEqual(WELL_AGAIN);
  }
  const open = { where: { status: "open" as const } };
  expect(await db.quarantinedRow.count(open)).toBeGreaterThan(50);
  expect(await told()).toEqual([failure]);

  rig.drift(false);
  await rig.minutes(12);
  expect(await rig.states()).toEqual(WELL_AGAIN);
  expect(await db.quarantinedRow.count(open)).toBe(0);
  expect(await told()).toEqual([failure, { kind: "recovery", severity: "success" }]);
  expect(await db.deadLetterGroup.findMany()).toMatchObject([{ code: "SERVICE_UNAVAILABLE" }]);

  const filter = freeze({}, rig.time.now());
  expect(await dryRun(db, filter, JOB_EVENTS)).toMatchObject({
    replayable: 9,
    refused: [],
    jobs: [
      { functionId: "sync-whale", count: 8 },
      { functionId: "sync-markets", count: 1 },
    ],
  });
  expect(await db.deadLetter.count({ where: { requestedAt: { not: null } } })).toBe(0);

  const replayId = await startReplay(
    { db, send: rig.sendEvent },
    { name: "After the outage", filter, perMinute: 3, requestKey: "a click" },
    { targets: JOB_EVENTS, now: new Date(rig.time.now()) },
  );
  const progress = [];
  for (let minute = 0; minute < 3; minute++) {
    await rig.minutes(1);
    progress.push((await getReplay(db, replayId))?.progress);
  }
  expect(progress.map((step) => step?.succeeded)).toEqual([4, 7, 9]);
  expect(await getReplay(db, replayId)).toMatchObject({ status: "completed", total: 9 });
  expect(await db.deadLetter.count(open)).toBe(0);
  const replayed = await db.deadLetter.findMany({ select: { replayRunId: true, nextId: true } });
  expect(new Set(replayed.map(({ replayRunId }) => replayRunId)).size).toBe(9);
  expect(replayed.every(({ nextId }) => nextId === null)).toBe(true);
  expect(await told()).toHaveLength(2);

  await rig.readEverything();
  expect(await rig.difference()).toMatchObject({ missing: 0, extra: 0 });
});
