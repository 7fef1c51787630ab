import papaparse from "papaparse";
import { beforeAll, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { testDatabase } from "../database.ts";
import { NOW, testApp } from "./app.tsx";
import { addressOf, seed, seedSync } from "./seed.ts";
import { seedRun } from "./seed-runs.ts";

let db: PrismaClient;
let app: Awaited<ReturnType<typeof testApp>>;

const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

beforeAll(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
  app = await testApp(db);
  await seed(db, { whales: 130, markets: 1_300, trades: 1_300, newest: NOW });
  await db.market.updateMany({ where: { id: { lte: 900 } }, data: { yesPrice: "0.25" } });
  for (const [place, status] of (["completed", "failed", "incomplete"] as const).entries()) {
    for (let minute = 0; minute < 30; minute++) {
      await seedSync(db, {
        type: minute % 3 ? "whales" : "markets",
        trigger: minute % 10 ? "cron" : "manual",
        status,
        errorCode: status === "failed" ? "TIMEOUT" : null,
        startedAt: minutesAgo(place + minute * 7),
      });
    }
    await seedRun(db, { createdAt: minutesAgo(place * 50), functionId: `f-${place % 2}` });
  }
  await seedLetters();
  await db.notification.createMany({
    data: Array.from({ length: 7 }, (_, place) => ({
      kind: place % 2 ? ("recovery" as const) : ("incident" as const),
      severity: place % 2 ? ("success" as const) : ("error" as const),
      scope: "opinion",
      title: "Markets fail",
      body: "-1 of them",
      createdAt: minutesAgo(place),
      readAt: place > 2 ? NOW : null,
      resolvedAt: place > 0 ? NOW : null,
    })),
  });
  await db.quarantinedRow.createMany({
    data: Array.from({ length: 9 }, (_, place) => ({
      venue: "opinion",
      kind: "trades",
      wallet: place % 2 ? addressOf(1) : "",
      contentHash: `hash-${place}`,
      payload: { place, note: "=1+1" },
      path: "price",
      message: "is not a number",
      status: place === 8 ? ("healed" as const) : ("open" as const),
      firstSeenAt: NOW,
      lastSeenAt: minutesAgo(place),
      syncLogId: place % 2 ? 1 : 2,
    })),
  });
});

async function seedLetters() {
  const seen = { message: "The venue answered 503.", firstSeenAt: NOW, lastSeenAt: NOW };
  await db.deadLetterGroup.createMany({
    data: ["a", "b"].map((fingerprint) => ({ fingerprint, code: "TIMEOUT", ...seen })),
  });
  await db.deadLetter.createMany({
    data: Array.from({ length: 12 }, (_, place) => ({
      runId: `run-${place}`,
      functionId: place % 4 ? "sync-whale" : "sync-markets",
      idempotencyKey: `key-${place}`,
      correlationId: `run-${place}`,
      event: {},
      stream: `opinion ${addressOf(place)}`,
      errorCode: "TIMEOUT",
      errorMessage: seen.message,
      fingerprint: place % 4 ? "a" : "b",
      status: place % 3 ? ("open" as const) : ("discarded" as const),
      failedAt: minutesAgo(place * 10),
    })),
  });
}

async function rowsOfCsv(path: string): Promise<Record<string, string>[]> {
  const { status, text } = await app.request(path);
  expect(status, text).toBe(200);
  const parsed = papaparse.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: true,
  });
  expect(parsed.errors).toEqual([]);
  return parsed.data;
}

async function rowsOfJson(path: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  let cursor: string | null = null;
  do {
    const url: URL = new URL(path, "http://localhost");
    url.searchParams.set("limit", "500");
    if (cursor !== null) url.searchParams.set("cursor", cursor);
    const { status, json, text } = await app.request(`${url.pathname}${url.search}`);
    expect(status, text).toBe(200);
    rows.push(...json.data);
    cursor = json.nextCursor;
  } while (cursor !== null);
  return rows;
}

/** The addresses that a page gives for its list as files. */
async function linksOf(page: string): Promise<{ csv: string; json: string }> {
  const { status, text } = await app.request(page);
  expect(status, text).toBe(200);
  const links = [...text.matchAll(/href="([^"]*)"/g)].map(([, href = ""]) =>
    href.replaceAll("&amp;", "&"),
  );
  const csv = links.filter((href) => /^\/[a-z-]+(\/\d+\/[a-z]+)?\.csv(\?|$)/.test(href));
  const json = links.filter((href) => href.startsWith("/api/v1/"));
  expect([page, csv.length, json.length]).toEqual([page, 1, 1]);
  return { csv: csv[0] ?? "", json: json[0] ?? "" };
}

test.each([
  ["/", 1_300],
  ["/?side=sell&min=1000&window=24h", 289],
  ["/?market=7", 1],
  ["/?whale=3&outcome=yes&venue=opinion", 10],
  ["/markets/8", 1],
  ["/whales/3?side=buy", 7],
  ["/markets", 836],
  ["/markets?q=market&sort=volume", 200],
  ["/markets?q=Market+1%2C", 200],
  ["/markets?q=Market+11", 72],
  ["/markets?status=all&sort=newest", 1_115],
  ["/markets?minPrice=0.2&maxPrice=0.3&minVolume=60&venue=opinion", 232],
  ["/markets?cursor=&status=resolved&open=6", 279],
  ["/whales", 104],
  ["/whales?followed=all&sort=last&window=30d", 130],
  ["/whales?followed=no&q=whale", 13],
  ["/whales?window=all&sort=pnl&source=leaderboard&venue=opinion", 104],
  ["/syncs", 90],
  ["/syncs?type=whales&window=1h", 18],
  ["/syncs?status=failed&problem=errors&trigger=manual", 3],
  ["/dead-letters", 8],
  ["/dead-letters?status=discarded&function=sync-markets", 1],
  ["/dead-letters/letters", 12],
  ["/dead-letters/letters?status=open&code=TIMEOUT&fingerprint=a&window=1h", 3],
  [`/dead-letters/letters?stream=opinion ${addressOf(5)}`, 1],
  ["/notifications", 7],
  ["/notifications?severity=error&unread=1", 2],
  ["/runs", 3],
  ["/runs?function=f-0&status=completed&window=1h", 1],
])(
  "the links of %s give the same rows, in the same order, as CSV and as JSON",
  async (page, count) => {
    const links = await linksOf(page);
    const [csv, json] = [await rowsOfCsv(links.csv), await rowsOfJson(links.json)];
    expect(csv.length).toBe(count);
    expect(csv.map(({ id }) => id)).toEqual(json.map(({ id }) => id));
    expect(new Set(csv.map(({ id }) => id)).size).toBe(csv.length);
  },
);

test("the steps of a run, and its quarantined rows, can be had as files from its page", async () => {
  const syncLogId = 5;
  await db.syncPart.createMany({
    data: Array.from({ length: 600 }, (_, place) => ({
      syncLogId,
      key: String(place + 1),
      status: place % 100 ? ("completed" as const) : ("failed" as const),
      startedAt: place < 550 ? new Date(NOW.getTime() + Math.floor(place / 2)) : null,
    })),
  });
  for (const [page, count] of [
    [`/syncs/${syncLogId}`, 600],
    [`/syncs/${syncLogId}?steps=failed`, 6],
  ] as const) {
    const links = await linksOf(page);
    const [csv, json] = [await rowsOfCsv(links.csv), await rowsOfJson(links.json)];
    expect(csv).toHaveLength(count);
    expect(csv.map(({ key }) => key)).toEqual(json.map(({ key }) => key));
  }
  const [step] = await rowsOfCsv(`/syncs/${syncLogId}/steps.csv`);
  expect(step).toMatchObject({ key: "1", wallet: addressOf(1), status: "failed" });
  for (const path of ["/syncs/99/steps.csv", "/api/v1/syncs/99/steps", "/syncs/x/steps.csv"]) {
    expect([path, (await app.request(path)).status]).toEqual([path, 404]);
  }
  const { text } = await app.request("/syncs/1");
  expect(text).toContain("/quarantine.csv?sync=1");
  expect(text).toContain("/api/v1/quarantine?sync=1");
});

test("figures and times of a file are those of the API, to the last digit", async () => {
  const links = await linksOf("/markets?status=all&sort=volume");
  const [csv, json] = [await rowsOfCsv(links.csv), await rowsOfJson(links.json)];
  for (const [place, market] of json.entries()) {
    const { yesPrice, volume24h, openedAt, title, parentId } = market;
    expect(parentId).toBeNull();
    expect(csv[place]).toMatchObject({
      title,
      yesPrice: yesPrice ?? "",
      volume24h: volume24h ?? "",
      openedAt: openedAt ?? "",
    });
  }
  const syncs = await rowsOfCsv("/syncs.csv");
  const stored = await rowsOfJson("/api/v1/syncs");
  const texts = stored.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value ?? "")])),
  );
  expect(syncs).toEqual(texts);
});

test("a group stands in the file with the number of its outcomes and the likeliest", async () => {
  await db.market.update({ where: { id: 7 }, data: { title: "By far", yesPrice: "0.9" } });
  const rows = await rowsOfCsv("/markets.csv?status=all");
  const group = rows.find(({ id }) => id === "6");
  expect(group).toMatchObject({
    kind: "categorical",
    outcomes: "1",
    leadingOutcome: "By far",
    leadingYesPrice: "0.9",
  });
  expect(rows.find(({ kind }) => kind === "binary")?.outcomes).toBe("");
});

test("quarantined rows come with what was received; those of one run too", async () => {
  const rows = await rowsOfCsv("/quarantine.csv");
  expect(rows.map(({ id }) => id)).toEqual(
    (await rowsOfJson("/api/v1/quarantine")).map(({ id }) => id),
  );
  expect(JSON.parse(rows[0]?.payload ?? "")).toEqual({ place: 0, note: "=1+1" });
  const ofRun = await rowsOfCsv("/quarantine.csv?sync=1&status=open");
  expect(ofRun).toHaveLength(4);
  expect(ofRun.map(({ id }) => id)).toEqual(
    (await rowsOfJson("/api/v1/quarantine?status=open&sync=1")).map(({ id }) => id),
  );
});

test("a market that is filtered by our number and by the venue's has the same trades", async () => {
  const ours = await rowsOfJson("/api/v1/trades?ofMarket=8");
  expect(ours.length).toBeGreaterThan(0);
  expect(ours).toEqual(await rowsOfJson("/api/v1/trades?market=1008"));
  const wallet = await rowsOfJson(`/api/v1/trades?wallet=${addressOf(3)}`);
  expect(wallet).toEqual(await rowsOfJson("/api/v1/trades?whale=3"));
});

const FILES = [
  "/trades.csv",
  "/markets.csv",
  "/whales.csv",
  "/syncs.csv",
  "/runs.csv",
  "/quarantine.csv",
  "/dead-letters.csv",
  "/notifications.csv",
];

test.each(FILES)("%s refuses what is wrong, and only reads", async (path) => {
  const wrong = ["cursor=x", "limit=5", "page=2", "status=x", "window=1y", "venue=elsewhere"];
  for (const query of wrong) {
    const { status, json } = await app.request(`${path}?${query}`);
    expect([query, status]).toEqual([query, 400]);
    expect(json.error).toMatchObject({ code: "INVALID_INPUT" });
    expect(json.error.message).toBeTruthy();
  }
  const head = await app.request(path, { method: "HEAD" });
  expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"]);
  expect((await app.request(path, { method: "POST" })).status).toBe(405);
  const elsewhere = await app.request(path, { headers: { host: "rebound.example" } });
  expect(elsewhere.status).toBe(403);
});

test.each([
  "/api/v1/trades?wallet=0x0000000000000000000000000000000000000001&whale=1",
  "/api/v1/trades?market=1001&ofMarket=1",
  "/api/v1/trades?window=1h&from=2026-01-31T12:00:00Z",
  "/api/v1/markets?category=Sports",
  "/api/v1/markets?sort=volume&kind=binary",
  "/api/v1/markets?sort=volume&venue=elsewhere",
  "/api/v1/markets?sort=volume&minPrice=0.9&maxPrice=0.1",
  "/api/v1/whales?window=7d",
  "/api/v1/whales?sort=volume&followed=no",
  "/api/v1/syncs?problem=x",
  "/api/v1/runs?status=x",
  "/api/v1/runs?limit=501",
  "/api/v1/quarantine?sync=x",
])("%s is refused", async (path) => {
  const { status, json } = await app.request(path);
  expect([status, json.error.code]).toEqual([400, "INVALID_INPUT"]);
});

test("the file is read without signing in where changes ask for it", async () => {
  const guarded = await testApp(db, {
    environment: { HOST: "0.0.0.0", ADMIN_TOKEN: "a-token-of-sixteen-characters" },
  });
  expect((await guarded.request("/syncs.csv")).status).toBe(200);
});

test("where an Inngest server executes the runs, their list says where it is instead of being empty", async () => {
  const elsewhere = await testApp(db, {
    environment: { INNGEST_BASE_URL: "http://127.0.0.1:8288" },
    engine: null,
  });
  for (const path of ["/runs.csv", "/api/v1/runs"]) {
    const { status, json } = await elsewhere.request(path);
    expect(status).toBe(404);
    expect(json.error.message).toContain("http://127.0.0.1:8288");
  }
});
