import { expect, test, vi } from "vitest";
import { startDemoVenue } from "../../demo/server.ts";
import { ask, dataOf, waitFor, wordsOf } from "./server-process.ts";
import { serversOfFile } from "./servers-of-file.ts";

vi.setConfig({ testTimeout: 90_000 });

const servers = serversOfFile();

const startVenue = () =>
  startDemoVenue({
    seed: "trouble",
    whales: 3,
    markets: 10,
    historyFills: 200,
    requestsPerSecond: null,
  });

test("without a key the markets are there, and the whale pages say what to set", async () => {
  const venue = await startVenue();
  const server = await servers.start({
    env: {
      DATA_DIR: servers.folder(),
      OPINION_API_URL: venue.apiUrl,
      OPINION_FRONTEND_URL: venue.frontendUrl,
      OPINION_REQUESTS_PER_SECOND: "1000",
    },
  });
  const markets = await waitFor(
    () => dataOf(server.url, "/api/v1/markets"),
    (rows) => rows.length > 0,
  );
  expect(await wordsOf(server.url, "/markets?status=all")).toContain(markets[0].title);
  for (const page of ["/", "/whales"]) {
    expect(await wordsOf(server.url, page)).toContain("OPINION_API_KEY");
  }
  expect(await dataOf(server.url, "/api/v1/trades")).toEqual([]);
  expect((await server.end("SIGTERM")).code).toBe(0);
  await venue.close();
});

test("while the venue is gone every page shows what is stored and how old it is", async () => {
  const venue = await startVenue();
  const server = await servers.start({
    env: {
      DATA_DIR: servers.folder(),
      OPINION_API_URL: venue.apiUrl,
      OPINION_FRONTEND_URL: venue.frontendUrl,
      OPINION_API_KEY: venue.apiKey,
      OPINION_REQUESTS_PER_SECOND: "1000",
    },
  });
  await waitFor(
    () => dataOf(server.url, "/api/v1/syncs?status=completed"),
    (syncs: { type: string }[]) =>
      ["markets", "whales"].every((type) => syncs.some((sync) => sync.type === type)),
  );
  await venue.close();

  const [trade] = await dataOf(server.url, "/api/v1/trades?limit=1");
  const [whale] = await dataOf(server.url, "/api/v1/whales?limit=1");
  const [market] = await dataOf(server.url, "/api/v1/markets?limit=1");
  for (const page of ["/", "/markets", "/whales"]) {
    const { text } = await ask(server.url, { path: page });
    expect(text.replace(/<[^>]+>/g, "")).toMatch(
      /(Last data|Late|Failing)[^·]{0,60}(now|\d+ (s|min) ago)/,
    );
  }
  const details = ["/syncs", `/whales/${whale.id}`, `/markets/${market.id}`];
  for (const path of details) expect((await ask(server.url, { path })).status).toBe(200);
  expect((await ask(server.url)).text).toContain(trade.wallet);
  expect((await ask(server.url, { path: "/readyz" })).status).toBe(200);
  expect((await server.end("SIGTERM")).code).toBe(0);
});
