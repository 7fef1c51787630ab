import { beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { createError } from "~/reliability/errors.ts";
import { testDatabase } from "../database.ts";
import { form, json, NOW, testApp } from "./app.tsx";
import { seed } from "./seed.ts";

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
});

const ADDRESS = "0xABCDEF0123456789abcdef0123456789ABCDEF01";
const follow = (extra = {}) => json("POST", { venue: "opinion", address: ADDRESS, ...extra });

test("a wallet is followed once, in lower case, however often it is sent", async () => {
  const { request } = await testApp(db);
  const first = await request("/api/v1/whales", follow({ label: " Big one " }));
  expect(first.status).toBe(201);
  expect(first.json.data).toMatchObject({
    address: ADDRESS.toLowerCase(),
    label: "Big one",
    source: "manual",
    followed: true,
    followedAt: NOW.toISOString(),
    lastTradeAt: null,
    history: null,
  });
  const again = await request("/api/v1/whales", follow());
  expect(again.status).toBe(200);
  expect(again.json.data).toEqual(first.json.data);
  expect(await db.whale.count()).toBe(1);
});

test("unfollowing keeps the whale and its trades, and following again takes it back", async () => {
  const { request } = await testApp(db);
  await seed(db, { whales: 1, markets: 1, trades: 5, newest: NOW });
  expect((await request("/api/v1/whales/1", { method: "DELETE" })).status).toBe(204);
  expect((await request("/api/v1/whales/1", { method: "DELETE" })).status).toBe(204);
  expect((await request("/api/v1/whales/1")).json.data.followed).toBe(false);
  expect((await request("/api/v1/trades")).json.data).toHaveLength(5);
  const { address } = await db.whale.findFirstOrThrow();
  const again = await request("/api/v1/whales", follow({ address }));
  expect([again.status, again.json.data.id, again.json.data.followed]).toEqual([200, "1", true]);
});

test("a venue that this server does not know is refused by name", async () => {
  const { request } = await testApp(db);
  const { status, json: body } = await request("/api/v1/whales", follow({ venue: "elsewhere" }));
  expect([status, body.error]).toEqual([
    400,
    { code: "INVALID_INPUT", message: "venue: must be one of opinion" },
  ]);
});

test.each([
  ["markets", "sync/markets.requested", { trigger: "manual" }],
  ["whales", "sync/whales.requested", { trigger: "manual", all: true }],
  ["discovery", "sync/discovery.requested", { trigger: "manual" }],
  ["stats", "stats/compute.requested", { trigger: "manual" }],
  ["cleanup", "cleanup/requested", { trigger: "manual" }],
])("asking for %s sends its event and answers with the event's id", async (type, name, data) => {
  const { request, sent } = await testApp(db);
  const { status, json: body } = await request("/api/v1/syncs", json("POST", { type }));
  expect([status, body]).toEqual([202, { data: { eventId: "event-1" } }]);
  expect(sent).toEqual([{ name, data }]);
});

test("a job engine that does not accept the event is a 503 that says so", async () => {
  const send = async () => {
    throw createError("SERVICE_UNAVAILABLE", "the job engine at engine.local does not answer");
  };
  const { request } = await testApp(db, { send });
  const { status, json: body } = await request("/api/v1/syncs", json("POST", { type: "stats" }));
  expect([status, body.error.code]).toEqual([503, "SERVICE_UNAVAILABLE"]);
});

test("a failure nobody foresaw is a 500 in the error shape that tells nothing", async () => {
  const send = async () => {
    throw new Error("password is hunter2");
  };
  const { request } = await testApp(db, { send });
  const answer = await request("/api/v1/syncs", json("POST", { type: "stats" }));
  expect([answer.status, answer.json.error.code]).toEqual([500, "UNEXPECTED_ERROR"]);
  expect(answer.text).not.toContain("hunter2");
});

test("a write from another site is refused, one without an origin or from here is not", async () => {
  const { request, sent } = await testApp(db);
  const send = (headers: Record<string, string>) =>
    request("/api/v1/syncs", json("POST", { type: "stats" }, headers));
  for (const origin of ["https://evil.example", "null", "http://127.0.0.1:3001", "nonsense"]) {
    const { status, json: body } = await send({ origin });
    expect([status, body.error.code]).toEqual([403, "UNAUTHORIZED"]);
  }
  expect(sent).toEqual([]);
  expect((await send({ origin: "http://127.0.0.1:3000" })).status).toBe(202);
  expect((await send({ host: "localhost:3000", origin: "http://localhost:3000" })).status).toBe(
    202,
  );
  expect((await send({})).status).toBe(202);
});

test("a page form from another site is refused with a page", async () => {
  const { request, sent } = await testApp(db);
  const foreign = form({ type: "stats" });
  const answer = await request("/syncs", {
    ...foreign,
    headers: { ...foreign.headers, origin: "https://evil.example" },
  });
  expect(answer.status).toBe(403);
  expect(answer.text).toContain("own pages");
  expect(sent).toEqual([]);
});

test("on loopback a name that only points here is refused, for reads too", async () => {
  const { request } = await testApp(db);
  for (const host of [
    "evil.example",
    "evil.example:3000",
    "127.0.0.1.evil.example",
    "[::2]:3000",
    "a b",
  ]) {
    const answer = await request("/api/v1/whales", { headers: { host } });
    expect([answer.status, answer.json.error.code]).toEqual([403, "UNAUTHORIZED"]);
    expect((await request("/whales", { headers: { host } })).status).toBe(403);
  }
  for (const host of ["localhost", "LOCALHOST:3000", "127.0.0.1:1", "[::1]:3000"]) {
    expect((await request("/api/v1/whales", { headers: { host } })).status).toBe(200);
  }
});

test("a server that others reach asks every write for its token, and no read", async () => {
  const environment = { HOST: "0.0.0.0", ADMIN_TOKEN: "a-long-enough-token" };
  const { request, sent } = await testApp(db, { environment });
  const host = "scope.example";
  const send = (headers: Record<string, string>) =>
    request("/api/v1/syncs", json("POST", { type: "stats" }, { host, ...headers }));
  for (const headers of [
    {},
    { authorization: "Bearer wrong" },
    { authorization: "a-long-enough-token" },
  ]) {
    const answer = await send(headers as Record<string, string>);
    expect([answer.status, answer.json.error.code]).toEqual([401, "UNAUTHORIZED"]);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  }
  const submitted = form({ type: "stats" });
  const page = await request("/syncs", { ...submitted, headers: { ...submitted.headers, host } });
  expect(page.status).toBe(401);
  expect(sent).toEqual([]);
  expect((await send({ authorization: "Bearer a-long-enough-token" })).status).toBe(202);
  expect((await request("/api/v1/syncs", { headers: { host } })).status).toBe(200);
});

test("health says the process lives, readiness that it can serve", async () => {
  const { request } = await testApp(db);
  expect((await request("/healthz")).json).toEqual({ status: "ok" });
  expect((await request("/readyz")).json).toMatchObject({ status: "ready" });
});
