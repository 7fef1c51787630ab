import { afterEach, expect, test, vi } from "vitest";
import { pauseJob, resumeJob } from "~/features/syncs/pause.server.ts";
import { SYNC_TYPES, type SyncType } from "~/features/syncs/schedule.ts";
import { demoRig } from "./demo-rig.ts";
import { outageRig } from "./outage-rig.ts";

vi.setConfig({ testTimeout: 90_000 });

let close: (() => Promise<void>) | undefined;
afterEach(async () => {
  await close?.();
  close = undefined;
});

const EVENTS: Record<SyncType, string> = {
  markets: "sync/markets.requested",
  whales: "sync/whales.requested",
  discovery: "sync/discovery.requested",
  stats: "stats/compute.requested",
  cleanup: "cleanup/requested",
};

test("every job that is paused skips what the start of the app asks for, and does what a person asks for", async () => {
  const rig = await demoRig();
  close = rig.close;
  await rig.run(EVENTS.discovery, { trigger: "manual" });
  const now = new Date(rig.clock.now());
  for (const type of SYNC_TYPES) await pauseJob(rig.db, { type, reason: "moving", now });
  await rig.db.syncLog.deleteMany();
  for (const type of SYNC_TYPES) await rig.run(EVENTS[type], { trigger: "start" });
  const skipped = await rig.db.syncLog.findMany({ orderBy: { id: "asc" } });
  expect(skipped.map(({ type }) => type).toSorted()).toEqual(SYNC_TYPES.toSorted());
  for (const run of skipped) {
    expect(run).toMatchObject({ status: "skipped", requests: 0, errorCode: null });
    expect(run.note).toBe("The schedule is paused since 2100-03-01 12:00:30 UTC: moving");
  }
  for (const type of SYNC_TYPES) await rig.run(EVENTS[type], { trigger: "manual" });
  const done = await rig.db.syncLog.findMany({ where: { trigger: "manual" } });
  expect(done.map(({ type, status }) => [type, status]).toSorted()).toEqual(
    SYNC_TYPES.map((type) => [type, "completed"]).toSorted(),
  );
});

test("ticks of a paused schedule are one row and read nothing; after it nothing is missing", async () => {
  const rig = await outageRig();
  close = rig.close;
  const { db, time, venue } = rig;
  const since = (at: Date) => db.trade.count({ where: { tradedAt: { gte: at } } });
  await rig.minutes(3);
  const paused = new Date(time.now());
  await pauseJob(db, { type: "whales", reason: null, now: paused });
  await rig.minutes(5);
  const resumed = new Date(time.now());
  const made = venue.world
    .trades()
    .list.filter(({ createdAt }) => createdAt * 1000 >= paused.getTime()).length;
  expect(made).toBeGreaterThan(20);
  expect(await since(new Date(paused.getTime() + 1_000))).toBe(0);
  const skipped = await db.syncLog.findMany({
    where: { type: "whales", note: { startsWith: "The schedule is paused" } },
  });
  expect(skipped).toMatchObject([{ status: "skipped", trigger: "cron", requests: 0 }]);
  const [first] = skipped;
  const ticking = Number(first?.finishedAt) - Number(first?.startedAt);
  expect(ticking).toBeGreaterThanOrEqual(3 * 60_000);
  expect(await rig.states()).toMatchObject({ whales: "paused" });

  await resumeJob(db, "whales", resumed);
  await rig.minutes(3);
  expect((await rig.states()).whales).not.toBe("paused");
  const found = await db.trade.count({ where: { tradedAt: { gte: paused, lte: resumed } } });
  expect(found).toBeGreaterThanOrEqual(made);
});
