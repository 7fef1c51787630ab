import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ask, dataOf, postJson } from "./server-process.ts";
import { serversOfFile } from "./servers-of-file.ts";

vi.setConfig({ testTimeout: 90_000 });

type Received = { method: string; path: string; body: unknown };

const servers = serversOfFile();
const received: Received[] = [];
/** Takes events and registrations, as the Inngest dev server does. */
const inngest = createServer(async (request, response) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  const { method = "", url: path = "" } = request;
  const body = text ? JSON.parse(text) : null;
  received.push({ method, path, body });
  response.setHeader("content-type", "application/json");
  if (path.startsWith("/e/")) response.end(JSON.stringify({ ids: ["event-1"], status: 200 }));
  else response.end(JSON.stringify({ ok: true, modified: true }));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => inngest.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  inngest.close();
  inngest.closeAllConnections();
});

const start = (inngestUrl: string) =>
  servers.start({
    env: {
      INNGEST_DEV: inngestUrl,
      DATA_DIR: servers.folder(),
      OPINION_API_URL: "http://127.0.0.1:9/openapi",
      OPINION_FRONTEND_URL: "http://127.0.0.1:9",
    },
  });

const eventsOf = (all: Received[]) =>
  all
    .filter(({ method, path }) => method === "POST" && path.startsWith("/e/"))
    .flatMap(({ body }) => body as { name: string; data: unknown }[]);

test("with an Inngest server set, events go there and nothing runs here", async () => {
  const server = await start(`http://127.0.0.1:${(inngest.address() as AddressInfo).port}`);
  const atStart = eventsOf(received).map(({ name }) => name);
  expect(atStart).toEqual(
    expect.arrayContaining(["sync/markets.requested", "sync/discovery.requested"]),
  );

  received.length = 0;
  const answer = await ask(server.url, postJson("/api/v1/syncs", { type: "stats" }));
  expect([answer.status, JSON.parse(answer.text)]).toEqual([202, { data: { eventId: "event-1" } }]);
  expect(eventsOf(received)).toMatchObject([
    { name: "stats/compute.requested", data: { trigger: "manual" } },
  ]);
  expect(await dataOf(server.url, "/api/v1/syncs")).toEqual([]);

  const functions = await ask(server.url, { path: "/api/inngest" });
  expect([functions.status, JSON.parse(functions.text)]).toMatchObject([
    200,
    { function_count: 11, mode: "dev" },
  ]);
  // A web page, whatever name it was reached by, must not be able to run a function.
  const call = {
    path: "/api/inngest?fnId=opinion-scope-sync-markets&stepId=step",
    method: "POST",
    body: "{}",
  };
  const foreign = { ...call, headers: { origin: "http://evil.example" } };
  expect((await ask(server.url, foreign)).status).toBe(403);
  const rebound = { ...call, headers: { host: "evil.example" } };
  expect((await ask(server.url, rebound)).status).toBe(403);

  received.length = 0;
  expect((await ask(server.url, { path: "/api/inngest", method: "PUT" })).status).toBe(200);
  const registered = received.find(({ path }) => path.startsWith("/fn/register"))?.body;
  expect(registered).toMatchObject({ appName: "opinion-scope" });
  expect((registered as { functions: unknown[] }).functions).toHaveLength(11);
  expect((await server.end("SIGTERM")).code).toBe(0);
});

test("while the Inngest server is down the pages are served, and what needs it is a 503", async () => {
  const server = await start("http://127.0.0.1:9");
  expect(server.readyAfterMs).toBeLessThan(30_000);
  expect((await ask(server.url, { path: "/syncs" })).status).toBe(200);
  const answer = await ask(server.url, postJson("/api/v1/syncs", { type: "stats" }));
  expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([503, "SERVICE_UNAVAILABLE"]);
  expect((await server.end("SIGTERM")).code).toBe(0);
});
