import fc from "fast-check";
import { cron } from "inngest";
import { expect, test } from "vitest";
import { parseCron } from "../registration/cron.ts";
import { readFunctions } from "../registration/registration.ts";
import { SERVE_URL, testApp } from "../test-app.ts";
import type { FunctionDefinition } from "../types.ts";
import { createSchedule } from "./schedule.ts";

const MINUTE = 60_000;
const NOW = Date.parse("2100-03-01T12:00:30Z");
const at = (text: string) => Date.parse(`2100-03-01T${text}Z`);

/** Functions with these cron triggers. */
function define(crons: Record<string, (string | object)[]>): FunctionDefinition[] {
  const configs = Object.entries(crons).map(([id, list]) => ({
    id,
    triggers: list.map((cron) => (typeof cron === "string" ? { cron } : cron)),
    steps: { step: {} },
  }));
  return [...readFunctions("http://app.local", configs).values()];
}

const keys = (runs: { functionId: string; key: string | null }[]) =>
  runs.map(({ functionId, key }) => `${functionId} ${key?.slice(11, 16)}`);

test("a cron gives a run at each full minute, with the timer's event, once", () => {
  const schedule = createSchedule(define({ main: ["* * * * *"] }), NOW);
  expect(schedule.take(NOW)).toEqual([]);
  expect(schedule.next("main")).toBe(at("12:01:00"));
  const [run, ...others] = schedule.take(NOW + MINUTE);
  expect(others).toEqual([]);
  expect(run).toMatchObject({
    functionId: "main",
    key: "2100-03-01T12:01:00Z",
    eventIds: [],
    eventName: "inngest/scheduled.timer",
    dueAt: NOW + MINUTE,
  });
  expect(JSON.parse(run?.events ?? "")).toEqual([
    {
      name: "inngest/scheduled.timer",
      data: {
        cron: "* * * * *",
        scheduledAt: "2100-03-01T12:01:00Z",
        fireAt: "2100-03-01T12:01:30.000Z",
      },
      user: {},
      id: "2100-03-01T12:01:00Z",
      ts: NOW + MINUTE,
    },
  ]);
  expect(schedule.take(NOW + MINUTE)).toEqual([]);
});

test("ticks that were missed are not caught up, but for the last of them", () => {
  const crons = { minutes: ["* * * * *"], morning: ["0-5 8 * * *"], yearly: ["0 0 1 1 *"] };
  const schedule = createSchedule(define(crons), NOW);
  const later = NOW + 24 * 60 * MINUTE;
  expect(keys(schedule.take(later))).toEqual(["minutes 12:00", "morning 08:05"]);
  expect(schedule.next()).toBe(at("12:01:00") + 24 * 60 * MINUTE);
});

test("the last tick is found however long nobody looked", () => {
  const cron = fc.constantFrom("* * * * *", "*/7 3 * * *", "0 9 * * 1", "30 2 1 * *");
  fc.assert(
    fc.property(cron, fc.integer({ min: 1, max: 14 * 24 * 60 }), (text, minutes) => {
      const [run] = createSchedule(define({ main: [text] }), NOW).take(NOW + minutes * MINUTE);
      let last: Date | null = null;
      for (let tick = parseCron(text).next(new Date(NOW)); tick; ) {
        if (tick.getTime() > NOW + minutes * MINUTE) break;
        last = tick;
        tick = parseCron(text).next(tick);
      }
      expect(run?.key ?? null).toBe(last?.toISOString().replace(".000Z", "Z") ?? null);
    }),
    { numRuns: 30 },
  );
});

test("two crons of a function that meet in a minute give one run, those of two functions two", () => {
  const crons = { one: ["* * * * *", "*/1 * * * *"], two: ["* * * * *"] };
  const schedule = createSchedule(define(crons), NOW);
  expect(keys(schedule.take(NOW + MINUTE))).toEqual(["one 12:01", "two 12:01"]);
});

test("the next tick is known of each function and of all", () => {
  const schedule = createSchedule(define({ hour: ["0 * * * *"], day: ["0 9 * * *"] }), NOW);
  expect(schedule.next()).toBe(at("13:00:00"));
  expect(schedule.next("hour")).toBe(at("13:00:00"));
  expect(schedule.next("day")).toBe(at("09:00:00") + 24 * 60 * MINUTE);
  expect(schedule.next("other")).toBeNull();
  expect(createSchedule([], NOW).next()).toBeNull();
});

test("registering again neither loses nor repeats a tick, and drops what is gone", () => {
  const schedule = createSchedule(define({ stays: ["* * * * *"], goes: ["* * * * *"] }), NOW);
  const registration = define({ stays: ["* * * * *"], comes: ["* * * * *"] });
  schedule.replace(registration, NOW + MINUTE);
  expect(schedule.next("goes")).toBeNull();
  expect(keys(schedule.take(NOW + MINUTE))).toEqual(["stays 12:01"]);
  schedule.replace(registration, NOW + MINUTE);
  expect(schedule.take(NOW + MINUTE)).toEqual([]);
  expect(keys(schedule.take(NOW + 2 * MINUTE))).toEqual(["stays 12:02", "comes 12:02"]);
});

test("a cron with jitter starts its run somewhat later, at the same time in every process", () => {
  const functions = define({ main: [{ cron: "* * * * *", jitter: "5m" }] });
  const dueAt = () => createSchedule(functions, NOW).take(NOW + MINUTE)[0]?.dueAt ?? 0;
  expect(dueAt()).toBeGreaterThanOrEqual(NOW + MINUTE);
  expect(dueAt()).toBeLessThanOrEqual(NOW + 6 * MINUTE);
  expect(dueAt()).toBe(dueAt());
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

test.each([
  ["5/15 * * * *", "2026-01-05T00:05:00Z"],
  ["0 0 ? JAN MON-FRI", "2026-01-06T00:00:00Z"],
  ["10,20-30/5 1 * * *", "2026-01-05T01:10:00Z"],
])("cron %s ticks at %s", (text, time) => {
  expect(parseCron(text).next(new Date("2026-01-05T00:00:00Z"))).toEqual(new Date(time));
});

test.each([
  "0 0 * * 7",
  "0 0 L * *",
  "0 0 * * 1#2",
  "0 0 15W * *",
  "* * * MON *",
  "a * * * *",
  "",
  "22-2 * * * *",
])("cron %j is refused", (text) => {
  expect(() => parseCron(text)).toThrow(`cron "${text}"`);
});

test("a local time that daylight saving skips does not fire that day", () => {
  const skipped = parseCron("TZ=Europe/Paris 30 2 * * *").next(new Date("2026-03-28T12:00:00Z"));
  expect(skipped).toEqual(new Date("2026-03-30T00:30:00Z"));
});

test("several processes start one run per tick, and registering again starts none", async () => {
  const seen: string[] = [];
  const app = await testApp((client) => [
    client.createFunction({ id: "main", triggers: [cron("* * * * *")] }, async ({ event }) => {
      seen.push(String(event.id));
    }),
  ]);
  const other = app.another();
  await other.register(SERVE_URL);
  expect(app.engine.nextRunOf("main")).toEqual(new Date("2100-03-01T12:01:00Z"));
  for (let i = 0; i < 3; i++) {
    app.clock.advance(MINUTE);
    await Promise.all([app.engine.drain(), other.drain()]);
    await app.engine.register(SERVE_URL);
  }
  await app.engine.drain();
  expect(seen).toEqual([1, 2, 3].map((n) => `2100-03-01T12:0${n}:00Z`));
});
