import { beforeEach, describe, expect, test } from "vitest";
import { recordDeadLetter } from "~/features/dead-letters/commands.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { form, json, NOW, testApp } from "../api/app.tsx";
import { seedRun } from "../api/seed-runs.ts";
import { testDatabase } from "../database.ts";
import { wordsOf } from "./words.ts";

let db: PrismaClient;
let app: Awaited<ReturnType<typeof testApp>>;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
  app = await testApp(db);
});

const WALLET = `0x${"ab".repeat(20)}`;
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

/** A letter of a run that failed so many minutes ago. */
async function letter(
  minutes: number,
  run: Partial<Parameters<typeof recordDeadLetter>[1]> = {},
): Promise<number> {
  const { letterId } = await recordDeadLetter(db, {
    runId: `run-${minutes}`,
    action: "sync-whale",
    idempotencyKey: `key-${minutes}`,
    correlationId: "cause",
    event: {
      name: "sync/whale.requested",
      data: { syncLogId: 1, whaleId: 2, rereadNow: false },
    },
    stream: `opinion ${WALLET}`,
    venue: "opinion",
    code: "SERVICE_UNAVAILABLE",
    message: "The venue answered 503.",
    failedAt: minutesAgo(minutes),
    redact: (text) => text,
    ...run,
  });
  return letterId;
}

const cleanup = (minutes: number) =>
  letter(minutes, {
    action: "cleanup",
    code: "EXECUTION_FAILED",
    message: `Row ${minutes} is locked.`,
    stream: null,
    venue: null,
    event: { name: "cleanup/requested", data: { trigger: "manual" } },
  });

async function textOf(path: string, status = 200) {
  const answer = await app.request(path);
  expect([path, answer.status]).toEqual([path, status]);
  return wordsOf(answer.text);
}

/** Where a page leads to at once. */
async function redirectOf(path: string, fields?: Record<string, string>) {
  const answer = await app.request(path, fields && form(fields));
  expect([path, answer.status]).toEqual([path, 302]);
  return answer.headers.get("location") ?? "";
}

/** The key that the form of a page comes with. */
async function keyOf(path: string) {
  const { text } = await app.request(path);
  return /name="requestKey" value="([^"]+)"/.exec(text)?.[1] ?? "";
}

describe("the list", () => {
  test("without letters it says that nothing has failed, and how long they are kept", async () => {
    const text = await textOf("/dead-letters");
    expect(text).toContain("No dead letters Nothing that failed for good waits for you.");
    expect(text).toContain("kept for 90 days");
    expect(text).not.toContain("Replay all");
    expect(await textOf("/dead-letters?status=discarded")).toContain("No discarded letters");
  });

  test("groups letters by cause, with counts, times, jobs and streams, the last seen first", async () => {
    for (const minutes of [3, 30]) await letter(minutes);
    await letter(5, { action: "sync-markets", stream: "opinion markets" });
    await cleanup(1);
    const text = await textOf("/dead-letters");
    expect(text).toMatch(
      /EXECUTION_FAILED Row 1 is locked\. cleanup 2026-03-01 11:59Z 1 .*SERVICE_UNAVAILABLE The venue answered 503\. sync-markets, sync-whale 2026-03-01 11:57Z 3 2026-03-01 11:30Z 2026-03-01 11:57Z sync-markets sync-whale opinion 0xabab…abab opinion markets Replay… · Discard…/,
    );
    const some = await textOf("/dead-letters?function=sync-markets");
    expect(some).toContain("opinion markets");
    expect(some).not.toContain("Row 1 is locked.");
    expect(await textOf("/dead-letters?code=TIMEOUT")).toContain("No group matches");
    expect(await textOf("/dead-letters?window=1h&status=replayed")).toContain("No group matches");
  });

  test("an open letter that is soon removed is warned of", async () => {
    expect(await textOf("/dead-letters")).not.toContain("older than 80 days");
    await letter(81 * 24 * 60);
    await letter(2 * 24 * 60);
    expect(await textOf("/dead-letters")).toContain("1 open letter is older than 80 days");
  });

  test("a group shows its letters, by filters that the address keeps", async () => {
    const id = await letter(3);
    await cleanup(1);
    const { fingerprint } = await db.deadLetter.findUniqueOrThrow({ where: { id } });
    const text = await textOf(`/dead-letters/letters?fingerprint=${fingerprint}`);
    expect(text).toContain("Group: SERVICE_UNAVAILABLE");
    expect(text).toContain("Every attempt failed, and nothing tries it any more.");
    expect(text).toContain(`Letter ${id}`);
    expect(text).not.toContain("Row 1 is locked.");
    for (const page of ["replay", "discard"]) {
      const chosen = `/dead-letters/${page}?fingerprint=${fingerprint}&code=SERVICE_UNAVAILABLE`;
      const asked = await textOf(`${chosen}&until=${NOW.toISOString()}`);
      expect(asked).toContain("One group, SERVICE_UNAVAILABLE, failed until");
    }
    const stream = encodeURIComponent(`opinion ${WALLET}`);
    expect(await textOf(`/dead-letters/letters?stream=${stream}`)).toContain(`Letter ${id}`);
    expect(await textOf("/dead-letters/letters?status=replayed")).toContain("No letter matches");
  });

  test("a search that no list has is refused", async () => {
    for (const path of [
      "/dead-letters?status=x",
      "/dead-letters?cursor=x",
      "/dead-letters?page=2",
      "/dead-letters/letters?cursor=x",
      "/dead-letters/replay?letter=x",
      "/dead-letters/replay?until=yesterday",
      "/dead-letters/discard?window=2h",
    ]) {
      expect([path, (await app.request(path)).status]).toEqual([path, 400]);
    }
    for (const path of ["/dead-letters/1", "/dead-letters/0", "/replays/1", "/dead-letters/x"]) {
      expect([path, (await app.request(path)).status]).toEqual([path, 404]);
    }
  });
});

describe("a letter", () => {
  test("shows its error, what to do, its attempts, its event as text and where it comes from", async () => {
    const runId = await seedRun(db, { createdAt: NOW });
    const id = await letter(3, {
      runId,
      event: { name: "sync/whale.requested", data: { note: "<script>alert(1)</script>" } },
    });
    const run = await db.run.create({
      data: {
        action: "sync-whale",
        idempotencyKey: "key-3",
        correlationId: "cause",
        inngestRunId: runId,
        status: "failed",
        startedAt: minutesAgo(4),
        expiresAt: NOW,
      },
    });
    await db.runAttempt.create({
      data: {
        runId: run.id,
        step: "read-0",
        request: "GET /openapi/trade/user?page=1",
        number: 1,
        startedAt: minutesAgo(4),
        durationMs: 120,
        status: "retryable",
        code: "SERVICE_UNAVAILABLE",
        message: "The venue answered 503.",
        data: { status: 503, waitMs: 7 },
      },
    });
    const { text: html } = await app.request(`/dead-letters/${id}`);
    expect(html).not.toContain("<script>alert");
    expect(html).toContain(`href="/runs/${runId}"`);
    const text = wordsOf(html);
    expect(text).toContain("SERVICE_UNAVAILABLE: The venue answered 503.");
    expect(text).toContain("Replay it once the cause is gone.");
    expect(text).toContain("GET /openapi/trade/user?page=1");
    expect(text).toContain("HTTP 503");
    expect(text).toContain("Kept until 2026-05-30");
  });

  test("with an Inngest server its runs are named, not linked", async () => {
    app = await testApp(db, { engine: null });
    const id = await letter(3);
    const { text } = await app.request(`/dead-letters/${id}`);
    expect(text).not.toContain('href="/runs/run-3"');
    expect(wordsOf(text)).toContain("run-3");
  });

  test("is discarded with a reason, and opened again", async () => {
    const id = await letter(3);
    const path = `/dead-letters/${id}`;
    const requestKey = await keyOf(path);
    const refused = await app.request(path, form({ intent: "discard", requestKey, reason: " " }));
    expect([refused.status, wordsOf(refused.text).includes("must say why")]).toEqual([400, true]);
    expect(
      await redirectOf(path, { intent: "discard", requestKey, reason: "A test of the venue" }),
    ).toBe(path);
    expect(await textOf(path)).toMatch(/Discarded A test of the venue .*Open it again/);
    expect(await redirectOf(path, { intent: "undo" })).toBe(path);
    expect(await textOf(path)).toContain("Discard this letter");
    const nonsense = await app.request(path, form({ intent: "explode" }));
    expect(nonsense.status).toBe(400);
  });
});

describe("a discard of many", () => {
  test("says how many, wants a reason, and can be undone from the list", async () => {
    for (const minutes of [3, 4]) await letter(minutes);
    await cleanup(1);
    const frozen = await redirectOf("/dead-letters/discard?code=SERVICE_UNAVAILABLE&window=24h");
    await letter(-1);
    expect(await textOf(frozen)).toContain("2 letters would be discarded");
    const requestKey = await keyOf(frozen);
    const refused = await app.request(frozen, form({ intent: "discard", requestKey, reason: "" }));
    expect(wordsOf(refused.text)).toContain("must say why");
    const fields = { intent: "discard", requestKey, reason: "Known outage" };
    const list = await redirectOf(frozen, fields);
    // A second click: the same key, so nothing more.
    expect(await redirectOf(frozen, fields)).toBe(list);
    expect(await textOf(list)).toContain("2 letters discarded Undo");
    expect(await db.deadLetter.count({ where: { status: "discarded" } })).toBe(2);
    expect(await redirectOf(list, { intent: "undo", key: requestKey })).toBe("/dead-letters");
    expect(await db.deadLetter.count({ where: { status: "open" } })).toBe(4);
    expect(await textOf(list)).toContain("open again");
  });
});

describe("a replay", () => {
  test("is shown as a dry run, started once, followed and aborted", async () => {
    for (const minutes of [3, 4, 5]) await letter(minutes);
    await letter(6, { action: "sync-planets" });
    const frozen = await redirectOf("/dead-letters/replay?code=SERVICE_UNAVAILABLE");
    expect(frozen).toContain(`until=${encodeURIComponent(NOW.toISOString())}`);
    const dry = await textOf(frozen);
    expect(dry).toContain("3 letters would be replayed");
    expect(dry).toContain("A run of sync-whale with the same data");
    expect(dry).toMatch(/No job sync-planets can be asked to run\. 1 Letter 4/);
    expect(app.sent).toEqual([]);

    const requestKey = await keyOf(frozen);
    const fields = { name: "Outage", perMinute: "60", requestKey };
    const wrong = await app.request(frozen, form({ ...fields, perMinute: "1000", name: "" }));
    expect(wrong.status).toBe(400);
    expect(wordsOf(wrong.text)).toContain("must be a whole number from 1 to 600");
    expect(wordsOf(wrong.text)).toContain("must name the replay");
    expect(wrong.text).toContain('value="1000"');

    expect(await redirectOf(frozen, fields)).toBe("/replays/1");
    expect(await redirectOf(frozen, fields)).toBe("/replays/1");
    expect(new Set(app.sent.map(({ id }) => id))).toEqual(new Set(["replay-1"]));
    expect(await textOf("/replays/1")).toMatch(
      /Outage Running .*0 of 3 done · 3 waiting .*Letter 1 opinion 0xabab…abab Waiting/,
    );
    expect(await textOf("/dead-letters")).toMatch(/Replays .*Outage Running/);
    expect(await textOf("/dead-letters/1")).toContain("A replay has it It waits for its turn.");
    expect(await textOf(frozen)).toContain("3 letters more: a running replay has them already.");

    expect(await redirectOf("/replays/1", { intent: "abort" })).toBe("/replays/1");
    expect(await textOf("/replays/1")).toMatch(/Outage Aborted .*3 released/);
    const late = await app.request("/replays/1", form({ intent: "abort" }));
    expect([late.status, wordsOf(late.text).includes("does not run any more")]).toEqual([
      409,
      true,
    ]);
    expect(await textOf(frozen)).toContain("3 letters would be replayed");
  });

  test("of nothing is not started, and the person is told why", async () => {
    const frozen = await redirectOf("/dead-letters/replay");
    expect(await textOf(frozen)).toContain("There is nothing to replay");
    const fields = { name: "Nothing", perMinute: "60", requestKey: "key-of-a-form" };
    const refused = await app.request(frozen, form(fields));
    expect([refused.status, await db.replay.count()]).toEqual([409, 0]);
  });

  test("that waits for its job says so, and goes on when asked", async () => {
    await letter(3);
    const frozen = await redirectOf("/dead-letters/replay");
    await redirectOf(frozen, { name: "Late", perMinute: "60", requestKey: "key-of-a-form" });
    expect(await textOf("/replays/1")).not.toContain("It waits for its job");
    await db.replay.update({ where: { id: 1 }, data: { createdAt: minutesAgo(30) } });
    expect(await textOf("/replays/1")).toContain("It waits for its job");
    await redirectOf("/replays/1", { intent: "go-on" });
    expect(app.sent.map(({ data }) => data)).toEqual([{ replayId: 1 }, { replayId: 1 }]);
  });
});

describe("the API", () => {
  test("lists letters by filters, page by page, and gives one with its event", async () => {
    for (const minutes of [3, 4, 5]) await letter(minutes);
    await cleanup(1);
    const path = "/api/v1/dead-letters?function=sync-whale&limit=2";
    const first = (await app.request(path)).json;
    const rest = (await app.request(`${path}&cursor=${first.nextCursor}`)).json;
    expect([...first.data, ...rest.data].map(({ id }: { id: string }) => id)).toEqual([
      "1",
      "2",
      "3",
    ]);
    expect(rest.nextCursor).toBeNull();
    expect((await app.request("/api/v1/dead-letters?status=nope")).status).toBe(400);
    const { json: one } = await app.request("/api/v1/dead-letters/1");
    expect(one.data).toMatchObject({
      id: "1",
      functionId: "sync-whale",
      status: "open",
      failedAt: minutesAgo(3).toISOString(),
      event: { name: "sync/whale.requested" },
      attempts: [],
    });
    expect((await app.request("/api/v1/dead-letters/99")).status).toBe(404);
  });

  test("replays and discards one letter, once per Idempotency-Key", async () => {
    for (const minutes of [3, 4]) await letter(minutes);
    const key = { "idempotency-key": "call-1-of-a-test" };
    for (let call = 0; call < 2; call++) {
      const answer = await app.request("/api/v1/dead-letters/1/replay", json("POST", {}, key));
      expect([answer.status, answer.json]).toEqual([202, { data: { replayId: "1" } }]);
    }
    expect(await db.replay.count()).toBe(1);
    const taken = await app.request("/api/v1/dead-letters/1/replay", json("POST", {}));
    expect([taken.status, taken.json.error.code]).toEqual([400, "INVALID_INPUT"]);
    const path = "/api/v1/dead-letters/2/discard";
    expect((await app.request(path, json("POST", {}))).status).toBe(400);
    const done = await app.request(path, json("POST", { reason: "Not ours" }, key));
    expect([done.status, done.json]).toEqual([200, { data: { discardKey: expect.any(String) } }]);
    const late = await app.request(path, json("POST", { reason: "Not ours" }));
    expect(late.status).toBe(409);
  });
});
