import { expect, test, vi } from "vitest";
import { createDatabase } from "../database/create-database.ts";
import { ask, dataOf, waitFor } from "./server-process.ts";
import { serversOfFile } from "./servers-of-file.ts";

vi.setConfig({ testTimeout: 120_000 });

const servers = serversOfFile();
const url = process.env.TEST_DATABASE_URL;

test.runIf(url)("the demo does its main job on a Postgres server, over a restart too", async () => {
  const env = { DATA_DIR: servers.folder(), DATABASE_URL: await createDatabase(url ?? "") };
  const first = await servers.start({ mode: "demo", env });
  const [trade] = await waitFor(
    () => dataOf(first.url, "/api/v1/trades"),
    (trades) => trades.length > 0,
    30_000,
  );
  for (const path of ["/", "/markets", "/whales", "/syncs", "/whales/1", "/markets/1", "/readyz"]) {
    expect([path, (await ask(first.url, { path })).status]).toEqual([path, 200]);
  }
  expect((await first.end("SIGTERM")).code).toBe(0);

  const second = await servers.start({ mode: "demo", env });
  const kept = await dataOf(second.url, `/api/v1/trades?limit=500&wallet=${trade.wallet}`);
  expect(kept).toContainEqual(trade);
  expect((await second.end("SIGTERM")).code).toBe(0);
});
