import { beforeAll, expect, test } from "vitest";
import { shortAddress } from "~/lib/format.ts";
import { testDatabase } from "../database.ts";
import { testApp } from "./app.tsx";
import { addressOf } from "./seed.ts";

const { db, reset } = await testDatabase();
let app: Awaited<ReturnType<typeof testApp>>;

beforeAll(async () => {
  await reset();
  app = await testApp(db);
  const market = { venue: "opinion", kind: "binary", status: "activated" } as const;
  await db.market.create({
    data: { ...market, id: 1, kind: "categorical", externalId: "1", title: "Next Fed chair?" },
  });
  await db.market.createMany({
    data: [
      { ...market, id: 2, externalId: "2", parentId: 1, title: "Kevin Warsh", yesPrice: "0.41" },
      { ...market, id: 3, externalId: "3", status: "resolved", title: "Fed cut in June?" },
      { ...market, id: 4, externalId: "4", title: "Fed cut in July?", yesPrice: "0.030" },
      ...Array.from({ length: 20 }, (_, n) => ({
        ...market,
        id: 100 + n,
        externalId: `many${n}`,
        title: `Rain in Spain on day ${n}`,
      })),
    ],
  });
  await db.whale.createMany({
    data: [
      { id: 1, label: "Kraken Fund" },
      { id: 2, label: "Quiet Kraken", followed: false },
      { id: 3, label: null },
      { id: 0xabcd12, label: "100%_sure" },
    ].map(({ id, ...whale }) => ({
      id,
      venue: "opinion",
      address: addressOf(id),
      source: "manual" as const,
      ...whale,
    })),
  });
});

const find = async (q: string) => {
  const { status, json } = await app.request(`/search?${new URLSearchParams({ q })}`);
  expect(status).toBe(200);
  return json as {
    markets: { id: string; title: string }[];
    whales: { id: string; label: string | null }[];
  };
};

test("a market comes with its status, its price and the group it belongs to; open ones come first", async () => {
  expect((await find("warsh")).markets).toEqual([
    {
      id: "2",
      title: "Kevin Warsh",
      parentTitle: "Next Fed chair?",
      status: "activated",
      yesPrice: "0.41",
    },
  ]);
  const { markets } = await find("fed cut");
  expect(markets).toEqual([
    {
      id: "4",
      title: "Fed cut in July?",
      parentTitle: null,
      status: "activated",
      yesPrice: "0.03",
    },
    { id: "3", title: "Fed cut in June?", parentTitle: null, status: "resolved", yesPrice: null },
  ]);
});

test("at most 8 of each are given, and nothing for nothing", async () => {
  expect((await find("rain")).markets).toHaveLength(8);
  for (const nothing of ["", "  ", "\u0000"]) {
    expect(await find(nothing)).toEqual({ markets: [], whales: [] });
  }
});

test.each([
  ["kraken", ["Kraken Fund", "Quiet Kraken"]],
  ["krakne", ["Kraken Fund", "Quiet Kraken"]],
  ["quiet", ["Quiet Kraken"]],
  ["fund krak", ["Kraken Fund"]],
  ["100%_", ["100%_sure"]],
  ["%", ["100%_sure"]],
  ["xyz", []],
])("%j finds the whales %j by their labels", async (q, labels) => {
  expect((await find(q)).whales.map(({ label }) => label)).toEqual(labels);
});

test("a whale is found by its address, whole or its first digits, with or without 0x", async () => {
  const address = addressOf(3);
  for (const q of [address, address.toUpperCase().replace("X", "x"), address.slice(2)]) {
    expect((await find(q)).whales.map(({ id }) => id)).toEqual(["3"]);
  }
  expect((await find("0x0000")).whales).toHaveLength(4);
  expect((await find("0x00")).whales).toEqual([]);
  expect((await find("0xdead")).whales).toEqual([]);
});

test("a whale is found by its address as pages shorten it", async () => {
  const address = addressOf(0xabcd12);
  for (const q of [shortAddress(address), shortAddress(address).replace("…", "...")]) {
    expect((await find(q)).whales.map(({ id }) => id)).toEqual([String(0xabcd12)]);
  }
  expect((await find("0x0000…beef")).whales).toEqual([]);
});

test("a text that is too long is refused in words, as is what the search does not know", async () => {
  const long = await app.request(`/search?q=${"x".repeat(250)}`);
  expect([long.status, long.json.error.message]).toEqual([
    400,
    "q: must be at most 100 characters",
  ]);
  expect((await app.request("/search?query=x")).status).toBe(400);
});
