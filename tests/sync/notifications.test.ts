import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { createWebhook } from "~/channels/webhook.server.ts";
import { demoRig, type Rig } from "./demo-rig.ts";

// Minutes go by with the whole schedule of the app.
vi.setConfig({ testTimeout: 90_000 });

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Posted = { id: string; kind: string; scope: string; title: string; body: string };

/** A rig whose webhook goes to a receiver that answers as it is told to. */
async function rigWithWebhook() {
  const posted: Posted[] = [];
  let status = 200;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    posted.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(status).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  let now = () => 0;
  const retry = { attempts: 2, startingDelayMs: 1, maxDelayMs: 1 };
  const secret = "secret-of-a-receiver";
  const channel = createWebhook({ url, secret, clock: { now: () => now() }, retry });
  const rig = await demoRig({ channels: [channel], whales: 1, markets: 4, historyFills: 5 });
  now = rig.clock.now;
  closers.push(rig.close);
  return {
    ...rig,
    posted,
    answer: (code: number) => {
      status = code;
    },
  };
}

/** A minute goes by, and its look is taken. */
async function look(rig: Rig) {
  rig.clock.advance(60_000);
  await rig.run("health/check.requested", {});
}

async function failedSync(rig: Rig) {
  const now = new Date(rig.clock.now());
  await rig.db.syncLog.create({
    data: {
      runId: crypto.randomUUID(),
      type: "markets",
      trigger: "cron",
      status: "failed",
      errorCode: "SERVICE_UNAVAILABLE",
      errorMessage: "The venue answered 503.",
      startedAt: now,
      finishedAt: now,
      deadlineAt: now,
      correlationId: "c",
    },
  });
}

test("a job that fails twice in a row is told once, and its recovery once", async () => {
  const rig = await rigWithWebhook();
  await failedSync(rig);
  await look(rig);
  expect(rig.posted).toEqual([]);
  await failedSync(rig);
  await look(rig);
  await failedSync(rig);
  await look(rig);
  expect(rig.posted).toMatchObject([
    { kind: "incident", scope: "opinion", title: "Markets has failed twice in a row" },
  ]);
  expect(rig.posted[0]?.body).toContain("SERVICE_UNAVAILABLE: The venue answered 503.");
  await rig.run("sync/markets.requested", { trigger: "manual" });
  for (let n = 0; n < 4; n++) await look(rig);
  expect(rig.posted).toHaveLength(2);
  expect(rig.posted[1]).toMatchObject({
    kind: "recovery",
    title: "Over: Markets has failed twice in a row",
    incidentId: rig.posted[0]?.id,
  });
  const attempts = await rig.db.runAttempt.findMany({ where: { request: "POST /hook" } });
  expect(attempts).toHaveLength(2);
  expect(attempts[0]).toMatchObject({ step: "deliver-webhook", status: "success", number: 1 });
  expect(attempts[0]?.data).toMatchObject({ status: 200, bytes: 0 });
});

test("a notification whose event comes again and again is delivered once", async () => {
  const rig = await rigWithWebhook();
  await failedSync(rig);
  await failedSync(rig);
  await look(rig);
  const { id } = await rig.db.notification.findFirstOrThrow();
  const data = { notificationId: id, origin: { idempotencyKey: `notification-${id}` } };
  await Promise.all([1, 2, 3].map(() => rig.run("notification/created", data)));
  await look(rig);
  expect(rig.posted).toHaveLength(1);
});

test("a receiver that is down for a while is told when it is back", async () => {
  const rig = await rigWithWebhook();
  rig.answer(503);
  await failedSync(rig);
  await failedSync(rig);
  await look(rig);
  expect(rig.posted).toHaveLength(2);
  rig.answer(200);
  rig.clock.advance(60_000);
  await rig.engine.drain();
  expect(rig.posted).toHaveLength(3);
  expect(new Set(rig.posted.map(({ id }) => id)).size).toBe(1);
  const attempts = await rig.db.runAttempt.findMany({
    where: { request: "POST /hook" },
    orderBy: { id: "asc" },
  });
  expect(attempts.map(({ status }) => status)).toEqual(["retryable", "retryable", "success"]);
  expect(await rig.db.deadLetter.count()).toBe(0);
});

test("a webhook that fails for good is a dead letter, told in the app alone, and starts no circle", async () => {
  const rig = await rigWithWebhook();
  rig.answer(410);
  await failedSync(rig);
  await failedSync(rig);
  await look(rig);
  for (let n = 0; n < 5; n++) await look(rig);
  expect(rig.posted).toHaveLength(1);
  const letters = await rig.db.deadLetter.findMany();
  expect(letters).toMatchObject([{ functionId: "deliver-notification", status: "open" }]);
  const told = await rig.db.notification.findMany({ orderBy: { id: "asc" } });
  expect(told.map(({ kind, scope }) => [kind, scope])).toEqual([
    ["incident", "opinion"],
    ["incident", "notifications"],
  ]);
  expect(told[1]?.body).toContain("unset it");
  // Others of its kind are letters, and no news.
  rig.answer(404);
  await rig.run("notification/test.requested", { requestedAt: new Date().toISOString() });
  for (let n = 0; n < 3; n++) await look(rig);
  expect(new Set(rig.posted.map(({ id }) => id)).size).toBe(rig.posted.length);
  expect(rig.posted.map(({ scope }) => scope)).not.toContain("notifications");
  expect(await rig.db.notification.count({ where: { scope: "notifications" } })).toBe(1);
});

test("a test message arrives and leaves nothing in the list", async () => {
  const rig = await rigWithWebhook();
  await rig.run("notification/test.requested", { requestedAt: "2100-03-01T12:00:30.000Z" });
  expect(rig.posted).toMatchObject([{ kind: "test", title: "Test of a channel" }]);
  expect(await rig.db.notification.count()).toBe(0);
});
