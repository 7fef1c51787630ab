import { beforeEach, describe, expect, test } from "vitest";
import { testDatabase } from "../../../tests/database.ts";
import { claimDueWhales } from "../whales/claim.server.ts";
import {
  closeOverdueSyncs,
  closeSync,
  failSync,
  markExecuting,
  openSync,
  type SyncStart,
  skipSync,
} from "./sync-log.server.ts";
import { beginPart, NO_COUNTS, noteFailedAttempt, reportPart } from "./sync-parts.server.ts";

const { db, reset } = await testDatabase();
const T0 = Date.UTC(2026, 5, 1);
const at = (seconds: number) => new Date(T0 + seconds * 1000);
const start = (runId: string, seconds = 0, type: SyncStart["type"] = "markets"): SyncStart => ({
  runId,
  correlationId: runId,
  type,
  venue: null,
  trigger: "cron",
  now: at(seconds),
  deadlineAt: at(seconds + 600),
  exclusive: type !== "whales",
});

beforeEach(reset);

describe("overlap", () => {
  test("a second run of a job that is being executed is skipped and says so", async () => {
    const first = await openSync(db, start("run-1"));
    const second = await openSync(db, start("run-2", 60));
    expect(first.skipped).toBeNull();
    expect(second.skipped).toBe(`Sync ${first.id} of the same job is being executed.`);
    expect(await db.syncLog.findUnique({ where: { runId: "run-2" } })).toMatchObject({
      status: "skipped",
      note: second.skipped,
    });
  });

  test("one that waits in backoff, or was cut off, blocks nobody", async () => {
    const first = await openSync(db, start("run-1"));
    await markExecuting(db, first.id, null);
    expect((await openSync(db, start("run-2", 1))).skipped).toBeNull();
    expect((await openSync(db, start("run-3", 1000))).skipped).toBeNull();
  });

  test("of two that start in the same moment one is skipped", async () => {
    const opened = await Promise.all(["a", "b", "c"].map((run) => openSync(db, start(run))));
    expect(opened.filter(({ skipped }) => skipped === null)).toHaveLength(1);
  });

  test("a step that runs again after a crash finds the log it made", async () => {
    const first = await openSync(db, start("run-1"));
    expect(await openSync(db, start("run-1", 5))).toEqual(first);
    expect(await db.syncLog.count()).toBe(1);
  });

  test("the same reason to skip, tick after tick, is one row whose time moves", async () => {
    for (let n = 0; n < 5; n++) {
      await skipSync(db, start(`run-${n}`, n * 60, "whales"), "No key.", null);
    }
    const rows = await db.syncLog.findMany();
    expect(rows).toMatchObject([{ runId: "run-4", startedAt: at(0), finishedAt: at(240) }]);
  });

  test("a skip that is told again after a crash is one row, whatever its reason is by then", async () => {
    const first = await skipSync(db, start("run-1"), "Tried again at 12:05 UTC.", null);
    const again = await skipSync(db, start("run-1", 60), "Tried again at 12:06 UTC.", null);
    expect(again).toEqual(first);
    await openSync(db, start("run-2", 61));
    expect(await skipSync(db, start("run-1", 62), "Paused.", null)).toEqual(first);
    expect(await db.syncLog.count()).toBe(2);
  });

  test("a sync whose job was paused between its begin and its retry ends as skipped", async () => {
    const { id } = await openSync(db, start("run-1"));
    expect(await skipSync(db, start("run-1", 60), "Paused.", null)).toMatchObject({ id });
    expect(await db.syncLog.findMany()).toMatchObject([
      { id, status: "skipped", note: "Paused.", finishedAt: at(60), executingUntil: null },
    ]);
  });
});

describe("parts", () => {
  async function whaleSync() {
    await db.whale.createMany({
      data: ["0xa", "0xb", "0xc"].map((address) => ({
        venue: "opinion",
        address,
        source: "manual",
      })),
    });
    const { id } = await openSync(db, start("run-1", 0, "whales"));
    const claim = {
      syncLogId: id,
      venue: "opinion",
      everyone: false,
      now: at(0),
      claimedUntil: at(600),
    };
    return { id, claim, whales: await claimDueWhales(db, claim) };
  }
  const counts = { ...NO_COUNTS, requests: 2, fetched: 20, created: 5, duplicate: 15 };

  test("due whales are claimed once; the same sync gets the same ones again", async () => {
    const { id, claim, whales } = await whaleSync();
    expect(whales).toHaveLength(3);
    expect(await claimDueWhales(db, claim)).toEqual(whales);
    const other = await openSync(db, start("run-2", 1000, "whales"));
    expect(await claimDueWhales(db, { ...claim, syncLogId: other.id, everyone: true })).toEqual([]);
    expect(await db.syncLog.findUnique({ where: { id } })).toMatchObject({ partsTotal: 3 });
  });

  test("two syncs that pick at once never share a wallet", async () => {
    const { claim } = await whaleSync();
    await db.syncLog.updateMany({ data: { status: "completed" } });
    const logs = await Promise.all(
      [1, 2, 3, 4].map((n) => openSync(db, start(`pick-${n}`, 0, "whales"))),
    );
    const picked = await Promise.all(
      logs.map(({ id }) => claimDueWhales(db, { ...claim, syncLogId: id, everyone: true })),
    );
    expect(picked.flat()).toHaveLength(3);
  });

  test("the log closes with its last part, whatever is reported twice", async () => {
    const { id, whales } = await whaleSync();
    for (const whale of [...whales, ...whales]) {
      await reportPart(db, { syncLogId: id, key: String(whale.id), counts, now: at(30) });
    }
    expect(await db.syncLog.findUnique({ where: { id } })).toMatchObject({
      status: "completed",
      partsDone: 3,
      requests: 6,
      created: 15,
      duplicate: 45,
      finishedAt: at(30),
    });
  });

  test("some failed parts leave it incomplete, all failed parts make it failed", async () => {
    const failure = { code: "INVALID_CREDENTIALS", message: "The key is refused." } as const;
    const { id, whales } = await whaleSync();
    const [first, ...others] = whales;
    await reportPart(db, {
      syncLogId: id,
      key: String(first?.id),
      counts: NO_COUNTS,
      failure,
      now: at(1),
    });
    expect((await db.syncLog.findUniqueOrThrow({ where: { id } })).status).toBe("running");
    for (const whale of others) {
      await reportPart(db, { syncLogId: id, key: String(whale.id), counts, now: at(2) });
    }
    expect(await db.syncLog.findUnique({ where: { id } })).toMatchObject({
      status: "incomplete",
      errorCode: "INVALID_CREDENTIALS",
      note: "1 of 3 wallets could not be read",
    });
  });

  test("a run that fails for good, or passes its deadline, is not shown as running", async () => {
    const failed = await openSync(db, start("run-1"));
    await failSync(db, "run-1", { code: "TIMEOUT", message: "slow" }, at(9));
    const late = await openSync(db, start("run-2", 10));
    expect(await closeOverdueSyncs(db, at(500))).toBe(0);
    expect(await closeOverdueSyncs(db, at(611))).toBe(1);
    await closeSync(db, late.id, { status: "completed", now: at(700) });
    const rows = await db.syncLog.findMany({ orderBy: { id: "asc" } });
    expect(rows.map((row) => [row.id, row.status])).toEqual([
      [failed.id, "failed"],
      [late.id, "incomplete"],
    ]);
  });

  test("a step keeps the time it first began, and adds up what its attempts brought", async () => {
    const { id } = await openSync(db, start("run-1"));
    const part = { syncLogId: id, key: "walk-0" };
    const failure = { code: "TIMEOUT", message: "slow" } as const;
    await beginPart(db, part, at(1));
    await noteFailedAttempt(db, part, { ...NO_COUNTS, requests: 3, pages: 1 }, failure);
    expect(await db.syncPart.findFirst()).toMatchObject({
      status: "running",
      startedAt: at(1),
      errorCode: "TIMEOUT",
      pages: 1,
    });
    await beginPart(db, part, at(60));
    const brought = { ...NO_COUNTS, requests: 2, pages: 2, fetched: 40 };
    for (const seconds of [70, 80]) {
      await reportPart(db, { ...part, counts: brought, note: "Done.", now: at(seconds) });
    }
    await beginPart(db, part, at(90));
    expect(await db.syncPart.findFirst()).toMatchObject({
      status: "completed",
      startedAt: at(1),
      finishedAt: at(70),
      errorCode: null,
      note: "Done.",
      requests: 5,
      pages: 3,
    });
    expect(await db.syncLog.findUnique({ where: { id } })).toMatchObject({
      status: "running",
      requests: 5,
      pages: 3,
      fetched: 40,
      partsDone: 0,
    });
  });

  test("a run that fails takes the step it was at with it, and leaves those that others were asked for", async () => {
    const failure = { code: "TIMEOUT", message: "slow" } as const;
    const alone = await openSync(db, start("run-alone"));
    await beginPart(db, { syncLogId: alone.id, key: "walk-0" }, at(1));
    await failSync(db, "run-alone", failure, at(9));
    expect(await db.syncPart.findFirst()).toMatchObject({
      status: "failed",
      errorCode: "TIMEOUT",
      finishedAt: at(9),
    });
    const { id } = await whaleSync();
    await failSync(db, "run-1", failure, at(20));
    expect(await db.syncPart.count({ where: { syncLogId: id, status: "running" } })).toBe(3);
  });

  test("figures that were never recorded stay unknown", async () => {
    const { id } = await openSync(db, start("run-1"));
    await db.syncLog.update({ where: { id }, data: { pages: null } });
    await reportPart(db, {
      syncLogId: id,
      key: "walk-1",
      counts: { ...NO_COUNTS, pages: 4, fetched: 1 },
      now: at(2),
    });
    expect(await db.syncLog.findUnique({ where: { id } })).toMatchObject({
      pages: null,
      fetched: 1,
    });
  });
});
