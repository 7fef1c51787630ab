import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { AttemptRecord } from "~/reliability/attempts.server.ts";
import { AppError } from "~/reliability/errors.ts";
import type { Message } from "./channel.ts";
import { createWebhook, type WebhookOptions } from "./webhook.server.ts";

const SECRET = "secret-of-a-receiver";
const NOW = Date.parse("2026-03-01T12:00:30.900Z");
const MESSAGE: Message = {
  id: "17",
  kind: "incident",
  severity: "error",
  scope: "opinion",
  title: "Whale trades has failed twice in a row – “ünïcode”",
  body: "one\ntwo",
  link: "/syncs?type=whales",
  createdAt: "2026-03-01T12:00:00.000Z",
  incidentId: null,
};

type Received = { headers: IncomingMessage["headers"]; method?: string; url?: string; raw: Buffer };
type Answer = (response: ServerResponse) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A receiver that answers in turn, the last answer for ever, and keeps what it was sent. */
async function receiver(...answers: Answer[]) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { headers, method, url } = request;
    received.push({ headers, method, url, raw: Buffer.concat(chunks) });
    const answer = answers[Math.min(received.length, answers.length) - 1];
    answer?.(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { received, port, url: `http://127.0.0.1:${port}/hooks/here?room=1` };
}

const status =
  (code: number, headers: Record<string, string> = {}, body = "answer"): Answer =>
  (response) =>
    response.writeHead(code, headers).end(body);

function webhook(url: string, options: Partial<WebhookOptions> = {}) {
  const attempts: AttemptRecord[] = [];
  const log = { record: async (attempt: AttemptRecord) => void attempts.push(attempt) };
  const channel = createWebhook({
    url,
    secret: SECRET,
    clock: { now: () => NOW },
    retry: { attempts: 3, startingDelayMs: 1, maxDelayMs: 2 },
    ...options,
  });
  return { attempts, channel, deliver: () => channel.deliver(MESSAGE, log) };
}

async function failure(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw new Error(`no AppError but ${error}`);
  return error;
}

test("a receiver can tell from the raw bytes who sent a delivery, and when", async () => {
  const { url, received } = await receiver(status(204, {}, ""));
  await webhook(url).deliver();
  const [delivery] = received;
  if (!delivery) throw new Error("nothing arrived");
  const { headers, raw, method } = delivery;
  const timestamp = String(headers["x-opinion-scope-timestamp"]);
  const [version, given = ""] = String(headers["x-opinion-scope-signature"]).split("=");
  const expected = createHmac("sha256", SECRET).update(`${timestamp}.`).update(raw).digest();
  expect(version).toBe("v1");
  expect(timingSafeEqual(Buffer.from(given, "hex"), expected)).toBe(true);
  expect(timestamp).toBe(String(Math.floor(NOW / 1_000)));
  expect([method, delivery.url]).toEqual(["POST", "/hooks/here?room=1"]);
  expect(headers).toMatchObject({
    "content-type": "application/json",
    "user-agent": "opinion-scope",
    "x-opinion-scope-delivery": "17",
    "content-length": String(raw.length),
  });
  expect(JSON.parse(raw.toString())).toEqual(MESSAGE);
});

test("a body that was changed, or an old one sent again with another time, does not fit its signature", async () => {
  const { url, received } = await receiver(status(200));
  await webhook(url).deliver();
  const { headers, raw } = received[0] as Received;
  const signed = (timestamp: string, body: Buffer) =>
    `v1=${createHmac("sha256", SECRET).update(`${timestamp}.`).update(body).digest("hex")}`;
  const timestamp = String(headers["x-opinion-scope-timestamp"]);
  const signature = headers["x-opinion-scope-signature"];
  expect(signature).toBe(signed(timestamp, raw));
  expect(signature).not.toBe(signed(String(Number(timestamp) + 1), raw));
  const changed = Buffer.from(raw);
  changed[5] = (changed[5] ?? 0) ^ 1;
  expect(signature).not.toBe(signed(timestamp, changed));
});

test("a hiccup is tried again; every attempt is kept with status, bytes and time, the answer is not", async () => {
  const { url, received } = await receiver(status(500, {}, "private stack"), status(200, {}, "ok"));
  const { deliver, attempts } = webhook(url);
  await deliver();
  expect(received).toHaveLength(2);
  expect(received[0]?.raw.equals(received[1]?.raw ?? Buffer.alloc(0))).toBe(true);
  expect(attempts).toMatchObject([
    { number: 1, request: "POST /hooks/here", status: "retryable", code: "SERVICE_UNAVAILABLE" },
    { number: 2, request: "POST /hooks/here", status: "success", code: null },
  ]);
  expect(attempts.map(({ data }) => data)).toEqual([
    { status: 500, bytes: 13 },
    { status: 200, bytes: 2 },
  ]);
  expect(attempts.every(({ durationMs }) => durationMs >= 0)).toBe(true);
  expect(JSON.stringify(attempts)).not.toContain("private stack");
});

test("an answer that says no is final, and says what to do", async () => {
  for (const [code, words] of [
    [410, "unset it"],
    [404, "Check WEBHOOK_URL"],
    [401, "WEBHOOK_SECRET"],
    [403, "WEBHOOK_SECRET"],
  ] as const) {
    const { url, received } = await receiver(status(code));
    const error = await failure(webhook(url).deliver());
    expect([code, error.retryable]).toEqual([code, false]);
    expect(error.userMessage).toContain(words);
    expect(received).toHaveLength(1);
  }
});

test("408, 425, 429 and 5xx may be different in a while", async () => {
  for (const code of [408, 425, 429, 500, 502, 503]) {
    const { url, received } = await receiver(status(code));
    const error = await failure(webhook(url).deliver());
    expect([code, error.code, error.retryable]).toEqual([code, "MAX_RETRIES_EXCEEDED", true]);
    expect(received).toHaveLength(3);
  }
});

test("a redirect is not followed, and the error names where it leads", async () => {
  const other = await receiver(status(200));
  const { url, received } = await receiver(
    status(307, { location: `http://127.0.0.1:${other.port}/x?token=t` }),
  );
  const error = await failure(webhook(url).deliver());
  expect([error.code, error.retryable]).toEqual(["INVALID_CONFIG", false]);
  expect(error.userMessage).toContain(`http://127.0.0.1:${other.port} (HTTP 307)`);
  expect(error.userMessage).not.toContain("token");
  expect([received.length, other.received.length]).toEqual([1, 0]);
});

test("a receiver that asks for a long wait is left alone for so long", async () => {
  const { url, received } = await receiver(status(429, { "retry-after": "90" }));
  const { deliver, attempts } = webhook(url);
  const error = await failure(deliver());
  expect(error).toMatchObject({ code: "RATE_LIMITED", retryable: true, retryAfterMs: 90_000 });
  expect(received).toHaveLength(1);
  expect(attempts[0]?.data).toMatchObject({ status: 429, retryAfterMs: 90_000 });
});

test("a receiver that asks for a short wait is asked again no earlier", async () => {
  const { url, received } = await receiver(status(503, { "retry-after": "0.2" }), status(200));
  const begin = performance.now();
  await webhook(url).deliver();
  expect(performance.now() - begin).toBeGreaterThanOrEqual(200);
  expect(received).toHaveLength(2);
});

test("a receiver that does not answer in time is given up", async () => {
  const { url } = await receiver(() => {});
  const { deliver, attempts } = webhook(url, {
    timeoutMs: 60,
    retry: { attempts: 1, startingDelayMs: 1, maxDelayMs: 1 },
  });
  const error = await failure(deliver());
  expect(error).toMatchObject({ code: "TIMEOUT", retryable: true });
  expect(error.userMessage).toMatch(/^127\.0\.0\.1:\d+ did not answer within 0\.06 s\.$/);
  expect(attempts).toMatchObject([{ status: "retryable", code: "TIMEOUT" }]);
});

test("a delivery counts once the answer says 2xx, however its body goes on", async () => {
  const endless = await receiver((response) => void response.writeHead(200).write("…"));
  await webhook(endless.url, { timeoutMs: 1_000 }).deliver();
  const large = await receiver(status(200, {}, "x".repeat(1_000_000)));
  const { deliver, attempts } = webhook(large.url);
  await deliver();
  expect(Number(attempts[0]?.data?.bytes)).toBeLessThan(200_000);
  expect([endless.received.length, large.received.length]).toEqual([1, 1]);
});

test("a refusal stands although its body never ends", async () => {
  const { url } = await receiver((response) => void response.writeHead(410).write("…"));
  const error = await failure(webhook(url, { timeoutMs: 1_000 }).deliver());
  expect(error.userMessage).toContain("HTTP 410");
});

test("nobody listening is worth another attempt", async () => {
  const { port, url } = await receiver();
  for (const close of closers.splice(0)) close();
  const error = await failure(webhook(url).deliver());
  expect(error).toMatchObject({ code: "MAX_RETRIES_EXCEEDED", retryable: true });
  expect(error.userMessage).toContain(`127.0.0.1:${port}`);
});

test("a user in the address is sent as basic authorisation, and shown nowhere", async () => {
  const { port, received } = await receiver(status(200));
  const { channel, deliver, attempts } = webhook(`http://scope:p%40ss@127.0.0.1:${port}/in`);
  await deliver();
  const basic = Buffer.from("scope:p@ss").toString("base64");
  expect(received[0]?.headers.authorization).toBe(`Basic ${basic}`);
  expect(channel.target).toBe(`127.0.0.1:${port}`);
  expect(JSON.stringify(attempts)).not.toContain("p%40ss");
});

test("a per cent sign in a user or password that stands for itself is sent as it is", async () => {
  const { port, received } = await receiver(status(200));
  await webhook(`http://scope:100%@127.0.0.1:${port}/in`).deliver();
  const basic = Buffer.from("scope:100%").toString("base64");
  expect(received[0]?.headers.authorization).toBe(`Basic ${basic}`);
});
