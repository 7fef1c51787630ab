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

test("the token stands in nothing that the server prints or answers", async () => {
  const page = await ask(url, { path: "/syncs" });
  expect(page.text).toContain("Authorization: Bearer");
  expect(page.text).not.toContain(TOKEN);
  expect(server.output()).not.toContain(TOKEN);
});
