import { cron } from "inngest";
import { expect, test } from "vitest";
import { parseCron } from "./cron.ts";
import { testApp } from "./test-app.ts";

const MINUTE = 60_000;

test("a cron starts a run at each full minute with the timer's event, and missed ticks are not caught up", async () => {
  const seen: unknown[] = [];
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [cron("* * * * *")] }, async ({ event }) => {
      const { id, name, data } = event as unknown as Record<string, unknown>;
      seen.push({ id, name, data });
    }),
  ]);
  await app.engine.drain();
  expect(seen).toEqual([]);
  expect(app.engine.nextRunOf("main")).toEqual(new Date("2100-03-01T12:01:00Z"));

  app.clock.advance(MINUTE);
  await app.engine.drain();
  await app.engine.drain();
  expect(seen).toEqual([
    {
      id: "2100-03-01T12:01:00Z",
      name: "inngest/scheduled.timer",
      data: {
        cron: "* * * * *",
        scheduledAt: "2100-03-01T12:01:00Z",
        fireAt: "2100-03-01T12:01:30.000Z",
      },
    },
  ]);

  app.clock.advance(60 * MINUTE);
  await app.engine.drain();
  expect(seen).toHaveLength(2);
  expect(seen[1]).toMatchObject({ id: "2100-03-01T13:01:00Z" });
});

test("several processes start one run per tick", async () => {
  let runs = 0;
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", triggers: [cron("* * * * *"), cron("*/1 * * * *")] },
      async () => {
        runs++;
      },
    ),
  ]);
  const other = app.another();
  await other.register();
  for (let i = 0; i < 3; i++) {
    app.clock.advance(MINUTE);
    await Promise.all([app.engine.drain(), other.drain()]);
  }
  await app.engine.drain();
  expect(runs).toBe(3);
});

test("a cron runs in UTC or in the zone of its prefix", () => {
  const after = new Date("2026-01-05T00:00:00Z");
  expect(parseCron("0 9 * * 1").next(after)).toEqual(new Date("2026-01-05T09:00:00Z"));
  expect(parseCron("TZ=Europe/Paris 0 9 * * 1").next(after)).toEqual(
    new Date("2026-01-05T08:00:00Z"),
  );
  expect(parseCron("CRON_TZ=Asia/Tokyo 0 9 * * *").next(after)).toEqual(
    new Date("2026-01-06T00:00:00Z"),
  );
});

test("a local time that daylight saving skips does not fire that day", () => {
  const skipped = parseCron("TZ=Europe/Paris 30 2 * * *").next(new Date("2026-03-28T12:00:00Z"));
  expect(skipped).toEqual(new Date("2026-03-30T00:30:00Z"));
});

test("a run that is not done in time is cancelled, and onFailure does not run", async () => {
  let failures = 0;
  const app = await testApp((client) => [
    client.createFunction(
      {
        id: "main",
        triggers: [{ event: "start" }],
        timeouts: { finish: "10m" },
        onFailure: async () => {
          failures++;
        },
      },
      async ({ step }) => {
        await step.sleep("nap", "1h");
      },
    ),
  ]);
  await app.engine.send({ name: "start" });
  await app.settle(2 * 3_600_000);
  expect(await app.runs()).toMatchObject([{ status: "cancelled" }]);
  expect(app.calls).toHaveLength(1);
  expect(failures).toBe(0);
  expect(await app.engine.stats()).toEqual({ due: 0, scheduled: 0, executing: 0 });
});

test("a run that had to queue too long is cancelled without a call, even after a standstill", async () => {
  const app = await testApp((client) => [
    client.createFunction(
      { id: "main", triggers: [{ event: "start" }], timeouts: { start: "10m" } },
      async () => "ran",
    ),
  ]);
  await app.engine.send({ name: "start" });
  app.clock.advance(10 * MINUTE);
  await app.engine.drain();
  expect(app.calls).toEqual([]);
  expect(await app.runs()).toMatchObject([{ status: "cancelled" }]);

  await app.engine.send({ name: "start" });
  await app.settle(20 * MINUTE);
  expect(await app.runs()).toMatchObject([
    { status: "cancelled" },
    { status: "completed", output: "ran" },
  ]);
});
