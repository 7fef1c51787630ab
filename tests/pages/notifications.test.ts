import { beforeEach, expect, test } from "vitest";
import type { Prisma, PrismaClient } from "~/generated/prisma/client.ts";
import { form, NOW, testApp } from "../api/app.tsx";
import { testDatabase } from "../database.ts";
import { wordsOf } from "./words.ts";

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
});

const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const WEBHOOK = {
  WEBHOOK_URL: "https://hooks.example.org/T0KEN-0123456789abcdef?key=k3y-of-the-room",
  WEBHOOK_SECRET: "secret-of-a-receiver",
};

async function told(row: Partial<Prisma.NotificationUncheckedCreateInput> = {}): Promise<number> {
  const { id } = await db.notification.create({
    data: {
      kind: "incident",
      severity: "error",
      scope: "opinion",
      title: "Markets has failed twice in a row",
      body: "Markets has failed since 11:50Z.",
      link: "/syncs?type=markets",
      createdAt: ago(10),
      ...row,
    },
  });
  return id;
}

test("an empty list says what would be told", async () => {
  const { text } = await (await testApp(db)).request("/notifications");
  const words = wordsOf(text);
  expect(words).toContain("Nothing to tell");
  expect(words).toContain("when a job fails twice in a row");
  expect(words).toContain("Not set up: notifications are shown in the app only.");
  expect(text).not.toContain("Mark all as read");
  const filtered = await (await testApp(db)).request("/notifications?severity=error");
  expect(wordsOf(filtered.text)).toContain("No notification matches");
});

test("an open incident says what stands, since when; a recovery what it ended; newest first", async () => {
  const over = await told({
    title: "Older",
    createdAt: ago(60),
    resolvedAt: ago(50),
    readAt: ago(40),
  });
  await told({
    kind: "recovery",
    severity: "success",
    title: "Over: Older",
    incidentId: over,
    createdAt: ago(50),
  });
  const open = await told({ body: "Markets has failed.\nWhale trades is late." });
  const standing = { scope: "opinion", severity: "error", incidentId: open } as const;
  await db.condition.createMany({
    data: [
      { ...standing, key: "job-failing:markets", text: "…", raisedAt: ago(10) },
      { ...standing, key: "data-old:whales", text: "…", raisedAt: ago(8), clearedAt: ago(3) },
      { ...standing, key: "host-paused:opinion", text: "…", raisedAt: ago(5) },
    ],
  });
  const app = await testApp(db);
  const { text } = await app.request("/notifications");
  expect((await app.request("/freshness")).json.unread).toEqual({ count: 2, grave: true });
  const words = wordsOf(text);
  expect(words).toContain(
    "Open : Markets failing since 10 min ago , opinion requests paused since 5 min ago .",
  );
  expect(words).not.toContain("Whale trades late");
  expect(words).toContain(`Ends notification ${over} .`);
  expect(words).toContain("Over since 2026-03-01 11:10:30 UTC .");
  expect([...text.matchAll(/<h3[^>]*>(?:<a[^>]*>)?([^<]*)/g)].map(([, title]) => title)).toEqual([
    "Markets has failed twice in a row",
    "Over: Older",
    "Older",
  ]);
  expect(words.match(/Unread/g)).toHaveLength(3); // two rows and the filter
});

test("one is marked as read, then all that the page shows; what came since stays news", async () => {
  const app = await testApp(db);
  const first = await told();
  const second = await told({ scope: "app", createdAt: ago(5) });
  const read = await app.request(
    "/notifications?unread=1",
    form({ intent: "read", id: String(first) }),
  );
  expect([read.status, read.headers.get("location")]).toEqual([302, "/notifications?unread=1"]);
  const unread = async () =>
    (await db.notification.findMany({ where: { readAt: null }, orderBy: { id: "asc" } })).map(
      ({ id }) => id,
    );
  expect(await unread()).toEqual([second]);
  const third = await told({ scope: "other", createdAt: ago(1) });
  await app.request("/notifications", form({ intent: "read-all", through: String(second) }));
  expect(await unread()).toEqual([third]);
  const again = await app.request("/notifications", form({ intent: "read", id: String(first) }));
  expect(again.status).toBe(302);
  const row = await db.notification.findUniqueOrThrow({ where: { id: first } });
  expect(row.readAt).toEqual(NOW);
});

test("wrong forms and filters are refused with what is wrong", async () => {
  const app = await testApp(db);
  for (const fields of [
    {},
    { intent: "burn" },
    { intent: "read" },
    { intent: "read", id: "0" },
    { intent: "read", id: "99999999999" },
    { intent: "read-all", through: "x" },
    { intent: "test", requestKey: "!" },
  ]) {
    const { status } = await app.request("/notifications", form(fields as Record<string, string>));
    expect([fields, status]).toEqual([fields, 400]);
  }
  for (const search of ["severity=loud", "unread=0", "cursor=x", "page=2"]) {
    expect([search, (await app.request(`/notifications?${search}`)).status]).toEqual([search, 400]);
    const { status, json } = await app.request(`/api/v1/notifications?${search}`);
    expect([search, status, json.error.code]).toEqual([search, 400, "INVALID_INPUT"]);
  }
});

test("a test of the webhook is asked for once a click", async () => {
  const app = await testApp(db, { environment: WEBHOOK });
  const { text } = await app.request("/notifications");
  expect(text).toContain("hooks.example.org");
  for (const secret of ["T0KEN", "k3y-of", "secret-of-a-receiver"])
    expect(text).not.toContain(secret);
  expect(wordsOf(text)).toContain("Nothing has been sent in the last 24 hours.");
  const asked = form({ intent: "test", requestKey: "key-of-the-click" });
  const answers = [
    await app.request("/notifications", asked),
    await app.request("/notifications", asked),
  ];
  expect(answers[0]?.headers.get("location")).toBe(
    "/notifications?tested=2026-03-01T12%3A00%3A30.000Z",
  );
  expect(new Set(app.sent.map(({ id }) => id))).toEqual(new Set(["test-key-of-the-click"]));
  expect(app.sent[0]).toMatchObject({ name: "notification/test.requested" });
  const after = await app.request("/notifications?tested=2026-03-01T12%3A00%3A30.000Z");
  expect(wordsOf(after.text)).toContain("A test was asked for now ; how it went is shown below.");
});

test("the webhook's last delivery and that of each notification are shown with what went wrong", async () => {
  const app = await testApp(db, { environment: WEBHOOK });
  const id = await told();
  const run = (key: string, more: Partial<Prisma.RunUncheckedCreateInput>) =>
    db.run.create({
      data: {
        action: "deliver-notification",
        idempotencyKey: key,
        correlationId: "c",
        inngestRunId: `run-${key}`,
        startedAt: ago(9),
        endedAt: ago(9),
        expiresAt: ago(0),
        ...more,
      },
    });
  const failed = await run(`notification-${id}`, {
    status: "failed",
    errorCode: "SERVICE_UNAVAILABLE",
    errorMessage: "hooks.example.org refused a delivery with HTTP 503.",
  });
  await db.runAttempt.create({
    data: {
      runId: failed.id,
      step: "deliver-webhook",
      request: "POST /x",
      number: 1,
      startedAt: ago(9),
      durationMs: 1_234,
      status: "retryable",
      data: { status: 503, bytes: 10 },
    },
  });
  // A notification that goes to no channel says nothing of the webhook.
  await run("notification-77", { status: "completed", result: { delivered: [] } });
  const words = wordsOf((await app.request("/notifications")).text);
  expect(words).toContain(
    "Webhook: could not be sent : hooks.example.org refused a delivery with HTTP 503.",
  );
  expect(words).toContain("Last delivery Failed");
  expect(words).toContain("Last answer HTTP 503 after 1.2 s");
  await run("test-1", { status: "completed", result: { delivered: ["webhook"] } });
  const later = wordsOf((await app.request("/notifications")).text);
  expect(later).toContain("Last delivery Delivered");
  expect(later).toContain("A test, begun");
});

test("the API lists notifications by the contract of lists", async () => {
  const app = await testApp(db);
  for (let n = 1; n <= 5; n++) {
    await told({ scope: `s${n}`, severity: n % 2 ? "error" : "warning", createdAt: ago(10) });
  }
  await db.notification.update({ where: { id: 1 }, data: { readAt: NOW } });
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const path = `/api/v1/notifications?limit=2${cursor ? `&cursor=${cursor}` : ""}`;
    const { json } = await app.request(path);
    seen.push(...json.data.map(({ id }: { id: string }) => id));
    cursor = json.nextCursor;
  } while (cursor);
  expect(seen).toEqual(["5", "4", "3", "2", "1"]);
  const { json } = await app.request("/api/v1/notifications?severity=error&unread=1");
  expect(json).toMatchObject({
    data: [
      { id: "5", severity: "error", createdAt: ago(10).toISOString(), readAt: null, standing: [] },
      { id: "3" },
    ],
    nextCursor: null,
  });
});

test("with a token set nobody marks or sends without it", async () => {
  const environment = { ...WEBHOOK, ADMIN_TOKEN: "token-of-sixteen-characters" };
  const app = await testApp(db, { environment });
  await told();
  const { status } = await app.request("/notifications", form({ intent: "read", id: "1" }));
  expect(status).toBe(401);
  expect(await db.notification.count({ where: { readAt: null } })).toBe(1);
  expect((await app.request("/notifications")).status).toBe(200);
});
