import { afterEach, describe, expect, test, vi } from "vitest";
import { attemptWords, barsOfAttempt, groupAttempts } from "~/features/syncs/waterfall.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { AttemptItem } from "~/reliability/attempt-item.server.ts";
import { NOW, testApp } from "../api/app.tsx";
import { seed, seedSync } from "../api/seed.ts";
import { testDatabase } from "../database.ts";
import { demoRig, type Rig } from "../sync/demo-rig.ts";
import { wordsOf } from "./words.ts";

vi.setConfig({ testTimeout: 120_000 });

const attempt = (over: Partial<AttemptItem>): AttemptItem => ({
  id: "1",
  step: "opinion-walk-0",
  request: "GET /openapi/market?page=1",
  number: 1,
  startedAt: "2026-03-01T12:00:01.000Z",
  durationMs: 500,
  status: "success",
  code: null,
  message: null,
  http: { status: 200, waitMs: 100, bytes: 1234, retryAfterMs: null },
  ...over,
});
const span = {
  start: Date.parse("2026-03-01T12:00:00Z"),
  end: Date.parse("2026-03-01T12:00:10Z"),
};

describe("attempts", () => {
  test("at one request belong together, also where requests are made side by side", () => {
    const attempts = [
      attempt({ id: "1", request: "a", number: 1 }),
      attempt({ id: "2", request: "b", number: 1 }),
      attempt({ id: "3", request: "a", number: 2 }),
      attempt({ id: "4", request: "b", number: 1 }),
      attempt({ id: "5", request: "b", number: 2 }),
    ];
    expect(groupAttempts(attempts).map((group) => group.attempts.map(({ id }) => id))).toEqual([
      ["1", "3"],
      ["2"],
      ["4", "5"],
    ]);
  });

  test("are drawn as their wait and the request itself, and told in words", () => {
    expect(barsOfAttempt(attempt({}), span)).toEqual([
      { key: "wait", status: "waiting", left: 10, width: 1 },
      { key: "request", status: "completed", left: 11, width: 4 },
    ]);
    const limited = attempt({
      status: "retryable",
      http: { status: 429, waitMs: 0, bytes: 20, retryAfterMs: 2_000 },
    });
    expect(barsOfAttempt(limited, span)).toMatchObject([{ key: "request", status: "failed" }]);
    expect(attemptWords(limited, span)).toEqual([
      "after 1.0 s",
      "waited 0 ms",
      "answered in 500 ms",
      "20 B",
      "Retry-After 2.0 s",
    ]);
    const dead = { status: null, waitMs: null, bytes: null, retryAfterMs: null };
    expect(attemptWords(attempt({ http: dead }), span)).toEqual([
      "after 1.0 s",
      "wait not recorded",
      "ended after 500 ms",
    ]);
  });
});

describe("a run against the demo venue", () => {
  let rig: Rig;
  afterEach(() => rig.close());

  const pageOf = async (path: string) => {
    const app = await testApp(rig.db, { clock: rig.clock });
    const { status, text } = await app.request(path);
    expect(status, path).toBe(200);
    return text;
  };
  const newest = async (type: "markets" | "whales") =>
    rig.db.syncLog.findFirstOrThrow({ where: { type }, orderBy: { id: "desc" } });

  test("of markets shows its pages, and a refused one with its attempts, status, wait and Retry-After", async () => {
    rig = await demoRig();
    await rig.fault({ kind: "rate-limit-seconds", match: "markets", count: 1, retryAfter: 1 });
    await rig.run("sync/markets.requested", { trigger: "manual" });
    const { id } = await newest("markets");
    const html = await pageOf(`/syncs/${id}`);
    const text = wordsOf(html);
    expect(text).toMatch(/Open markets 1 Completed after .* took/);
    expect(text).toMatch(
      /GET \/[^ ]*market\?page=1[^ ]* Attempt 1 HTTP 429 after .* waited .* answered in .* Retry-After 1\.0 s RATE_LIMITED/,
    );
    expect(text).toMatch(/Attempt 2 HTTP 200 after .* \d kB|Attempt 2 HTTP 200 after .* B/);
    expect(text).toMatch(/Before and after them: .*open.*close/);
    expect(html).not.toContain(rig.venue.apiKey);
    expect(html).not.toContain(new URL(rig.venue.url).host);
    expect(html).not.toMatch(/<details[^>]* open/);

    const link = /href="([^"]*\?step=opinion-walk-0)"/.exec(html)?.[1];
    const alone = wordsOf(await pageOf(`/syncs/${id}?step=opinion-walk-0`));
    expect(link).toBeDefined();
    expect(alone).toContain("Bars stand for the time of the step");
    expect(alone).toMatch(/page=2/);
    const failed = wordsOf(await pageOf(`/syncs/${id}?step=opinion-walk-0&attempts=failed`));
    expect(failed).toContain("HTTP 429");
    expect(failed).not.toContain("HTTP 200");
    const app = await testApp(rig.db);
    expect((await app.request(`/syncs/${id}?step=nothing`)).status).toBe(404);
  });

  test("of wallets shows each wallet's own requests, and those of no other run", async () => {
    rig = await demoRig();
    await rig.run("sync/discovery.requested", { trigger: "start" });
    await rig.fault({ kind: "server-error", match: "trades", count: 1 });
    await rig.run("sync/whales.requested", { trigger: "manual", all: true });
    const { id } = await newest("whales");
    const text = wordsOf(await pageOf(`/syncs/${id}`));
    const wallets = await rig.db.whale.findMany({ where: { followed: true } });
    expect(wallets).toHaveLength(4);
    for (const { address } of wallets) {
      expect(text.split(`/trade/user/${address}?page=1`), address).toHaveLength(2);
    }
    expect(text).toMatch(/Attempt 1 HTTP 50\d after .* SERVICE_UNAVAILABLE: .* Attempt 2 HTTP 200/);
  });
});

describe("attempts that are not there", () => {
  let db: PrismaClient;

  async function stepOf(finished: Date, requests: number, status: "completed" | "running") {
    const database = await testDatabase();
    await database.reset();
    db = database.db;
    await seed(db, { whales: 1, markets: 1, trades: 0, newest: NOW });
    const id = await seedSync(db, {
      type: "whales",
      status: status === "running" ? "running" : "completed",
      startedAt: new Date(finished.getTime() - 1_000),
      finishedAt: status === "running" ? null : finished,
    });
    await db.syncPart.create({
      data: {
        syncLogId: id,
        key: "1",
        status,
        requests,
        startedAt: new Date(finished.getTime() - 1_000),
        finishedAt: status === "running" ? null : finished,
      },
    });
    const app = await testApp(db);
    return wordsOf((await app.request(`/syncs/${id}`)).text);
  }

  const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);

  test("are told apart: not kept any more, not recorded, none made, none ended yet", async () => {
    expect(await stepOf(hoursAgo(25), 3, "completed")).toContain(
      "Its requests are not kept any more",
    );
    expect(await stepOf(hoursAgo(1), 3, "completed")).toContain("not recorded one by one");
    expect(await stepOf(hoursAgo(1), 0, "completed")).toContain("It made no request.");
    expect(await stepOf(hoursAgo(0), 0, "running")).toContain("No request of it has ended yet.");
  });
});
