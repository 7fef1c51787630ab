import { beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { testDatabase } from "../../../tests/database.ts";
import { listening } from "../../../tests/live/listening.ts";
import { markAllRead, markRead } from "./commands.server.ts";
import type { Standing } from "./incident.ts";
import { standingKeys, takeLook, undelivered, watchedSince } from "./look.server.ts";
import { raiseIncident } from "./raise.server.ts";

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
});

const BEGIN = Date.parse("2026-03-01T12:00:00Z");
const at = (minute: number) => new Date(BEGIN + minute * 60_000);

function standing(key: string, options: Partial<Standing> = {}): Standing {
  const scope = "opinion";
  return {
    key,
    scope,
    severity: "warning",
    title: `T ${key}`,
    text: `${key}.`,
    link: null,
    ...options,
  };
}

const OLD = standing("data-old:whales");
const FAILING = standing("job-failing:whales", { severity: "error" });
const LETTERS = standing("dead-letters:a", { severity: "error", link: "/dead-letters/1" });

const told = () =>
  db.notification.findMany({
    orderBy: { id: "asc" },
    select: {
      id: true,
      kind: true,
      severity: true,
      scope: true,
      title: true,
      body: true,
      resolvedAt: true,
      incidentId: true,
    },
  });

test("what stands at once, and what joins later, is one incident; its end is told once", async () => {
  await takeLook(db, [OLD], at(0));
  await takeLook(db, [OLD, FAILING], at(1));
  expect(await raiseIncident(db, { ...LETTERS, now: at(1.5) })).toEqual({ notificationId: null });
  await takeLook(db, [FAILING], at(2));
  await takeLook(db, [], at(3));
  await takeLook(db, [], at(4));
  expect(await told()).toHaveLength(1);
  await takeLook(db, [], at(5));
  await takeLook(db, [], at(6));
  const [incident, recovery, ...more] = await told();
  expect(more).toEqual([]);
  expect(incident).toMatchObject({
    kind: "incident",
    severity: "error",
    title: "T data-old:whales",
    body: "data-old:whales.\njob-failing:whales.\ndead-letters:a.",
    resolvedAt: at(5),
  });
  expect(recovery).toMatchObject({
    kind: "recovery",
    severity: "success",
    title: "Over: T data-old:whales",
    incidentId: incident?.id,
    resolvedAt: null,
  });
  expect(recovery?.body).toBe(
    "It works again, 5 min after it was told at 2026-03-01 12:00Z. What was wrong: Whale trades late, Whale trades failing.",
  );
});

test("an incident that is over because its job was paused does not say that it works again", async () => {
  await takeLook(db, [OLD, FAILING], at(0));
  await db.jobPause.create({ data: { type: "whales", pausedAt: at(1), reason: null } });
  await takeLook(db, [], at(2));
  await takeLook(db, [], at(4));
  const [incident, recovery] = await told();
  expect(incident).toMatchObject({ resolvedAt: at(4) });
  expect(recovery).toMatchObject({
    kind: "recovery",
    severity: "info",
    title: "Paused: T job-failing:whales",
    body: "Its schedule is paused, so nothing is expected of it, 4 min after it was told at 2026-03-01 12:00Z. What was wrong: Whale trades late, Whale trades failing.",
  });
});

test("scopes are told apart", async () => {
  const ofApp = standing("job-failing:stats", { scope: "app" });
  await takeLook(db, [OLD, ofApp], at(0));
  await takeLook(db, [ofApp], at(1));
  await takeLook(db, [ofApp], at(3));
  expect((await told()).map(({ kind, scope }) => [kind, scope])).toEqual([
    ["incident", "opinion"],
    ["incident", "app"],
    ["recovery", "opinion"],
  ]);
});

test("a look that is taken again, and many at once, tell once", async () => {
  await Promise.all(Array.from({ length: 5 }, () => takeLook(db, [OLD, FAILING], at(0))));
  await takeLook(db, [OLD, FAILING], at(0));
  expect(await told()).toHaveLength(1);
  expect(await standingKeys(db)).toEqual(new Set(["data-old:whales", "job-failing:whales"]));
  await takeLook(db, [], at(1));
  await Promise.all(Array.from({ length: 5 }, () => takeLook(db, [], at(3))));
  expect((await told()).map(({ kind }) => kind)).toEqual(["incident", "recovery"]);
});

test("many happenings at once, with looks between them, are one incident", async () => {
  const all = Array.from({ length: 4 }, (_, n) => [
    raiseIncident(db, { ...standing(`dead-letters:${n}`), now: at(0) }),
    takeLook(db, [OLD], at(0)),
  ]);
  await Promise.all(all.flat());
  const [incident, ...more] = await told();
  expect(more).toEqual([]);
  expect(incident?.body.split("\n")).toHaveLength(5);
});

test("a happening of its own is told, and closes without a word", async () => {
  const first = await raiseIncident(db, { ...LETTERS, now: at(0) });
  expect(first.notificationId).not.toBeNull();
  expect(await raiseIncident(db, { ...LETTERS, now: at(0) })).toEqual({ notificationId: null });
  await takeLook(db, [], at(9));
  expect((await told())[0]?.resolvedAt).toBeNull();
  await takeLook(db, [], at(10));
  expect(await told()).toMatchObject([{ kind: "incident", resolvedAt: at(10) }]);
  expect((await raiseIncident(db, { ...LETTERS, now: at(11) })).notificationId).not.toBeNull();
});

test("a condition that comes back within its incident is not told, and keeps the time it began", async () => {
  await takeLook(db, [OLD], at(0));
  await takeLook(db, [], at(1));
  await takeLook(db, [OLD], at(2));
  await takeLook(db, [], at(3));
  await takeLook(db, [OLD], at(4));
  expect(await told()).toHaveLength(1);
  const condition = await db.condition.findUniqueOrThrow({ where: { key: OLD.key } });
  expect(condition).toMatchObject({ raisedAt: at(0), clearedAt: null });
});

test("an incident that keeps coming back must be over for longer before it counts as over", async () => {
  const lengths: number[] = [];
  let minute = 0;
  for (let n = 0; n < 4; n++) {
    await takeLook(db, [OLD], at(minute++));
    const begin = minute;
    for (;;) {
      await takeLook(db, [], at(minute++));
      const open = await db.notification.count({ where: { kind: "incident", resolvedAt: null } });
      if (open === 0) break;
    }
    lengths.push(minute - 1 - begin);
  }
  expect(lengths).toEqual([2, 3, 6, 12]);
});

test("what was written and never sent is found again, for an hour", async () => {
  await takeLook(db, [OLD], at(0));
  const [{ id } = { id: 0 }] = await told();
  expect(await undelivered(db, at(1))).toEqual([id]);
  expect(await undelivered(db, at(61))).toEqual([]);
  await db.run.create({
    data: {
      action: "deliver-notification",
      idempotencyKey: `notification-${id}`,
      correlationId: "c",
      inngestRunId: "r",
      startedAt: at(1),
      expiresAt: at(2),
    },
  });
  expect(await undelivered(db, at(2))).toEqual([]);
});

test("the app has watched since the first look that no gap follows", async () => {
  expect(await watchedSince(db, at(0))).toEqual(at(0));
  for (const minute of [0, 1, 20, 21, 22]) {
    await db.run.create({
      data: {
        action: "check-health",
        idempotencyKey: `tick-${minute}`,
        correlationId: "c",
        inngestRunId: `r-${minute}`,
        startedAt: at(minute),
        expiresAt: at(minute + 5),
      },
    });
  }
  expect(await watchedSince(db, at(23))).toEqual(at(20));
  expect(await watchedSince(db, at(30))).toEqual(at(30));
});

test("open pages are told of what changes, and of nothing else", async () => {
  const { during, stop } = await listening(await testDatabase());
  const told = ["notifications"];
  expect(await during(() => takeLook(db, [], at(0)))).toEqual([]);
  expect(await during(() => takeLook(db, [OLD], at(0)))).toEqual(told);
  expect(await during(() => takeLook(db, [OLD], at(1)))).toEqual([]);
  expect(await during(() => takeLook(db, [OLD, FAILING], at(2)))).toEqual(told);
  expect(await during(() => raiseIncident(db, { ...LETTERS, now: at(2) }))).toEqual(told);
  expect(await during(() => takeLook(db, [], at(3)))).toEqual(told);
  expect(await during(() => takeLook(db, [], at(5)))).toEqual(told);
  expect(await during(() => markRead(db, 1, at(5)))).toEqual(told);
  expect(await during(() => markAllRead(db, 2, at(5)))).toEqual(told);
  await stop();
});
