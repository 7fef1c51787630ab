import { expect, test } from "vitest";
import { createInngest, type JobDeps } from "~/inngest/client.ts";
import { createFunctions } from "~/inngest/functions/index.ts";
import { JOB_EVENTS } from "~/inngest/job-events.ts";
import { createLogger } from "~/lib/logger.server.ts";
import { outgoingEventOf, replayEventOf } from "./replay-event.ts";
import { lengthOf, paceOf, RATES } from "./replay-pace.ts";

const keys = { idempotencyKey: "whale-1-7", correlationId: "01ARZ" };
const data = { syncLogId: 1, whaleId: 7, rereadNow: false };

const letter = {
  id: 12,
  functionId: "sync-whale",
  ...keys,
  event: { id: "whale-1-7", name: "sync/whale.requested", data, ts: 1, user: {} },
};

test("a letter is replayed by the same event with the keys of its run", () => {
  expect(outgoingEventOf(3, letter, JOB_EVENTS)).toEqual({
    name: "sync/whale.requested",
    data: { ...data, origin: keys },
    id: "replay-3-12",
  });
});

test("a letter of a replay or of a rerun keeps the keys of the first run", () => {
  const again = {
    ...letter,
    event: { ...letter.event, data: { ...data, origin: { idempotencyKey: "x" } } },
  };
  expect(replayEventOf(again, JOB_EVENTS)).toMatchObject({ data: { origin: keys } });
});

test("what a person or the clock asked for says that it is a replay", () => {
  const job = { functionId: "sync-markets", ...keys };
  const byHand = { name: "sync/markets.requested", data: { trigger: "manual" } };
  const tick = { name: "inngest/scheduled.timer", data: { cron: "*/5 * * * *" } };
  for (const event of [byHand, tick]) {
    expect(replayEventOf({ ...job, event }, JOB_EVENTS)).toEqual({
      name: "sync/markets.requested",
      data: { trigger: "replay", origin: keys },
    });
  }
});

test.each([
  ["a job that is gone", { functionId: "sync-planets" }, /No job sync-planets/],
  ["a name from an object's prototype", { functionId: "constructor" }, /No job constructor/],
  ["the recording of failures", { functionId: "record-failure" }, /No job record-failure/],
  ["an event without a name", { event: { data } }, /cannot be read/],
  ["no event at all", { event: null }, /cannot be read/],
  ["an event of another job", { event: { name: "cleanup/requested", data } }, /does not start/],
  ["data that is no object", { event: { name: "sync/whale.requested", data: [1] } }, /no object/],
  [
    "data that the job does not take",
    { event: { name: "sync/whale.requested", data: { ...data, whaleId: "seven" } } },
    /not valid: whaleId/,
  ],
])("%s cannot be replayed, and the reason is said", (_, changes, why) => {
  const event = replayEventOf({ ...letter, ...changes }, JOB_EVENTS);
  expect(event).toEqual({ refused: expect.stringMatching(why) });
  expect(outgoingEventOf(3, { ...letter, ...changes }, JOB_EVENTS)).toBeNull();
});

test("every job of the app can be asked for again, save the recording of failures", () => {
  const client = createInngest({ logger: createLogger("silent") } as JobDeps);
  const declared = createFunctions(client).map(({ opts }): Declared => opts);
  const known = declared.filter(({ id }) => id !== "record-failure");
  for (const { id, triggers = [] } of known) {
    const events = triggers.flatMap(({ event }) => (event === undefined ? [] : [nameOf(event)]));
    expect([id, JOB_EVENTS[id]?.map(({ name }) => name)]).toEqual([id, events]);
  }
  expect(Object.keys(JOB_EVENTS).sort()).toEqual(known.map(({ id }) => id).sort());
});

type Declared = { id: string; triggers?: Trigger[] };
type Trigger = { cron?: string; event?: string | { name: string } };

function nameOf(event: string | { name: string }): string {
  return typeof event === "string" ? event : event.name;
}

test("a replay never goes faster than its rate, and its length is what it takes", () => {
  for (let perMinute: number = RATES.least; perMinute <= RATES.most; perMinute++) {
    const { batch, everyMs } = paceOf(perMinute);
    expect(batch).toBeGreaterThan(0);
    expect((batch * 60_000) / everyMs).toBeLessThanOrEqual(perMinute);
    expect(everyMs).toBeLessThanOrEqual(60_000);
  }
  expect(paceOf(60)).toEqual({ batch: 10, everyMs: 10_000 });
  expect(lengthOf(10, 60)).toBe(0);
  expect(lengthOf(11, 60)).toBe(10_000);
  expect(lengthOf(600, 60)).toBe(590_000);
});
