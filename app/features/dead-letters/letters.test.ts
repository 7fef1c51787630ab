import { beforeEach, describe, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { cleanupRequested } from "~/inngest/types.ts";
import type { OutgoingEvent } from "~/lib/send.ts";
import { createRedactor } from "~/reliability/redaction.ts";
import { testDatabase } from "../../../tests/database.ts";
import {
  discardLetters,
  type FailedRun,
  recordDeadLetter,
  undoDiscard,
} from "./commands.server.ts";
import { countFree, dryRun } from "./dry-run.server.ts";
import { abortReplay, nextBatch, resumeReplay, startReplay } from "./replay.server.ts";
import type { ReplayTargets } from "./replay-event.ts";
import { getReplay, isStalled, listReplayLetters } from "./replays.server.ts";
import { releaseLetters, resolveLetters } from "./resolve.server.ts";

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
});

const NOW = new Date("2026-03-01T12:00:30.000Z");
const targets: ReplayTargets = { cleanup: [cleanupRequested] };
const everything = { until: NOW.toISOString() };

function record(number: number, run: Partial<FailedRun> = {}, database = db) {
  return recordDeadLetter(database, {
    runId: `run-${number}`,
    action: "cleanup",
    idempotencyKey: `key-${number}`,
    correlationId: `cause-${number}`,
    event: { name: "cleanup/requested", data: { trigger: "manual" } },
    stream: null,
    venue: null,
    code: "EXECUTION_FAILED",
    message: `Row ${number} could not be removed.`,
    failedAt: new Date(NOW.getTime() - 60_000 + number),
    redact: (text) => text,
    ...run,
  });
}

async function recordMany(count: number) {
  for (let number = 1; number <= count; number++) await record(number);
}

function sending() {
  const sent: OutgoingEvent[] = [];
  const send = async (event: OutgoingEvent) => {
    sent.push(event);
    return `event-${sent.length}`;
  };
  return { db, send, sent };
}

const order = (requestKey: string, perMinute = 60) => ({
  name: "All of it",
  filter: everything,
  perMinute,
  requestKey,
});

const statuses = async () =>
  (await db.deadLetter.findMany({ orderBy: { id: "asc" } })).map(({ status }) => status);

describe("recording", () => {
  test("the first letter of a cause is told as new, the next ones are not, until none is open", async () => {
    expect(await record(1)).toEqual({ letterId: 1, newGroup: true });
    expect(await record(2)).toMatchObject({ newGroup: false });
    expect(await record(3, { code: "INVALID_CONFIG" })).toMatchObject({ newGroup: true });
    expect(await db.deadLetterGroup.count()).toBe(2);
    for (const number of [1, 2]) {
      const work = { action: "cleanup", idempotencyKey: `key-${number}` };
      await resolveLetters(db, { ...work, inngestRunId: `again-${number}`, now: NOW });
    }
    expect(await record(4)).toMatchObject({ newGroup: true });
    expect(await record(5)).toMatchObject({ newGroup: false });
  });

  test("told again of a run it answers the same and keeps one letter", async () => {
    const first = await record(1);
    await record(2);
    expect(await record(1)).toEqual(first);
    const many = await Promise.all([1, 2, 3].map(() => record(7)));
    expect(new Set(many.map(({ letterId }) => letterId)).size).toBe(1);
    expect(await db.deadLetter.count()).toBe(3);
  });

  test("first and last seen span the letters, in whatever order they come", async () => {
    await record(5);
    await record(2);
    await record(9);
    expect(await db.deadLetterGroup.findMany()).toMatchObject([
      {
        firstSeenAt: new Date(NOW.getTime() - 60_000 + 2),
        lastSeenAt: new Date(NOW.getTime() - 60_000 + 9),
      },
    ]);
  });

  test("secrets stand nowhere in a letter or its group", async () => {
    const secret = 'sk-"quoted"-0123456789abcdef';
    const redact = createRedactor({ OPINION_API_KEY: secret });
    await record(1, {
      message: `refused ${secret}`,
      event: {
        name: "x",
        data: { deep: [{ url: `https://x/?key=${encodeURIComponent(secret)}` }] },
      },
      redact,
    });
    const kept = JSON.stringify([
      await db.deadLetter.findMany(),
      await db.deadLetterGroup.findMany(),
    ]);
    expect(kept).toContain("[redacted]");
    expect(kept).not.toContain("0123456789abcdef");
  });

  test("a run that fails at the work of an open letter takes its place, and both are linked", async () => {
    await record(1);
    await startReplay(sending(), order("first-key"), { targets, now: NOW });
    expect(await record(2, { idempotencyKey: "key-1" })).toEqual({ letterId: 2, newGroup: false });
    expect(await db.deadLetter.findMany({ orderBy: { id: "asc" } })).toMatchObject([
      { status: "replayed", nextId: 2, replayRunId: "run-2", replayId: 1 },
      { status: "open", nextId: null, replayId: null },
    ]);
    const replay = await getReplay(db, 1);
    expect(replay).toMatchObject({ status: "completed", progress: { failedAgain: 1 } });
  });

  test("work that another run has done before the failure is recorded leaves no open letter", async () => {
    await db.run.create({
      data: {
        action: "cleanup",
        idempotencyKey: "key-1",
        correlationId: "cause-1",
        inngestRunId: "rerun",
        status: "completed",
        startedAt: NOW,
        endedAt: NOW,
        expiresAt: NOW,
      },
    });
    expect(await record(1)).toMatchObject({ newGroup: false });
    expect(await db.deadLetter.findFirst()).toMatchObject({
      status: "replayed",
      replayRunId: "rerun",
    });
  });

  test("nor does work that is done while the letter is written", async () => {
    const late: PrismaClient = Object.create(db, {
      $queryRaw: {
        value: async (...query: Parameters<PrismaClient["$queryRaw"]>) => {
          const rows = await db.$queryRaw(...query);
          const key = { action: "cleanup", idempotencyKey: "key-1", correlationId: "cause-1" };
          const ended = { status: "completed", startedAt: NOW, endedAt: NOW } as const;
          await db.run.create({
            data: { ...key, ...ended, inngestRunId: "rerun", expiresAt: NOW },
          });
          return rows;
        },
      },
    });
    expect(await record(1, {}, late)).toEqual({ letterId: 1, newGroup: false });
    expect(await db.deadLetter.findFirst()).toMatchObject({
      status: "replayed",
      replayRunId: "rerun",
    });
  });
});

describe("discarding", () => {
  test("letters are put away with a reason, and opened again together or one by one", async () => {
    await recordMany(4);
    const discard = { reason: "Not ours", key: "discard-1", now: NOW };
    expect(await discardLetters(db, { ...everything, letter: "2" }, discard)).toBe(1);
    expect(await statuses()).toEqual(["open", "discarded", "open", "open"]);
    expect(await discardLetters(db, everything, { ...discard, key: "discard-2" })).toBe(3);
    expect(await db.deadLetter.findFirst({ where: { id: 3 } })).toMatchObject({
      discardReason: "Not ours",
      discardKey: "discard-2",
      resolvedAt: NOW,
    });
    expect(await undoDiscard(db, { key: "discard-2", letterId: 3 })).toBe(1);
    expect(await statuses()).toEqual(["discarded", "discarded", "open", "discarded"]);
    expect(await undoDiscard(db, { key: "discard-2" })).toBe(2);
    expect(await statuses()).toEqual(["open", "discarded", "open", "open"]);
    expect(await db.deadLetter.findFirst({ where: { id: 1 } })).toMatchObject({
      discardReason: null,
      discardKey: null,
      resolvedAt: null,
    });
  });

  test("a form that is sent twice discards once, also when letters have failed since", async () => {
    await recordMany(2);
    const discard = { reason: "Not ours", key: "discard-1", now: NOW };
    expect(await discardLetters(db, everything, discard)).toBe(2);
    await record(3, { failedAt: new Date(NOW.getTime() + 1) });
    expect(await discardLetters(db, everything, discard)).toBe(2);
    expect(await statuses()).toEqual(["discarded", "discarded", "open"]);
  });

  test("more letters than one statement takes are all discarded and all opened again", async () => {
    await record(1);
    await db.$executeRaw`
      INSERT INTO dead_letter (run_id, function_id, idempotency_key, correlation_id, event, error_code, error_message, fingerprint, failed_at)
      SELECT 'many-' || n, 'cleanup', 'many-' || n, 'c', event, error_code, error_message, fingerprint, failed_at
      FROM dead_letter, generate_series(1, 1200) n`;
    const discard = { reason: "All of them", key: "discard-1", now: NOW };
    expect(await discardLetters(db, everything, discard)).toBe(1201);
    expect(await undoDiscard(db, { key: "discard-1" })).toBe(1201);
  });

  test("what a running replay has is left to it", async () => {
    await recordMany(2);
    await startReplay(
      sending(),
      { ...order("first-key"), filter: { ...everything, letter: "1" } },
      {
        targets,
        now: NOW,
      },
    );
    expect(await countFree(db, everything)).toBe(1);
    const discard = { reason: "Not ours", key: "discard-1", now: NOW };
    expect(await discardLetters(db, everything, discard)).toBe(1);
    expect(await statuses()).toEqual(["open", "discarded"]);
  });
});

describe("replaying", () => {
  test("a dry run says what would be done and what cannot, and changes nothing", async () => {
    await recordMany(3);
    await record(4, { action: "sync-planets", stream: "opinion markets" });
    await record(5, { event: null });
    await record(6, { failedAt: new Date(NOW.getTime() + 1) });
    const before = await db.deadLetter.findMany();
    expect(await dryRun(db, everything, targets)).toEqual({
      replayable: 3,
      more: false,
      taken: 0,
      jobs: [
        {
          functionId: "cleanup",
          eventName: "cleanup/requested",
          count: 3,
          streams: [],
          more: 0,
        },
      ],
      refused: [
        { why: "No job sync-planets can be asked to run.", count: 1, letterIds: [4] },
        { why: "Its event cannot be read.", count: 1, letterIds: [5] },
      ],
    });
    expect(await db.deadLetter.findMany()).toEqual(before);
    expect(await db.replay.count()).toBe(0);
  });

  test("of two replays of the same letters at once each letter is in one", async () => {
    await recordMany(30);
    const one = sending();
    const other = sending();
    const started = await Promise.allSettled([
      startReplay(one, order("first-key"), { targets, now: NOW }),
      startReplay(other, order("second-key"), { targets, now: NOW }),
    ]);
    const replays = await db.replay.findMany();
    const totals = replays.reduce((sum, { total }) => sum + total, 0);
    expect(totals).toBe(30);
    expect(await db.deadLetter.count({ where: { replayId: null } })).toBe(0);
    expect(started.filter(({ status }) => status === "fulfilled")).toHaveLength(replays.length);
    expect(one.sent.length + other.sent.length).toBe(replays.length);
    expect((await dryRun(db, everything, targets)).taken).toBe(30);
  });

  test("asked twice with one key it starts once, also at the same moment", async () => {
    await recordMany(3);
    const asking = sending();
    const start = () => startReplay(asking, order("first-key"), { targets, now: NOW });
    const ids = [...(await Promise.all([start(), start()])), await start()];
    expect(new Set(ids).size).toBe(1);
    expect(await db.replay.findMany()).toMatchObject([{ total: 3, status: "running" }]);
    // The engine takes an id once.
    expect(new Set(asking.sent.map(({ id }) => id))).toEqual(new Set(["replay-1"]));
  });

  test("where nothing can be replayed none is started, and the person is told", async () => {
    await record(1, { action: "sync-planets" });
    const start = startReplay(sending(), order("first-key"), { targets, now: NOW });
    await expect(start).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(await db.replay.count()).toBe(0);
  });

  test("an event that is not taken leaves a replay that goes on when asked again", async () => {
    await recordMany(2);
    const down = async () => {
      throw new Error("down");
    };
    const failing = startReplay({ db, send: down }, order("first-key"), { targets, now: NOW });
    await expect(failing).rejects.toThrow("down");
    const later = NOW.getTime() + 10 * 60_000;
    const replay = await getReplay(db, 1);
    expect(replay && [isStalled(replay, NOW.getTime()), isStalled(replay, later)]).toEqual([
      false,
      true,
    ]);
    const asking = sending();
    expect(await resumeReplay(asking, 1)).toBe(true);
    expect(await startReplay(asking, order("first-key"), { targets, now: NOW })).toBe(1);
    expect(asking.sent.map(({ data }) => data)).toEqual([{ replayId: 1 }, { replayId: 1 }]);
  });

  test("an aborted replay asks for nothing more; what it had not asked for is free, the rest goes on", async () => {
    await recordMany(5);
    await startReplay(sending(), order("first-key"), { targets, now: NOW });
    await db.deadLetter.updateMany({ where: { id: { lte: 2 } }, data: { requestedAt: NOW } });
    expect(await abortReplay(db, 1, NOW)).toBe(true);
    expect(await abortReplay(db, 1, NOW)).toBe(false);
    expect(await nextBatch(db, 1, 10, { targets, now: NOW })).toMatchObject({ over: true });
    expect(await countFree(db, everything)).toBe(5);
    await resolveLetters(db, {
      action: "cleanup",
      idempotencyKey: "key-1",
      inngestRunId: "again",
      now: NOW,
    });
    expect(await getReplay(db, 1)).toMatchObject({
      status: "aborted",
      progress: { waiting: 0, running: 1, succeeded: 1, failedAgain: 0, released: 3 },
    });
    expect(await resumeReplay(sending(), 1)).toBe(false);
  });

  test("a replay ends with its last letter, also when the last two end at once", async () => {
    await recordMany(2);
    await startReplay(sending(), order("first-key"), { targets, now: NOW });
    const resolve = (number: number) =>
      resolveLetters(db, {
        action: "cleanup",
        idempotencyKey: `key-${number}`,
        inngestRunId: `again-${number}`,
        now: NOW,
      });
    await Promise.all([resolve(1), resolve(2)]);
    expect(await getReplay(db, 1)).toMatchObject({
      status: "completed",
      finishedAt: NOW.toISOString(),
    });
    const { data } = await listReplayLetters(db, { replayId: 1, limit: 1 });
    expect(data).toMatchObject([{ outcome: "succeeded", replayRunId: "again-1" }]);
  });

  test("a replay ends although the app was cut off between its last letter and its end", async () => {
    await recordMany(1);
    await startReplay(sending(), order("first-key"), { targets, now: NOW });
    await db.deadLetter.updateMany({ data: { status: "replayed", resolvedAt: NOW } });
    // The step that was cut off is executed again.
    const work = { action: "cleanup", idempotencyKey: "key-1", now: NOW };
    await resolveLetters(db, { ...work, inngestRunId: "again" });
    expect(await getReplay(db, 1)).toMatchObject({ status: "completed" });
  });

  test("the same where its last letter was freed, failed again, or left it before its job was cut off", async () => {
    const steps = [
      () => releaseLetters(db, { action: "cleanup", idempotencyKey: "key-1", now: NOW }),
      () => record(1),
      () => nextBatch(db, 1, 10, { targets, now: NOW }),
    ];
    await record(1);
    for (const again of steps) {
      await db.replay.deleteMany();
      await db.$executeRaw`
        INSERT INTO replay (id, name, filter, request_key, per_minute, total, created_at)
        VALUES (1, 'All of it', '{}', 'key', 60, 1, ${NOW}::timestamptz)`;
      await again();
      expect(await getReplay(db, 1)).toMatchObject({ status: "completed" });
    }
  });

  test("a replay that was cut off while it claimed its letters goes on with those, and ends with them", async () => {
    await recordMany(2);
    await db.$executeRaw`
      INSERT INTO replay (name, filter, request_key, per_minute, total, created_at)
      VALUES ('All of it', '{}', 'key', 60, 0, ${NOW}::timestamptz)`;
    await db.deadLetter.updateMany({ where: { id: 1 }, data: { replayId: 1 } });
    expect(await resumeReplay(sending(), 1)).toBe(true);
    const work = { action: "cleanup", idempotencyKey: "key-1", now: NOW };
    await resolveLetters(db, { ...work, inngestRunId: "again" });
    expect(await getReplay(db, 1)).toMatchObject({ status: "completed", total: 1 });
  });

  test("a replay whose letters are still being claimed is not over", async () => {
    await recordMany(2);
    await db.$executeRaw`
      INSERT INTO replay (name, filter, request_key, per_minute, total, created_at)
      VALUES ('All of it', '{}', 'key', 60, 0, ${NOW}::timestamptz)`;
    const work = { action: "cleanup", idempotencyKey: "key-1", now: NOW };
    await resolveLetters(db, { ...work, inngestRunId: "again" });
    expect(await getReplay(db, 1)).toMatchObject({ status: "running" });
  });

  test("a replay whose job has failed again can be asked to go on again", async () => {
    await recordMany(1);
    const asking = sending();
    await startReplay(asking, order("first-key"), { targets, now: NOW });
    await resumeReplay(asking, 1);
    await resumeReplay(asking, 1);
    await db.run.create({
      data: {
        action: "replay-dead-letters",
        subject: "1",
        idempotencyKey: "replay-1-go-on-0",
        correlationId: "c",
        inngestRunId: "job-that-failed",
        status: "failed",
        startedAt: NOW,
        expiresAt: NOW,
      },
    });
    await resumeReplay(asking, 1);
    const [, first, clickedTwice, afterFailure] = asking.sent.map(({ id }) => id);
    expect(clickedTwice).toBe(first);
    expect(afterFailure).not.toBe(first);
  });

  test("a letter whose run was cancelled is open and free, and the replay does not wait for it", async () => {
    await recordMany(1);
    await startReplay(sending(), order("first-key"), { targets, now: NOW });
    await db.deadLetter.updateMany({ data: { requestedAt: NOW } });
    await releaseLetters(db, { action: "cleanup", idempotencyKey: "key-1", now: NOW });
    expect(await countFree(db, everything)).toBe(1);
    expect(await getReplay(db, 1)).toMatchObject({
      status: "completed",
      progress: { released: 1 },
    });
  });

  test("a letter whose job is gone by its turn leaves the replay", async () => {
    await recordMany(2);
    await startReplay(sending(), order("first-key"), { targets, now: NOW });
    expect(await nextBatch(db, 1, 10, { targets: {}, now: NOW })).toMatchObject({ events: [] });
    expect(await getReplay(db, 1)).toMatchObject({
      status: "completed",
      progress: { released: 2 },
    });
  });
});
