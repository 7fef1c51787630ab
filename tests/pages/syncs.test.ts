import { beforeEach, describe, expect, test } from "vitest";
import { pauseNote } from "~/features/syncs/pause.ts";
import { SYNC_TYPES } from "~/features/syncs/schedule.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { form, NOW, testApp } from "../api/app.tsx";
import { addressOf, seed, seedSync } from "../api/seed.ts";
import { testDatabase } from "../database.ts";
import { wordsOf } from "./words.ts";

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
});

/** Rows of the table above the runs: its head and a job each. */
const HEALTH_ROWS = 1 + SYNC_TYPES.length;

const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

async function textOf(path: string, app?: Awaited<ReturnType<typeof testApp>>) {
  const { status, text } = await (app ?? (await testApp(db))).request(path);
  expect(status, path).toBe(200);
  return wordsOf(text);
}

describe("jobs", () => {
  test("before the first run each says its schedule and when it comes, and nothing is 0", async () => {
    const text = await textOf("/syncs");
    expect(text.match(/Not run yet/g)).toHaveLength(5);
    expect(text).toContain("Runs every 5 minutes.");
    expect(text).toContain("Next run 2026-03-01 12:01Z");
    expect(text).toContain("Next run 2026-03-02 00:00Z");
    expect(text).toContain("Completed — no run has ended yet");
    expect(text).toContain("0 of 100 runs needed");
    expect(text).toContain("not measured yet: the venue has not answered");
    expect(text).toContain("No run has been recorded");
    expect(text).not.toMatch(/\b0 %/);
  });

  test("each shows its state, the age of its data, its rate with n and what to do", async () => {
    const good = { fetched: 5, created: 5 };
    await seedSync(db, { type: "markets", startedAt: minutesAgo(8), ...good });
    await seedSync(db, {
      type: "markets",
      status: "failed",
      startedAt: minutesAgo(3),
      errorCode: "SERVICE_UNAVAILABLE",
      errorMessage: "answered 503",
    });
    await seedSync(db, { type: "whales", startedAt: minutesAgo(1), ...good });
    await seedSync(db, { type: "stats", startedAt: minutesAgo(180) });
    await seedSync(db, { type: "cleanup", startedAt: minutesAgo(1), status: "running" });
    await seedSync(db, {
      type: "discovery",
      status: "skipped",
      startedAt: minutesAgo(1),
      note: "No leaderboard here.",
    });
    const text = await textOf("/syncs");
    expect(text).toMatch(/Markets Failing .*SERVICE_UNAVAILABLE: answered 503 .*asked again/);
    expect(text).toContain("Completed 50 % of the last 2");
    expect(text).toMatch(/Whale trades On time .*Last data 2026-03-01 11:59Z/);
    expect(text).toMatch(/Statistics Delayed .*hourly, on the hour; its last good run is older/);
    expect(text).toMatch(/Clean-up Running/);
    expect(text).toMatch(/Discovery Skipped .*No leaderboard here\./);
  });

  test("Run now asks for the job, keeps the filters, and follows what becomes of it", async () => {
    const app = await testApp(db);
    const answer = await app.request(
      "/syncs?type=stats&cursor=x",
      form({ intent: "run", type: "stats" }),
    );
    const at = NOW.toISOString();
    const location = `/syncs?${new URLSearchParams({ type: "stats", requested: "stats", requestedAt: at })}`;
    expect([answer.status, answer.headers.get("location")]).toEqual([302, location]);
    expect(app.sent).toMatchObject([{ name: "stats/compute.requested" }]);
    expect(await textOf(location, app)).toContain("Requested; it starts in a moment.");
    await seedSync(db, { type: "stats", status: "running", finishedAt: null, startedAt: NOW });
    expect(await textOf(location, app)).toContain("The run you asked for is running");
    expect((await app.request("/syncs", form({ intent: "run", type: "everything" }))).status).toBe(
      400,
    );
  });
});

describe("pausing", () => {
  const reason = "the venue <b>moves</b>";
  const pause = { intent: "pause", type: "markets", reason };

  test("stops the schedule, is seen with its reason on the page and on every page, and ends", async () => {
    await seedSync(db, { type: "markets", startedAt: minutesAgo(3), fetched: 1 });
    const app = await testApp(db);
    const answer = await app.request("/syncs?type=markets&cursor=x", form(pause));
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/syncs?type=markets"]);
    expect(app.sent).toEqual([]);
    const text = await textOf("/syncs", app);
    expect(text).toContain("Markets Paused");
    expect(text).toContain("Paused now : the venue &lt;b&gt;moves&lt;/b&gt;");
    expect(text).toContain("Next run — its schedule is paused");
    expect(text.match(/Resume/g)).toHaveLength(1);
    expect((await app.request("/freshness")).json).toMatchObject({
      state: "paused",
      why: `Markets: The schedule is paused since 2026-03-01 12:00:30 UTC: ${reason}`,
    });
    expect(await textOf("/markets", app)).toContain("Markets: the schedule was paused");

    const resumed = await app.request("/syncs", form({ intent: "resume", type: "markets" }));
    expect(resumed.headers.get("location")).toBe("/syncs");
    expect(app.sent).toEqual([]);
    expect(await textOf("/syncs", app)).not.toContain("Resume");
  });

  test("and resuming starts the run that has become overdue", async () => {
    await seedSync(db, { type: "markets", startedAt: minutesAgo(30), fetched: 1 });
    const app = await testApp(db);
    await app.request("/syncs", form({ ...pause, reason: "" }));
    const resumed = await app.request("/syncs", form({ intent: "resume", type: "markets" }));
    expect(app.sent).toMatchObject([{ name: "sync/markets.requested" }]);
    expect(resumed.headers.get("location")).toContain("requested=markets");
  });

  test("with a reason that is too long says so at the field, which keeps it", async () => {
    const app = await testApp(db);
    const answer = await app.request("/syncs", form({ ...pause, reason: "w".repeat(201) }));
    expect(answer.status).toBe(400);
    expect(wordsOf(answer.text)).toContain("must have at most 200 characters");
    expect(answer.text).toContain("w".repeat(201));
    expect(answer.text.match(/<details[^>]* open=""/g)).toHaveLength(1);
    expect(await db.jobPause.count()).toBe(0);
    for (const wrong of [{ intent: "pause" }, { type: "markets" }, { ...pause, type: "moon" }]) {
      expect((await app.request("/syncs", form(wrong as Record<string, string>))).status).toBe(400);
    }
  });
});

describe("health", () => {
  test("shows the budget left with its n, and how old the data was, over a day and a week", async () => {
    await db.$executeRaw`
      INSERT INTO sync_log (run_id, type, trigger, status, started_at, finished_at, deadline_at, correlation_id, requests, fetched)
      SELECT 'run' || n, 'whales', 'cron', (CASE WHEN n % 200 = 100 THEN 'failed' ELSE 'completed' END)::sync_status,
        at, at, at, 'c', 1, CASE WHEN n % 200 = 100 THEN 0 ELSE 1 END
      FROM generate_series(0, 2000) n, LATERAL (SELECT ${NOW}::timestamptz - n * interval '1 minute' AS at) l`;
    const text = await textOf("/syncs");
    // A day: 1,440 runs, 14 of which may fail; 2,001 in all, of which 20 may.
    expect(text).toMatch(
      /Whale trades objective 99 % 99 % 50 % 7 of 14 used 50 % 10 of 20 used p50 30\.\d s p95 5\d\.\d s/,
    );
    expect(text).toContain("over 33 h 20 min");
    expect(text).toMatch(
      /Statistics age of its last result objective 95 % 95 % — not measured yet: too few runs 0 of 20 runs needed/,
    );
  });

  test("a budget that is overdrawn says so", async () => {
    for (let n = 0; n < 6; n++) {
      await seedSync(db, { type: "discovery", status: "failed", startedAt: minutesAgo(n * 1_000) });
    }
    expect(await textOf("/syncs")).toContain("Exceeded 6 failed, 1 allowed");
  });
});

describe("runs", () => {
  test("that were skipped or are incomplete say why no data is lost, and the filter what it means", async () => {
    const skipped = { status: "skipped", requests: 0 } as const;
    await seedSync(db, {
      type: "markets",
      startedAt: minutesAgo(1),
      ...skipped,
      note: pauseNote({ since: minutesAgo(9).toISOString(), reason: null }),
    });
    await seedSync(db, {
      type: "whales",
      startedAt: minutesAgo(2),
      ...skipped,
      errorCode: "INVALID_CREDENTIALS",
      note: "The key is refused.",
    });
    const incomplete = { type: "whales", status: "incomplete" } as const;
    await seedSync(db, {
      ...incomplete,
      startedAt: minutesAgo(3),
      partsTotal: 9,
      partsFailed: 2,
      errorCode: "TIMEOUT",
      errorMessage: "The venue did not answer in time.",
      note: "2 of 9 wallets could not be read",
    });
    await seedSync(db, { ...incomplete, startedAt: minutesAgo(4), note: "Not finished in time." });
    const text = await textOf("/syncs");
    expect(text).toContain("No data is lost: the first run after the pause reads on");
    expect(text).toContain(
      "Check the API key in the environment and restart. No data is lost meanwhile.",
    );
    expect(text).toContain(
      "TIMEOUT: The venue did not answer in time. 2 of 9 wallets could not be read No data is lost: the next run reads these wallets again",
    );
    expect(text).toContain(
      "Not finished in time. No data is lost: the next run goes on where this one ended.",
    );
    expect(text).toContain("What Skipped, Incomplete and Failed mean");
    const filtered = await textOf("/syncs?status=incomplete");
    expect(filtered).toContain("A part of the work was not done");
    expect(filtered).not.toContain("What Skipped, Incomplete and Failed mean");
  });

  test("are filtered by job, status, trigger, time and trouble, and the address holds it", async () => {
    await seedSync(db, { type: "markets", startedAt: minutesAgo(1), correlationId: "a" });
    await seedSync(db, { type: "whales", startedAt: minutesAgo(2), trigger: "manual" });
    await seedSync(db, { type: "whales", startedAt: minutesAgo(3), quarantined: 2 });
    await seedSync(db, {
      type: "whales",
      startedAt: minutesAgo(100),
      status: "failed",
      errorCode: "TIMEOUT",
    });
    const app = await testApp(db);
    const found = async (query: string) => {
      const { text } = await app.request(`/syncs?${query}`);
      const table = text.slice(text.indexOf("<tbody"));
      return [...table.matchAll(/href="\/syncs\/(\d+)"/g)].map(([, id]) => Number(id));
    };
    expect(await found("")).toEqual([1, 2, 3, 4]);
    expect(await found("type=whales")).toEqual([2, 3, 4]);
    expect(await found("status=failed")).toEqual([4]);
    expect(await found("trigger=manual")).toEqual([2]);
    expect(await found("window=1h")).toEqual([1, 2, 3]);
    expect(await found("problem=errors")).toEqual([4]);
    expect(await found("problem=quarantined&type=whales")).toEqual([3]);
    expect(await found("type=&status=&trigger=&problem=")).toEqual([1, 2, 3, 4]);
    expect(await textOf("/syncs?window=1h&status=failed", app)).toContain("No run matches");
    expect((await app.request("/syncs?trigger=moon")).status).toBe(400);
  });

  test("a run from before pages were counted shows a dash for them, never 0", async () => {
    await seedSync(db, { type: "markets", startedAt: minutesAgo(1), pages: null, fetched: 7 });
    expect(await textOf("/syncs")).toContain("Completed 0 ms 1 — not recorded 7 0 0 0 0");
  });

  test("older ones are a page away", async () => {
    for (let n = 0; n < 60; n++) await seedSync(db, { type: "markets", startedAt: minutesAgo(n) });
    const app = await testApp(db);
    const { text } = await app.request("/syncs?type=markets");
    const next = /href="[^"]*(\?[^"]*cursor=[^"]+)"/.exec(text)?.[1]?.replaceAll("&amp;", "&");
    expect(next).toContain("type=markets");
    const older = await app.request(`/syncs${next}`);
    expect(older.text.match(/<tr>/g)).toHaveLength(11 + HEALTH_ROWS);
    expect(older.text).toContain("Newest");
  });
});

describe("a run", () => {
  const failure = { errorCode: "TIMEOUT", errorMessage: "one wallet did not answer" };

  test("of wallets shows each as a step by its label, with its error and what to do", async () => {
    await seed(db, { whales: 3, markets: 1, trades: 0, newest: NOW });
    const id = await seedSync(db, {
      type: "whales",
      status: "incomplete",
      startedAt: minutesAgo(2),
      finishedAt: minutesAgo(1),
      fetched: 1_234,
      pages: 62,
      partsTotal: 3,
      partsDone: 3,
      partsFailed: 1,
      note: "1 of 3 wallets could not be read",
      ...failure,
    });
    const step = { syncLogId: id, startedAt: minutesAgo(1.5), finishedAt: minutesAgo(1) };
    await db.syncPart.createMany({
      data: [
        { ...step, key: "1", status: "completed", pages: 62, fetched: 1_234 },
        { ...step, key: "2", status: "failed", ...failure },
        { syncLogId: id, key: "3", status: "running" },
      ],
    });
    const text = await textOf(`/syncs/${id}`);
    expect(text).toContain("Took 1 min 3 of 3 wallets, 1 failed");
    expect(text).toContain("Fetched 1,234");
    expect(text).toContain("62 pages");
    expect(text).toContain("1 of 3 wallets could not be read. It heals by itself");
    expect(text).toContain(`${addressOf(1).slice(0, 6)}…0001 Completed after 30.0 s, took 30.0 s`);
    expect(text).toContain(
      "Whale 2 Failed after 30.0 s, took 30.0 s TIMEOUT: one wallet did not answer Nothing to do: the request is sent again.",
    );
    expect(text).toMatch(/…0003 Incomplete it was not begun never reported/);
    const failed = await textOf(`/syncs/${id}?steps=failed`);
    expect(failed).toContain("Whale 2 Failed");
    expect(failed).not.toContain("…0001");
  });

  test("that is under way says so, and what waits or has not reported is not 0", async () => {
    const id = await seedSync(db, {
      type: "whales",
      status: "running",
      finishedAt: null,
      startedAt: minutesAgo(1),
      partsTotal: 2,
    });
    await db.syncPart.createMany({
      data: [
        { syncLogId: id, key: "walk-x", status: "running", startedAt: minutesAgo(0.5) },
        { syncLogId: id, key: "9", status: "running" },
        { syncLogId: id, key: "y", status: "running", startedAt: minutesAgo(0.5), ...failure },
      ],
    });
    const text = await textOf(`/syncs/${id}`);
    expect(text).toContain("The run is under way");
    expect(text).toContain("walk-x Running after 30.0 s, not finished not reported yet");
    expect(text).toContain("Running for 1 min 0 of 2 wallets");
    expect(text).toContain("Steps that failed are tried again");
    expect(text).toMatch(
      /y Retrying after 30\.0 s, not finished TIMEOUT: one wallet did not answer/,
    );
    expect(text).toContain("9 Waiting not begun, it waits not reported yet");
  });

  test("that failed says what to do, by its code, and that nothing is lost", async () => {
    const id = await seedSync(db, {
      type: "markets",
      status: "failed",
      startedAt: minutesAgo(2),
      errorCode: "INVALID_CREDENTIALS",
      errorMessage: "The key is refused.",
    });
    const text = await textOf(`/syncs/${id}`);
    expect(text).toContain("INVALID_CREDENTIALS: The key is refused.");
    expect(text).toContain("Check the API key in the environment and restart.");
    expect(text).toContain("nothing is lost");
    expect(text).toContain("No steps are kept");
  });

  test("that was skipped says why, and shows dashes", async () => {
    const id = await seedSync(db, {
      type: "whales",
      status: "skipped",
      startedAt: minutesAgo(2),
      requests: 0,
      note: "Set OPINION_API_KEY.",
    });
    const text = await textOf(`/syncs/${id}`);
    expect(text).toContain("had a reason not to start");
    expect(text).toContain("Set OPINION_API_KEY.");
    expect(text).toContain("Requests — nothing was done");
    expect(text).toContain("The run did not start");
  });

  test("shows its quarantined rows as received, harmlessly, a page at a time", async () => {
    const id = await seedSync(db, { type: "markets", startedAt: minutesAgo(2), quarantined: 25 });
    await db.quarantinedRow.createMany({
      data: Array.from({ length: 25 }, (_, n) => ({
        venue: "opinion",
        kind: "markets",
        contentHash: `hash-${n}`,
        payload: { title: `<script>alert(${n})</script>`, long: "x".repeat(n === 0 ? 9_000 : 1) },
        path: "title",
        message: "is not plain",
        firstSeenAt: NOW,
        lastSeenAt: NOW,
        syncLogId: n === 24 ? null : id,
      })),
    });
    const app = await testApp(db);
    const { text } = await app.request(`/syncs/${id}`);
    expect(text).toContain("&lt;script&gt;alert(3)&lt;/script&gt;");
    expect(text).not.toContain("<script>alert");
    expect(text.match(/is not plain/g)).toHaveLength(20);
    expect(text).toContain("… the rest is in ");
    const next = /href="[^"]*\?(rows=[^"]+)"/.exec(text)?.[1];
    const more = await app.request(`/syncs/${id}?${next}`);
    expect(more.text.match(/is not plain/g)).toHaveLength(4);
    const healthy = await seedSync(db, { type: "markets", startedAt: minutesAgo(1), fetched: 3 });
    expect(await textOf(`/syncs/${healthy}`, app)).toContain("every row fitted its schema");
  });

  test("names its steps for a person", async () => {
    const id = await seedSync(db, { type: "markets", startedAt: minutesAgo(2) });
    await db.syncPart.createMany({
      data: ["opinion-walk-0", "opinion-prices-3", "prices-daily-1", "batch-0", "other"].map(
        (key) => ({ syncLogId: id, key, status: "completed" as const, pages: null }),
      ),
    });
    const text = await textOf(`/syncs/${id}`);
    for (const name of ["Open markets 1", "Prices 4", "Prices, thinned to days 2", "Whales 1"]) {
      expect(text).toContain(`${name} Completed — when it began is not recorded`);
    }
    expect(text).toContain("other Completed");
  });
});
