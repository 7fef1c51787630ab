import { fork } from "node:child_process";
import { once } from "node:events";
import { beforeEach, expect, test } from "vitest";
import { rerun } from "~/features/runs/commands.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import {
  type ActionStart,
  completeRun,
  ensureIdempotent,
  holdRun,
  markRunAsFailed,
  releaseRun,
} from "~/reliability/idempotency.server.ts";
import { type TestDatabase, testDatabase } from "../database.ts";
import type { Claims } from "./claim-runs.ts";

let database: TestDatabase;
let db: PrismaClient;
beforeEach(async () => {
  database = await testDatabase();
  db = database.db;
  await database.reset();
});

const NOW = new Date("2026-08-01T12:00:00Z");
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);

/** A call of the run with that Inngest id, for the same work as every other, allowed to last a minute. */
const start = (inngestRunId: string, changes: Partial<ActionStart> = {}): ActionStart => ({
  action: "sync-markets",
  idempotencyKey: "event-1",
  correlationId: `cause of ${inngestRunId}`,
  inngestRunId,
  now: NOW,
  expiresAt: at(60),
  ...changes,
});
const failure = { code: "SERVICE_UNAVAILABLE", message: "The venue is down." } as const;

test("of 200 calls with one key at the same moment one gets the work, the others learn who has it", async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) => ensureIdempotent(db, start(`run-${n}`))),
  );
  const started = answers.filter(({ state }) => state === "started");
  expect(started).toHaveLength(1);
  expect(answers.filter(({ state }) => state === "running")).toHaveLength(199);
  expect(new Set(answers.map(({ inngestRunId }) => inngestRunId))).toEqual(
    new Set([started[0]?.inngestRunId]),
  );
  expect(await db.run.count()).toBe(1);
});

/** A process of its own that asks for the work as often as it is told, when told. */
async function claimer(claims: Claims) {
  const child = fork("tests/database/claim-runs.ts", [JSON.stringify(claims)], {
    execArgv: ["--import", "tsx"],
  });
  await once(child, "message");
  return async (): Promise<{ id: number; state: string }[]> => {
    child.send("go");
    const [answers] = await once(child, "message");
    await once(child, "exit");
    return answers;
  };
}

test("the same from two processes: one run, whoever inserted it", { timeout: 60_000 }, async () => {
  const { connection } = database;
  const claims = { connection, key: "event-1", count: 100 };
  const processes = await Promise.all(
    ["left", "right"].map((name) => claimer({ ...claims, name })),
  );
  const answers = (await Promise.all(processes.map((claim) => claim()))).flat();
  expect(answers.map(({ state }) => state).sort()).toEqual([
    ...Array.from({ length: 199 }, () => "running"),
    "started",
  ]);
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  expect(await db.run.count()).toBe(1);
});

test("different keys and different actions do not stand in each other's way", async () => {
  const states = await Promise.all([
    ensureIdempotent(db, start("a")),
    ensureIdempotent(db, start("b", { idempotencyKey: "event-2" })),
    ensureIdempotent(db, start("c", { action: "sync-whales" })),
  ]);
  expect(states.map(({ state }) => state)).toEqual(["started", "started", "started"]);
});

test("who comes later gets the result of the run that did the work", async () => {
  const { id } = await ensureIdempotent(db, start("a"));
  expect(await ensureIdempotent(db, start("b"))).toMatchObject({ id, state: "running" });
  await completeRun(db, id, { counts: { new: 3 } }, at(5));
  expect(await ensureIdempotent(db, start("b", { now: at(86_400) }))).toEqual({
    id,
    inngestRunId: "a",
    correlationId: "cause of a",
    previousId: null,
    startedAt: NOW,
    state: "completed",
    result: { counts: { new: 3 } },
  });
  expect(await db.run.findUniqueOrThrow({ where: { id } })).toMatchObject({
    status: "completed",
    endedAt: at(5),
  });
});

test("a result may be nothing at all, or hold characters that Postgres refuses", async () => {
  for (const [name, result, kept] of [
    ["a", undefined, null],
    ["b", null, null],
    ["c", { note: "a\u0000b \ud800" }, { note: "a\ufffdb \ufffd" }],
  ] as const) {
    const { id } = await ensureIdempotent(db, start(name, { idempotencyKey: name }));
    await completeRun(db, id, result, at(1));
    const again = await ensureIdempotent(db, start("again", { idempotencyKey: name }));
    expect(again).toMatchObject({ state: "completed", result: kept });
  }
});

test("the same Inngest run resumes its own, whatever has become of it", async () => {
  const { id } = await ensureIdempotent(db, start("a"));
  expect(await ensureIdempotent(db, start("a", { now: at(30) }))).toMatchObject({
    id,
    state: "resumed",
    startedAt: NOW,
  });
  expect(await ensureIdempotent(db, start("a", { now: at(3_600) })), "past its time").toMatchObject(
    { id, state: "resumed" },
  );
  await completeRun(db, id, "done", at(40));
  expect(await ensureIdempotent(db, start("a"))).toMatchObject({
    id,
    state: "completed",
    result: "done",
  });
  const other = await ensureIdempotent(db, start("b", { idempotencyKey: "event-2" }));
  await markRunAsFailed(db, "b", failure, at(50));
  expect(await ensureIdempotent(db, start("b", { idempotencyKey: "event-2" }))).toMatchObject({
    id: other.id,
    state: "superseded",
  });
});

test("after a failed or cancelled run the next one does the work again and is linked to it", async () => {
  const first = await ensureIdempotent(db, start("a"));
  await markRunAsFailed(db, "a", failure, at(1));
  const second = await ensureIdempotent(db, start("b"));
  expect(second).toMatchObject({ state: "started", previousId: first.id });
  await markRunAsFailed(db, "b", failure, at(2), "cancelled");
  const third = await ensureIdempotent(db, start("c"));
  expect(third).toMatchObject({ state: "started", previousId: second.id });
  expect(await ensureIdempotent(db, start("c"))).toMatchObject({ previousId: second.id });
  expect(await db.run.findMany({ orderBy: { id: "asc" } })).toMatchObject([
    { status: "failed", errorCode: failure.code, errorMessage: failure.message, endedAt: at(1) },
    { status: "cancelled", endedAt: at(2) },
    { status: "running", previousId: second.id },
  ]);
});

test("how a run ended is said once: nothing said later changes it", async () => {
  const { id } = await ensureIdempotent(db, start("a"));
  await completeRun(db, id, "first", at(1));
  await completeRun(db, id, "second", at(2));
  await markRunAsFailed(db, "a", failure, at(3));
  expect(await db.run.findUniqueOrThrow({ where: { id } })).toMatchObject({
    status: "completed",
    result: "first",
    endedAt: at(1),
    errorCode: null,
  });
  await markRunAsFailed(db, "nobody", failure, at(3));
});

test("a run that is past its time was cut off: it is closed as failed and the next one does its work", async () => {
  const { id } = await ensureIdempotent(db, start("a"));
  expect((await ensureIdempotent(db, start("b", { now: at(59) }))).state).toBe("running");
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      ensureIdempotent(db, start(`late-${n}`, { now: at(60), expiresAt: at(120) })),
    ),
  );
  const started = answers.filter(({ state }) => state === "started");
  expect(started).toHaveLength(1);
  expect(started[0]).toMatchObject({ previousId: id });
  expect(answers.filter(({ state }) => state === "running")).toHaveLength(19);
  expect(await db.run.findUniqueOrThrow({ where: { id } })).toMatchObject({
    status: "failed",
    endedAt: at(60),
    errorCode: "EXECUTION_FAILED",
    errorMessage: expect.stringMatching(/^cut off: it should have ended by 2026-08-01T12:01:00/),
  });
});

test("a person's wish frees the key of a completed run, once; one that is at work keeps it", async () => {
  const first = await ensureIdempotent(db, start("a"));
  await releaseRun(db, "a");
  expect((await ensureIdempotent(db, start("b"))).state).toBe("running");
  await completeRun(db, first.id, "done", at(1));
  await releaseRun(db, "a");
  const second = await ensureIdempotent(db, start("b"));
  expect(second).toMatchObject({ state: "started", previousId: first.id });
  expect((await ensureIdempotent(db, start("c"))).state).toBe("running");
  expect(await ensureIdempotent(db, start("a")), "its own work is done").toMatchObject({
    state: "completed",
    result: "done",
  });
});

test("work that a person wanted done again and nobody took up stays done; work that was taken up stays with who has it", async () => {
  const { id } = await ensureIdempotent(db, start("a"));
  await completeRun(db, id, { pages: 1 }, NOW);
  expect(await rerun({ db, engine: { rerun: async () => null } }, "a")).toBeNull();
  expect(await ensureIdempotent(db, start("b"))).toMatchObject({
    state: "completed",
    result: { pages: 1 },
  });
  await releaseRun(db, "a");
  expect(await ensureIdempotent(db, start("c"))).toMatchObject({ state: "started" });
  await holdRun(db, "a");
  expect(await ensureIdempotent(db, start("d"))).toMatchObject({
    state: "running",
    inngestRunId: "c",
  });
});
