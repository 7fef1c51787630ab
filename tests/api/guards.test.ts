import type { RouteConfigEntry } from "@react-router/dev/routes";
import { beforeEach, expect, test } from "vitest";
import routes from "~/routes.ts";
import { testDatabase } from "../database.ts";
import { testApp } from "./app.tsx";

const { db, reset } = await testDatabase();
const TOKEN = "a-long-enough-token";
const app = await testApp(db);
const withToken = await testApp(db, { environment: { ADMIN_TOKEN: TOKEN } });

beforeEach(reset);

function pathsOf(entries: RouteConfigEntry[], above = ""): string[] {
  return entries.flatMap(({ path = "", children }) => {
    const full = path === "" ? above : `${above}/${path}`;
    return children ? pathsOf(children, full) : [full.replace(/:\w+/, "1").replace("*", "nowhere")];
  });
}

// They answer whoever probes the server, and say nothing else of it.
const PROBES = ["/healthz", "/readyz"];
const guarded = pathsOf(routes).filter((path) => !PROBES.includes(path));

test("on loopback no route but the probes answers to the name of another site", async () => {
  const headers = { host: "rebound.example" };
  for (const path of guarded) {
    expect([path, (await app.request(path, { headers })).status]).toEqual([path, 403]);
  }
});

test("no route takes a write of another site's page", async () => {
  const headers = { origin: "https://elsewhere.example" };
  for (const path of guarded) {
    expect([path, (await app.request(path, { method: "POST", headers })).status]).toEqual([
      path,
      403,
    ]);
  }
});

test("with a token set every write but signing in and out needs it", async () => {
  const open = ["/sign-in", "/sign-out", "/api/inngest"];
  for (const path of guarded.filter((one) => !open.includes(one))) {
    expect([path, (await withToken.request(path, { method: "POST" })).status]).toEqual([path, 401]);
  }
});

test("signing in leads back into this server only", async () => {
  for (const to of [
    "//elsewhere.example/",
    "https://elsewhere.example",
    "/\\elsewhere.example",
    "/.//elsewhere.example",
    "/whales/..//elsewhere.example",
    "/%2e//elsewhere.example",
    "/\t/elsewhere.example",
  ]) {
    const path = `/sign-in?${new URLSearchParams({ to })}`;
    const answers = [
      await app.request(path),
      await withToken.request(path, {
        method: "POST",
        body: new URLSearchParams({ token: TOKEN }),
      }),
    ];
    for (const { status, headers } of answers) {
      expect([to, status, headers.get("location")]).toEqual([to, 302, "/"]);
    }
  }
});
