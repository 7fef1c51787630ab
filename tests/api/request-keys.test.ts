import { beforeEach, expect, test } from "vitest";
import { testDatabase } from "../database.ts";
import { testApp } from "./app.tsx";

const { db, reset } = await testDatabase();
beforeEach(reset);

const form = (fields: Record<string, string>) => ({
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams(fields).toString(),
});

const start = (headers: Record<string, string> = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ type: "markets" }),
});

/** The key that the page's forms carry. */
const keyOf = (html: string) =>
  /<input type="hidden" name="requestKey" value="([\w-]{8,64})"/.exec(html)?.[1];

test("a page's forms carry a key of their own, different each time it is asked for", async () => {
  const app = await testApp(db);
  const first = keyOf((await app.request("/syncs")).text);
  const second = keyOf((await app.request("/syncs")).text);
  expect(first).toBeDefined();
  expect(second).toBeDefined();
  expect(first).not.toBe(second);
});

test("a click that is delivered twice asks for one run; two clicks for two", async () => {
  const app = await testApp(db);
  const requestKey = keyOf((await app.request("/syncs")).text) ?? "";
  const click = form({ intent: "run", type: "markets", requestKey });
  expect((await app.request("/syncs", click)).status).toBe(302);
  expect((await app.request("/syncs", click)).status).toBe(302);
  const next = keyOf((await app.request("/syncs")).text) ?? "";
  await app.request("/syncs", form({ intent: "run", type: "markets", requestKey: next }));
  // Another job's button on the same page.
  await app.request("/syncs", form({ intent: "run", type: "stats", requestKey }));
  const ids = app.sent.map(({ id }) => id);
  expect(ids[0]).toBe(ids[1]);
  expect(new Set(ids).size).toBe(3);
});

test("an event that is sent by hand twice with one click has one id; a typed id goes before", async () => {
  const app = await testApp(db);
  const requestKey = keyOf((await app.request("/runs/send?event=cleanup/requested")).text) ?? "";
  const fields = {
    event: "cleanup/requested",
    mode: "fields",
    "data.trigger": "manual",
    intent: "send",
    requestKey,
  };
  await app.request("/runs/send", form(fields));
  await app.request("/runs/send", form(fields));
  await app.request("/runs/send", form({ ...fields, id: "mine" }));
  const ids = app.sent.map(({ id }) => id);
  expect(ids).toEqual([`sent-${requestKey}`, `sent-${requestKey}`, "mine"]);
});

test("a request to the API that names itself starts its job once, and is answered alike", async () => {
  const app = await testApp(db);
  const key = { "idempotency-key": "2026-03-01/nightly:7" };
  const first = await app.request("/api/v1/syncs", start(key));
  const again = await app.request("/api/v1/syncs", start(key));
  expect([first.status, again.status]).toEqual([202, 202]);
  expect(again.json).toEqual(first.json);
  expect(app.sent.map(({ id }) => id)).toEqual(Array(2).fill(first.json.data.eventId));
  const other = await app.request("/api/v1/syncs", start({ "idempotency-key": "other" }));
  expect(other.json.data.eventId).not.toBe(first.json.data.eventId);
  await app.request("/api/v1/syncs", start());
  expect(app.sent.at(-1)?.id).toBeUndefined();
});

test.each(["", "two words", "x".repeat(201), "schlüssel"])(
  "the key %j of a request is refused",
  async (key) => {
    const app = await testApp(db);
    const answer = await app.request("/api/v1/syncs", start({ "idempotency-key": key }));
    expect(answer.status).toBe(400);
    expect(answer.json.error).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("Idempotency-Key"),
    });
    expect(app.sent).toEqual([]);
  },
);

test("a form's key that is none is refused", async () => {
  const app = await testApp(db);
  const click = form({ intent: "run", type: "markets", requestKey: "no key" });
  expect((await app.request("/syncs", click)).status).toBe(400);
  expect(app.sent).toEqual([]);
});
