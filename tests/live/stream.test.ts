import net from "node:net";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { announce, createLive, type Live } from "~/lib/live.server.ts";
import { testDatabase } from "../database.ts";
import { ask } from "../server/server-process.ts";
import { openEvents } from "./event-stream.ts";
import { startListening } from "./listening.ts";
import { serveLive } from "./live-server.ts";

const { db, listen } = await testDatabase();
let live: Live;
let server: Awaited<ReturnType<typeof serveLive>>;
const stopListening = await startListening(listen, (topic) => live?.changed(topic));

beforeEach(async () => {
  live = createLive({ maxClients: 3 });
  server = await serveLive(live);
});
afterEach(async () => {
  live.close();
  await server.close();
});
afterAll(() => stopListening());

const open = (query = "topics=trades,syncs", headers?: Record<string, string>) =>
  openEvents(`${server.url}/live?${query}`, headers);

test("a committed change reaches an open page", async () => {
  const page = await open();
  expect(await page.next()).toMatchObject({ name: "hello", topics: ["trades", "syncs"] });
  await db.$executeRaw`SELECT ${announce("trades")}`;
  expect(await page.next()).toMatchObject({ name: "change", topics: ["trades"] });
  page.leave();
});

test("the stream is neither compressed nor cached, and nothing on the way may change it", async () => {
  const page = await open("topics=trades", { "accept-encoding": "gzip, br" });
  expect(page.response.statusCode).toBe(200);
  expect(page.response.headers).toMatchObject({
    "content-type": "text/event-stream",
    "cache-control": "no-cache, no-transform",
  });
  expect(page.response.headers["content-encoding"]).toBeUndefined();
  await page.next();
  page.leave();
});

test.each([
  ["", /topics: name at least one topic/],
  ["?topics=", /topics.*knows only trades, markets, whales, syncs/],
  ["?topics=trades,quarks", /knows only/],
  ["?topics=trades&age=soon", /age: must be a whole number of milliseconds/],
  ["?topics=trades&age=-1", /age/],
  ["?topics=trades&topics=syncs", /topics: must be given once only/],
  ["?topics=trades&other=1", /other/],
])("/live%s is refused", async (query, message) => {
  const { status, text } = await ask(server.url, { path: `/live${query}` });
  expect(status).toBe(400);
  expect(JSON.parse(text).error).toMatchObject({ code: "INVALID_INPUT" });
  expect(JSON.parse(text).error.message).toMatch(message);
  expect(live.clients()).toBe(0);
});

test("another host's name, a write and a HEAD open no stream", async () => {
  const path = "/live?topics=trades";
  expect((await ask(server.url, { path, headers: { host: "evil.example" } })).status).toBe(403);
  expect((await ask(server.url, { path, method: "POST" })).status).toBe(405);
  const head = await ask(server.url, { path, method: "HEAD" });
  expect(head).toMatchObject({ status: 200, text: "" });
  expect(live.clients()).toBe(0);
});

test("one page too many is told to come back, and may once another has gone", async () => {
  const pages = await Promise.all([open(), open(), open()]);
  const refused = await ask(server.url, { path: "/live?topics=trades" });
  expect(refused.status).toBe(503);
  expect(refused.headers["retry-after"]).toBe("5");
  pages[0]?.leave();
  await vi.waitFor(() => expect(live.clients()).toBe(2));
  const page = await open();
  expect(page.response.statusCode).toBe(200);
  for (const other of [...pages, page]) other.leave();
});

test("twenty pages that go leave nothing behind", async () => {
  for (let n = 0; n < 20; n++) {
    const page = await open();
    await page.next();
    page.leave();
    await vi.waitFor(() => expect(live.clients()).toBe(0));
  }
});

test("closing ends the streams at once", async () => {
  const pages = await Promise.all([open(), open()]);
  const before = performance.now();
  live.close();
  await Promise.all(pages.map((page) => page.rest()));
  expect(performance.now() - before).toBeLessThan(1_000);
  expect((await ask(server.url, { path: "/live?topics=trades" })).status).toBe(503);
});

test("a client that stops reading holds up nobody else", async () => {
  const { port } = new URL(server.url);
  const stuck = net.connect(Number(port), "127.0.0.1");
  stuck.write(`GET /live?topics=trades HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  await vi.waitFor(() => expect(live.clients()).toBe(1));
  stuck.pause();
  const page = await open("topics=trades");
  await page.next();
  for (let n = 0; n < 20; n++) {
    live.changed("trades");
    expect(await page.next()).toMatchObject({ name: "change" });
  }
  stuck.destroy();
  page.leave();
  await vi.waitFor(() => expect(live.clients()).toBe(0));
});
