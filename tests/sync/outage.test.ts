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

/**
 * What /syncs shows in each minute of the outage. Where two words stand, it is the order of requests that were made at the same moment
 * which decides how many tries a run is given before its minute is over.
 */
const STATES_OF_THE_OUTAGE = [
  { markets: /^on-time$/, whales: /^running$/ },
  { markets: /^on-time$/, whales: /^running$/ },
  { markets: /^on-time$/, whales: /^(running|failing)$/ },
  { markets: /^on-time$/, whales: /^(running|failing)$/ },
  { markets: /^running$/, whales: /^failing$/ },
  { markets: /^running$/, whales: /^failing$/ },
  { markets: /^(running|failing)$/, whales: /^failing$/ },
  { markets: /^failing$/, whales: /^failing$/ },
  { markets: /^failing$/, whales: /^failing$/ },
  { markets: /^failing$/, whales: /^failing$/ },
];

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
  expect(states).toMatchObject(
    STATES_OF_THE_OUTAGE.map(({ markets, whales }) => ({
      markets: expect.stringMatching(markets),
      whales: expect.stringMatching(whales),
    })),
  );
  const failure = { kind: "incident", severity: "error" };
  expect(await told()).toEqual([failure]);

  await rig.clearFaults();
  rig.drift(true);
  await rig.minutes(1);
  const letters = (await rig.states()).openLetters;
  expect(letters).toBeGreaterThan(4);
  const wellAgain = { markets: "on-time", whales: "on-time", openLetters: letters };
  for (let minute = 1; minute < 5; minute++) {
    await rig.minutes(1);
    expect(await rig.states()).toEqual(wellAgain);
  }
  const open = { where: { status: "open" as const } };
  expect(await db.quarantinedRow.count(open)).toBeGreaterThan(50);
  expect(await told()).toEqual([failure]);

  rig.drift(false);
  await rig.minutes(12);
  expect(await rig.states()).toEqual(wellAgain);
  expect(await db.quarantinedRow.count(open)).toBe(0);
  expect(await told()).toEqual([failure, { kind: "recovery", severity: "success" }]);
  expect(await db.deadLetterGroup.findMany()).toMatchObject([{ code: "SERVICE_UNAVAILABLE" }]);

  const filter = freeze({}, rig.time.now());
  expect(await dryRun(db, filter, JOB_EVENTS)).toMatchObject({
    replayable: letters,
    refused: [],
    jobs: [
      { functionId: "sync-whale", count: letters - 1 },
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
  for (let minute = 0; minute < 5; minute++) {
    await rig.minutes(1);
    progress.push((await getReplay(db, replayId))?.progress);
  }
  expect(progress.at(0)?.succeeded).toBe(4);
  expect(progress.at(-1)?.succeeded).toBe(letters);
  expect(await getReplay(db, replayId)).toMatchObject({ status: "completed", total: letters });
  expect(await db.deadLetter.count(open)).toBe(0);
  const replayed = await db.deadLetter.findMany({ select: { replayRunId: true, nextId: true } });
  expect(new Set(replayed.map(({ replayRunId }) => replayRunId)).size).toBe(letters);
  expect(replayed.every(({ nextId }) => nextId === null)).toBe(true);
  expect(await told()).toHaveLength(2);

  await rig.readEverything();
  expect(await rig.difference()).toMatchObject({ missing: 0, extra: 0 });
});
