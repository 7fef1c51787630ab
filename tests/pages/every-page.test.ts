import { beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { form, NOW, testApp } from "../api/app.tsx";
import { seed, seedSync } from "../api/seed.ts";
import { seedRun } from "../api/seed-runs.ts";
import { testDatabase } from "../database.ts";

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
});

test("what does not exist is a 404 page, a wrong search a 400 page, never a 500", async () => {
  const app = await testApp(db);
  const missing = [
    "/nope",
    "/nope/deeper",
    "/markets/1",
    "/whales/0",
    "/syncs/99999999999",
    "/runs/99999999999",
    "/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "/markets/x%00",
    "/markets/1/2",
  ];
  for (const path of missing) {
    const { status, text } = await app.request(path);
    expect([path, status]).toEqual([path, 404]);
    expect(text).toContain("Not found");
  }
  await seed(db, { whales: 1, markets: 1, trades: 1, newest: NOW });
  const wrong = [
    "/?cursor=x",
    "/?page=2",
    "/markets?status=x",
    "/?venue=x",
    "/markets?venue=x",
    "/whales?venue=x",
    "/markets/1?cursor=x",
    "/whales?cursor=W10",
    "/syncs?type=x",
    "/runs?status=x",
    "/runs/send?event=x",
    "/dead-letters?status=x",
  ];
  for (const path of wrong) expect([path, (await app.request(path)).status]).toEqual([path, 400]);
  for (const path of ["/", "/markets", "/markets/1"]) {
    expect([path, (await app.request(path, { method: "POST" })).status]).toEqual([path, 405]);
  }
  const body = new URLSearchParams({ type: "x".repeat(70_000) });
  expect((await app.request("/syncs", { ...form({}), body: body.toString() })).status).toBe(413);
  expect((await app.request("/whales", { method: "POST", body: "text" })).status).toBe(415);
});

test("every page has one title, one description and one main heading", async () => {
  await seed(db, { whales: 2, markets: 2, trades: 2, newest: NOW });
  const id = await seedSync(db, { type: "stats", startedAt: NOW });
  const runId = await seedRun(db, { createdAt: NOW });
  const app = await testApp(db);
  const titles = new Set<string>();
  for (const path of [
    "/",
    "/markets",
    "/markets/1",
    "/whales",
    "/whales/1",
    "/whales/1/backfill",
    "/syncs",
    `/syncs/${id}`,
    "/notifications",
    "/dead-letters",
    "/dead-letters/letters",
    `/dead-letters/replay?until=${NOW.toISOString()}`,
    `/dead-letters/discard?until=${NOW.toISOString()}`,
    "/runs",
    "/runs/send?event=cleanup/requested",
    `/runs/${runId}`,
    "/nope",
  ]) {
    const { text } = await app.request(path);
    for (const tag of ["<title>", '<meta name="description"', "<h1"]) {
      expect([path, tag, text.split(tag).length - 1]).toEqual([path, tag, 1]);
    }
    titles.add(/<title>([^<]*)/.exec(text)?.[1] ?? "");
  }
  expect(titles.size).toBe(17);
});
