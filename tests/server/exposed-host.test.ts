import { beforeAll, expect, test } from "vitest";
import { ask, postJson, type ServerProcess } from "./server-process.ts";
import { serversOfFile } from "./servers-of-file.ts";

const TOKEN = "a-long-enough-token";

const servers = serversOfFile();
let server: ServerProcess;
let url: string;

beforeAll(async () => {
  server = await servers.start({
    env: {
      HOST: "0.0.0.0",
      ADMIN_TOKEN: TOKEN,
      DATA_DIR: servers.folder(),
      OPINION_API_URL: "http://127.0.0.1:9/openapi",
      OPINION_FRONTEND_URL: "http://127.0.0.1:9",
    },
  });
  url = server.url.replace("0.0.0.0", "127.0.0.1");
}, 60_000);

const host = "scope.example";

test("a server that others reach lets everybody read, by any name", async () => {
  for (const path of ["/", "/whales", "/syncs", "/api/v1/whales", "/healthz"]) {
    expect([path, (await ask(url, { path, headers: { host } })).status]).toEqual([path, 200]);
  }
});

test("a server that others reach asks for its token before it changes anything", async () => {
  const wallet = { venue: "opinion", address: `0x${"c".repeat(40)}` };
  const follow = (headers: Record<string, string>) =>
    ask(url, postJson("/api/v1/whales", wallet, { host, ...headers }));
  for (const authorization of ["", "Bearer another-long-token", TOKEN, `Basic ${TOKEN}`]) {
    const answer = await follow({ authorization });
    expect([answer.status, answer.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
  }
  const form = await ask(url, {
    method: "POST",
    path: "/whales",
    headers: { host, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ intent: "follow", ...wallet }).toString(),
  });
  expect(form.status).toBe(401);
  const list = await ask(url, { path: "/api/v1/whales" });
  expect(JSON.parse(list.text).data).toEqual([]);

  expect((await follow({ authorization: `Bearer ${TOKEN}` })).status).toBe(201);
  expect((await ask(url, { path: "/whales/1" })).text).toContain(wallet.address);
});

const formHeaders = { host, "content-type": "application/x-www-form-urlencoded" };

function postForm(path: string, fields: Record<string, string>, headers = {}) {
  const body = new URLSearchParams(fields).toString();
  return ask(url, { method: "POST", path, headers: { ...formHeaders, ...headers }, body });
}

/** Signs in and gives the cookie as a browser sends it back. */
async function signIn(): Promise<string> {
  const answer = await postForm("/sign-in?to=%2Fwhales", { token: TOKEN });
  expect([answer.status, answer.headers.location]).toEqual([302, "/whales"]);
  const [set = ""] = answer.headers["set-cookie"] ?? [];
  expect(set).toMatch(/; HttpOnly/);
  expect(set).toMatch(/; SameSite=Strict/);
  expect(set).toMatch(/; Path=\//);
  expect(set).not.toMatch(/; Secure/);
  return String(set.split(";")[0]);
}

const wallet = (digit: string) => ({
  intent: "follow",
  venue: "opinion",
  address: `0x${digit.repeat(40)}`,
});

test("who has signed in changes things on the pages, until signing out", async () => {
  const cookie = await signIn();
  const page = await ask(url, { path: "/whales", headers: { host, cookie } });
  expect(page.text).toContain("Sign out");
  expect((await postForm("/whales", wallet("d"), { cookie })).status).toBe(302);
  const out = await postForm("/sign-out", {}, { cookie });
  expect(out.headers["set-cookie"]?.[0]).toMatch(/Max-Age=0/);
  expect((await ask(url, { path: "/whales", headers: { host } })).text).toContain("Sign in");
});

test("a wrong token, a forged cookie and another site do not get in", async () => {
  const wrong = await postForm("/sign-in", { token: "not-the-token-of-it" });
  expect([wrong.status, wrong.headers["set-cookie"]]).toEqual([401, undefined]);
  expect(wrong.text).toContain("not the ADMIN_TOKEN");

  const cookie = await signIn();
  const [name, value = ""] = cookie.split("=");
  const forged = [
    `${name}=${value.slice(0, -4)}AAAA`,
    `${name}=${btoa(JSON.stringify({ until: 9e15 }))}`,
    `${name}=`,
  ];
  for (const one of forged) {
    expect([one, (await postForm("/whales", wallet("e"), { cookie: one })).status]).toEqual([
      one,
      401,
    ]);
  }
  const foreign = { cookie, origin: "https://elsewhere.example" };
  expect((await postForm("/whales", wallet("e"), foreign)).status).toBe(403);
  expect((await postForm("/sign-in", { token: TOKEN }, { origin: foreign.origin })).status).toBe(
    403,
  );
});

test("a session counts on the pages only: the API takes the token", async () => {
  const cookie = await signIn();
  const { intent: _, ...body } = wallet("f");
  expect((await ask(url, postJson("/api/v1/whales", body, { host, cookie }))).status).toBe(401);
});

test("signing in leads back into this server only", async () => {
  for (const to of [
    "//elsewhere.example/",
    "https://elsewhere.example",
    "/\\elsewhere.example",
    "/.//elsewhere.example",
  ]) {
    const path = `/sign-in?${new URLSearchParams({ to })}`;
    expect((await postForm(path, { token: TOKEN })).headers.location).toMatch(/^\/($|[^/\\])/);
  }
});

test("behind a proxy that ends TLS the cookie is for https only", async () => {
  const answer = await postForm(
    "/sign-in",
    { token: TOKEN },
    { "x-forwarded-proto": "https", origin: `https://${host}` },
  );
  expect(answer.headers["set-cookie"]?.[0]).toMatch(/; Secure/);
});

test("the token stands in nothing that the server prints or answers", async () => {
  const page = await ask(url, { path: "/syncs" });
  expect(page.text).toContain("Sign in");
  expect(page.text).not.toContain(TOKEN);
  expect(server.output()).not.toContain(TOKEN);
});
