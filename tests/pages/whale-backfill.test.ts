import { beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { form, json, NOW, testApp } from "../api/app.tsx";
import { addressOf, seed } from "../api/seed.ts";
import { testDatabase } from "../database.ts";
import { wordsOf } from "./words.ts";

let db: PrismaClient;
let app: Awaited<ReturnType<typeof testApp>>;

const KEY = "0f0f0f0f-0000-4000-8000-000000000000";

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
  app = await testApp(db);
  await seed(db, { whales: 6, markets: 3, trades: 600, newest: NOW });
  await db.streamState.create({
    data: {
      venue: "opinion",
      kind: "trades",
      wallet: addressOf(2),
      watermark: NOW,
      completeSince: new Date(0),
      venueTotal: 100,
    },
  });
});

async function textOf(path: string) {
  const { status, text } = await app.request(path);
  expect(status, path).toBe(200);
  return wordsOf(text);
}

test("a whale's page offers a range of the last week, without scripts", async () => {
  const { text } = await app.request("/whales/2");
  const offered = /<form[^>]*action="\/whales\/2\/backfill".*?<\/form>/s.exec(text)?.[0] ?? "";
  expect(offered).toContain('value="2026-02-23"');
  expect(offered).toContain('value="2026-03-01"');
  expect((await app.request("/whales/5")).text).not.toContain("/whales/5/backfill");
});

test("what a range takes is said before anything is asked, and that the venue cannot be asked by time", async () => {
  const text = await textOf("/whales/2/backfill?from=2026-03-01&to=2026-03-01");
  expect(text).toContain("Stored in the range 100 trades");
  expect(text).toContain("about 6, a page of 20 trades each");
  expect(text).toMatch(/about [\d.]+ m?s at the present [\d.]+ requests a second/);
  expect(text).toContain("cannot be asked by time");
  expect(app.sent).toEqual([]);
});

test("a range of which nothing is kept is refused; one that begins before is read down to what is kept", async () => {
  await db.streamState.updateMany({ data: { completeSince: new Date("2026-02-20T00:00:00Z") } });
  const partly = await textOf("/whales/2/backfill?from=2026-01-01&to=2026-03-01");
  expect(partly).toContain("Older trades than 2026-02-20 00:00:00 UTC are not kept");
  const none = await textOf("/whales/2/backfill?from=2026-01-01&to=2026-01-31");
  expect(none).toContain("Trades of this wallet from before 2026-02-20 are not kept");
  expect(none).not.toContain("What it takes");
});

test("Read again asks once for the range, however often the form is sent, and shows what came of it", async () => {
  const fields = {
    intent: "backfill",
    from: "2026-02-27T00:00:00.000Z",
    to: "2026-03-01T12:00:30.000Z",
    requestKey: KEY,
  };
  const answer = await app.request("/whales/2/backfill", form(fields));
  await app.request("/whales/2/backfill", form(fields));
  const id = `backfill-2-${KEY}`;
  expect(new Set(app.sent.map((event) => event.id))).toEqual(new Set([id]));
  expect(app.sent[0]).toMatchObject({
    name: "sync/backfill.requested",
    data: { whaleId: 2, from: fields.from, to: fields.to, origin: { idempotencyKey: id } },
  });
  const location = answer.headers.get("location") ?? "";
  expect(answer.status).toBe(302);
  expect(await textOf(location)).toContain("Requested It begins in a moment.");

  const startedAt = new Date(NOW.getTime() - 60_000);
  const run = { startedAt, expiresAt: NOW, correlationId: "run" };
  await db.run.create({
    data: {
      ...run,
      action: "backfill-whale",
      idempotencyKey: id,
      inngestRunId: "run",
      status: "completed",
      result: { syncLogId: 1, knownUntil: NOW.toISOString() },
    },
  });
  await db.syncLog.create({
    data: {
      runId: "run",
      type: "whales",
      trigger: "backfill",
      status: "completed",
      startedAt,
      finishedAt: NOW,
      deadlineAt: NOW,
      correlationId: "run",
      pages: 6,
      fetched: 100,
      created: 0,
    },
  });
  const nothing = await textOf(location);
  expect(nothing).toContain("Nothing was missing");
  expect(nothing).toContain("100 trades read on 6 pages");

  const [found] = await db.trade.findMany({ where: { whaleId: 2 }, take: 1, skip: 3 });
  await db.trade.updateMany({ where: { id: found?.id }, data: { seenAt: NOW } });
  await db.syncLog.updateMany({ data: { created: 1 } });
  expect(await textOf(location)).toContain("1 trade was missing");
});

test("a range that cannot be is refused next to its field, and kept", async () => {
  for (const [from, to, why] of [
    ["2026-02-20", "2026-02-10", "must not be after the end"],
    ["2026-03-02", "2026-03-02", "must not be in the future"],
    ["yesterday", "2026-02-10", "must be a date"],
  ] as const) {
    const query = new URLSearchParams({ from, to });
    const { text } = await app.request(`/whales/2/backfill?${query}`);
    expect(text).toContain(why);
    expect(text).toContain(`value="${to}"`);
    const fields = { intent: "backfill", from, to, requestKey: KEY };
    const answer = await app.request("/whales/2/backfill", form(fields));
    expect(answer.headers.get("location")).toBe(`/whales/2/backfill?${query}`);
  }
  expect(app.sent).toEqual([]);
});

test("a wallet that is not followed, is being read for the first time, or needs a key is not read again", async () => {
  expect(await textOf("/whales/5/backfill")).toContain("The wallet is not followed");
  expect(await textOf("/whales/3/backfill")).toContain("Its history is still being read");
  const range = { from: "2026-02-27", to: "2026-02-28" };
  const fields = { intent: "backfill", ...range, requestKey: KEY };
  await app.request("/whales/5/backfill", form(fields));
  expect(app.sent).toEqual([]);
  const keyless = await testApp(db, { environment: {} });
  const { text } = await keyless.request("/whales/2/backfill");
  expect(text).toContain("OPINION_API_KEY");
  expect((await app.request("/whales/99/backfill")).status).toBe(404);
});

test("the API starts a backfill, once for an Idempotency-Key, and refuses what cannot be", async () => {
  const call = (id: number, body: unknown, headers = {}) =>
    app.request(`/api/v1/whales/${id}/backfill`, json("POST", body, headers));
  const range = { from: "2026-02-27", to: "2026-03-01T10:00:00Z" };
  const headers = { "idempotency-key": "mine" };
  const accepted = [await call(2, range, headers), await call(2, range, headers)];
  expect(accepted.map(({ status }) => status)).toEqual([202, 202]);
  expect(accepted[0]?.json.data.eventId).toEqual(expect.any(String));
  expect(new Set(app.sent.map(({ id }) => id)).size).toBe(1);
  expect(app.sent[0]?.data).toMatchObject({
    from: "2026-02-27T00:00:00.000Z",
    to: "2026-03-01T10:00:00.000Z",
  });
  const refused = [
    await call(2, { from: "2026-02-28", to: "2026-02-27" }),
    await call(2, { from: "2026-02-28", to: "2026-03-09" }),
    await call(2, { from: "2026-02-28" }),
    await call(2, { ...range, extra: 1 }),
    await call(5, range),
    await call(3, range),
    await call(99, range),
    await app.request("/api/v1/whales/2/backfill"),
  ];
  expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400, 409, 409, 404, 405]);
  expect(refused[4]?.json.error.message).toContain("not followed");
  expect(app.sent).toHaveLength(2);
});
