import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { testDatabase } from "../database.ts";
import { json, NOW, testApp } from "./app.tsx";
import { seed } from "./seed.ts";

let app: Awaited<ReturnType<typeof testApp>>;

beforeAll(async () => {
  const { db, reset } = await testDatabase();
  await reset();
  app = await testApp(db);
  await seed(db, { whales: 3, markets: 3, trades: 3, newest: NOW });
});

async function refusal(path: string, init?: RequestInit) {
  const { status, json: body } = await app.request(path, init);
  expect(body.error.message).toEqual(expect.any(String));
  return [status, body.error.code];
}

const LISTS = ["markets", "whales", "trades", "syncs", "quarantine"];

test.each(LISTS)("a limit that is not 1 to 500 is refused on %s, not clamped", async (list) => {
  for (const limit of ["0", "-1", "501", "1e2", "x", "", "1.5", "01", "99999999999"]) {
    expect(await refusal(`/api/v1/${list}?limit=${limit}`)).toEqual([400, "INVALID_INPUT"]);
  }
  expect((await app.request(`/api/v1/${list}?limit=500`)).status).toBe(200);
});

test.each(LISTS)("a cursor that was made up is refused on %s", async (list) => {
  await fc.assert(
    fc.asyncProperty(fc.string(), async (cursor) => {
      const search = new URLSearchParams({ cursor });
      expect((await refusal(`/api/v1/${list}?${search}`))[0]).toBe(400);
    }),
    { numRuns: 30 },
  );
});

test.each([
  "/api/v1/trades?wallet=0x12",
  `/api/v1/trades?wallet=0x${"g".repeat(40)}`,
  "/api/v1/trades?market=-1",
  "/api/v1/trades?market=1%00",
  "/api/v1/trades?from=yesterday",
  "/api/v1/trades?from=0000-01-01T00:00:00Z",
  "/api/v1/trades?to=2026-02-30T00:00:00Z",
  "/api/v1/trades?side=%00",
  "/api/v1/trades?venue=nowhere",
  "/api/v1/trades?walet=0x",
  "/api/v1/trades?limit=1&limit=2",
  "/api/v1/markets?status=open",
  "/api/v1/markets?kind=x",
  "/api/v1/whales?followed=maybe",
  "/api/v1/syncs?type=all",
  "/api/v1/syncs?status=%00",
  "/api/v1/quarantine?status=x",
])("%s is a 400", async (path) => {
  expect(await refusal(path)).toEqual([400, "INVALID_INPUT"]);
});

test("an id that names nothing is a 404, whatever it looks like", async () => {
  const ids = [
    "0",
    "-1",
    "4",
    "2147483648",
    "99999999999999999999",
    "1.0",
    "abc",
    "1%00",
    "%F0%9F%92%A9",
    " 1",
  ];
  for (const id of ids) {
    for (const kind of ["markets", "whales"]) {
      expect(await refusal(`/api/v1/${kind}/${id}`), id).toEqual([404, "INVALID_INPUT"]);
    }
    expect(await refusal(`/api/v1/whales/${id}`, { method: "DELETE" }), id).toEqual([
      404,
      "INVALID_INPUT",
    ]);
  }
});

test("an address that the API does not have is a JSON 404 for every method", async () => {
  for (const path of [
    "/api/v1",
    "/api/v1/",
    "/api/v1/nothing",
    "/api/v1/trades/1",
    "/api/v1/markets/1/x",
  ]) {
    expect(await refusal(path)).toEqual([404, "INVALID_INPUT"]);
    expect(await refusal(path, json("POST", {}))).toEqual([404, "INVALID_INPUT"]);
  }
});

test("a method that does not belong is a 405 that names those that do", async () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const answer = await app.request("/api/v1/trades", { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect(answer.json.error.code).toBe("INVALID_INPUT");
  }
  expect((await app.request("/api/v1/syncs", { method: "DELETE" })).headers.get("allow")).toBe(
    "GET, HEAD, POST",
  );
  expect((await app.request("/api/v1/whales/1", { method: "PUT" })).headers.get("allow")).toBe(
    "GET, HEAD, DELETE",
  );
});

test.each(["/api/v1/syncs", "/api/v1/whales"])(
  "bodies that are not proper JSON are refused by %s",
  async (path) => {
    const headers = { "content-type": "application/json" };
    const send = (body: BodyInit) => refusal(path, { method: "POST", headers, body });
    expect(await send("{")).toEqual([400, "INVALID_INPUT"]);
    expect(await send("")).toEqual([400, "INVALID_INPUT"]);
    expect(await send("null")).toEqual([400, "INVALID_INPUT"]);
    expect(await send("[]")).toEqual([400, "INVALID_INPUT"]);
    expect(await send(new Uint8Array([0x22, 0xff, 0x22]))).toEqual([400, "INVALID_INPUT"]);
    expect(await send(JSON.stringify({ type: "x".repeat(64 * 1024) }))).toEqual([
      413,
      "INVALID_INPUT",
    ]);
    expect(await refusal(path, { method: "POST", body: "type=markets" })).toEqual([
      415,
      "INVALID_INPUT",
    ]);
  },
);

test("a body that does not say its length is cut off at 64 KB", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 16_384;
      controller.enqueue(new Uint8Array(16_384).fill(0x20));
    },
  });
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: endless,
    duplex: "half",
  };
  expect(await refusal("/api/v1/syncs", init)).toEqual([413, "INVALID_INPUT"]);
  expect(sent).toBeLessThan(64 * 1024 * 4);
});

test("no JSON value makes the writes fail with a 500", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.jsonValue(),
        fc.record({
          venue: fc.string(),
          address: fc.string(),
          label: fc.string({ unit: "binary" }),
        }),
        fc.record({ type: fc.string() }),
      ),
      async (body) => {
        for (const path of ["/api/v1/syncs", "/api/v1/whales"]) {
          expect((await app.request(path, json("POST", body))).status).toBe(400);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test("a NUL byte in a label is refused: Postgres could not store it", async () => {
  const body = { venue: "opinion", address: `0x${"a".repeat(40)}`, label: "a\u0000b" };
  expect(await refusal("/api/v1/whales", json("POST", body))).toEqual([400, "INVALID_INPUT"]);
});
