import { beforeAll, expect, test } from "vitest";
import { openEvents } from "../live/event-stream.ts";
import { ask, postJson, type ServerProcess } from "./server-process.ts";
import { serversOfFile } from "./servers-of-file.ts";

const servers = serversOfFile();
let server: ServerProcess;

beforeAll(async () => {
  server = await servers.start({
    env: {
      DATA_DIR: servers.folder(),
      OPINION_API_URL: "http://127.0.0.1:9/openapi",
      OPINION_FRONTEND_URL: "http://127.0.0.1:9",
    },
  });
}, 60_000);

const wallet = (digit: string) => ({ venue: "opinion", address: `0x${digit.repeat(40)}` });

test("the built server tells an open page of a change, uncompressed", async () => {
  const page = await openEvents(`${server.url}/live?topics=whales`, { "accept-encoding": "gzip" });
  expect(page.response.headers).toMatchObject({
    "content-type": expect.stringContaining("text/event-stream"),
    "cache-control": "no-cache, no-transform",
  });
  expect(page.response.headers["content-encoding"]).toBeUndefined();
  expect(await page.next()).toMatchObject({ name: "hello" });
  await ask(server.url, postJson("/api/v1/whales", wallet("a")));
  expect(await page.next()).toMatchObject({ name: "change", topics: ["whales"] });
  page.leave();
});

test("a page that was rendered before a change and listens after it is told of it", async () => {
  await ask(server.url, postJson("/api/v1/whales", wallet("b")));
  const page = await openEvents(`${server.url}/live?topics=whales&age=60000`);
  await page.next();
  expect(await page.next()).toMatchObject({ name: "change", topics: ["whales"] });
  page.leave();
});

test("a stop ends the open streams at once and is not held up by them, and a Ctrl-C that arrives twice is one", async () => {
  const pages = await Promise.all(
    Array.from({ length: 20 }, () => openEvents(`${server.url}/live?topics=whales,syncs`)),
  );
  const asked = performance.now();
  const ended = Promise.all(pages.map((page) => page.rest())).then(() => performance.now() - asked);
  // Ctrl-C under npm: the terminal signals both, and npm passes its own on.
  void server.end("SIGINT");
  const { code } = await server.end("SIGINT");
  expect(code).toBe(0);
  expect(await ended).toBeLessThan(1_000);
});
