import { beforeAll, expect, test } from "vitest";
import { ask, postJson, type ServerProcess } from "./server-process.ts";
import { serversOfFile } from "./servers-of-file.ts";

const servers = serversOfFile();
let server: ServerProcess;
let asset: string;

beforeAll(async () => {
  server = await servers.start({
    env: {
      DATA_DIR: servers.folder(),
      OPINION_API_URL: "http://127.0.0.1:9/openapi",
      OPINION_FRONTEND_URL: "http://127.0.0.1:9",
    },
  });
  const { text } = await ask(server.url);
  asset = /href="(\/assets\/root-[^"]+\.css)"/.exec(text)?.[1] ?? "";
}, 60_000);

const get = (path: string, headers?: Record<string, string>) => ask(server.url, { path, headers });

test("the process lives and is ready", async () => {
  for (const [path, status] of [
    ["/healthz", "ok"],
    ["/readyz", "ready"],
  ] as const) {
    const answer = await get(path);
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([200, { status }]);
    expect(answer.headers["cache-control"]).toBe("no-store");
  }
});

test("pages, API, files and errors carry the security headers and a request id of their own", async () => {
  const ids = new Set<string | undefined>();
  const answers = [
    [200, await get("/")],
    [200, await get("/api/v1/markets")],
    [200, await get(asset)],
    [404, await get("/nope")],
    [404, await get("/api/v1/nope")],
    [404, await get("/assets/nope.js")],
    [400, await get("/markets?status=x")],
    [400, await get("/%")],
    [405, await ask(server.url, { method: "TRACE" })],
  ] as const;
  for (const [status, answer] of answers) {
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
      "content-security-policy": expect.stringContaining("default-src 'self'"),
      "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(answer.headers["x-powered-by"]).toBeUndefined();
    ids.add(answer.headers["x-request-id"]);
  }
  expect(ids.size).toBe(answers.length);
});

test("a page runs no inline script but its own", async () => {
  const nonces = new Set<string>();
  for (const path of ["/", "/markets", "/nope"]) {
    const page = await get(path);
    const policy = String(page.headers["content-security-policy"]);
    const [, nonce = ""] = /script-src 'self' 'nonce-([^']+)'/.exec(policy) ?? [];
    expect(policy).not.toMatch(/script-src[^;]*unsafe|style-src [^;]*unsafe/);
    nonces.add(nonce);
    const tags = page.text.match(/<(script|style)\b[^>]*>/g) ?? [];
    expect(tags.length).toBeGreaterThan(2);
    for (const tag of tags) expect([path, tag.includes(`nonce="${nonce}"`), tag]).toContain(true);
  }
  expect(nonces.size).toBe(3);
});

test("a request id that a proxy gave is kept, one that is none is replaced", async () => {
  const idFor = async (given: string) =>
    (await get("/healthz", { "x-request-id": given })).headers["x-request-id"];
  expect(await idFor("edge-1.2_3")).toBe("edge-1.2_3");
  for (const given of ["a b", "x".repeat(65), "<script>"]) {
    expect(await idFor(given)).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("pages and files are compressed for those who take it, and only for them", async () => {
  for (const path of ["/", asset]) {
    const plain = await get(path);
    const packed = await get(path, { "accept-encoding": "gzip" });
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(packed.headers.vary).toContain("Accept-Encoding");
    expect(packed.bytes).toBeLessThan(plain.bytes / 2);
  }
});

test("files with a hash in their name are kept for ever, pages are not", async () => {
  expect((await get(asset)).headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  expect((await get("/favicon.svg")).headers["cache-control"]).toBe("public, max-age=3600");
  expect((await get("/")).headers["cache-control"]).toBe("no-store");
  expect((await get("/assets/nope.js")).headers["cache-control"]).toBeUndefined();
});

test("no file outside the built client can be read", async () => {
  for (const path of [
    "/assets/../../server/index.js",
    "/assets/..%2f..%2fserver%2findex.js",
    "/..%2f..%2fpackage.json",
    "/.env",
    "/assets/%00",
  ]) {
    const answer = await get(path);
    expect(answer.status, path).toBeGreaterThanOrEqual(400);
    expect(answer.status, path).toBeLessThan(500);
  }
});

const errorOf = async (options: Parameters<typeof ask>[1]) => {
  const answer = await ask(server.url, options);
  expect(answer.headers["content-type"]).toMatch(/^application\/json/);
  return [answer.status, JSON.parse(answer.text).error.code];
};

test("what the API does not know or cannot read is refused in its error shape", async () => {
  const refused = "INVALID_INPUT";
  expect(await errorOf({ path: "/api/v1/nope" })).toEqual([404, refused]);
  expect(await errorOf({ path: "/api/v1/markets/%zz" })).toEqual([400, refused]);
  expect(await errorOf({ path: "/%E0%A4%A" })).toEqual([400, refused]);
  expect(await errorOf({ path: "/api/v1/trades", method: "PUT" })).toEqual([405, refused]);
  expect(await errorOf({ path: "/api/v1/trades", method: "PROPFIND" })).toEqual([405, refused]);
  expect(await errorOf(postJson("/api/v1/syncs", "{"))).toEqual([400, refused]);
});

test("a body above 64 KB is refused", async () => {
  const large = { type: "x".repeat(100_000) };
  expect(await errorOf(postJson("/api/v1/syncs", large))).toEqual([413, "INVALID_INPUT"]);
  const chunked = postJson("/api/v1/syncs", large, { "transfer-encoding": "chunked" });
  expect(await errorOf(chunked)).toEqual([413, "INVALID_INPUT"]);
  const form = await ask(server.url, {
    method: "POST",
    path: "/syncs",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(large).toString(),
  });
  expect(form.status).toBe(413);
});

test("nobody outside the process can run functions or register them", async () => {
  const call = postJson("/api/inngest?fnId=opinion-scope-cleanup&stepId=step", {});
  for (const options of [call, { ...call, method: "PUT" }, { path: call.path }]) {
    expect(await errorOf(options)).toEqual([403, "UNAUTHORIZED"]);
  }
});

test("a change that another site sends is refused, one from our own pages is not", async () => {
  const foreign = { origin: "https://evil.example" };
  const sync = { type: "stats" };
  expect(await errorOf(postJson("/api/v1/syncs", sync, foreign))).toEqual([403, "UNAUTHORIZED"]);
  const form = (origin: string) =>
    ask(server.url, {
      method: "POST",
      path: "/syncs",
      headers: { "content-type": "application/x-www-form-urlencoded", origin },
      body: "intent=run&type=stats",
    });
  const page = await form("https://evil.example");
  expect(page.status).toBe(403);
  expect(page.text).toContain("own pages");
  const own = await form(server.url);
  const location = expect.stringMatching(/^\/syncs\?requested=stats&requestedAt=/);
  expect([own.status, own.headers.location]).toEqual([302, location]);
  expect((await ask(server.url, postJson("/api/v1/syncs", sync))).status).toBe(202);
});

test("a name that another site points at this machine is refused", async () => {
  const { port } = new URL(server.url);
  const headers = { host: `evil.example:${port}` };
  expect(await errorOf({ path: "/api/v1/whales", headers })).toEqual([403, "UNAUTHORIZED"]);
  expect((await get("/whales", headers)).status).toBe(403);
  expect((await get("/whales.data", headers)).status).toBe(403);
  const rebound = postJson("/api/v1/syncs", { type: "stats" }, headers);
  expect(await errorOf(rebound)).toEqual([403, "UNAUTHORIZED"]);
  expect((await get("/whales", { host: `localhost:${port}` })).status).toBe(200);
});
