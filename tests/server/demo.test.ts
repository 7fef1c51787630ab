import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { ask, dataOf, type ServerProcess, waitFor, wordsOf } from "./server-process.ts";
import { serversOfFile } from "./servers-of-file.ts";

vi.setConfig({ testTimeout: 120_000 });

const servers = serversOfFile();

const JOBS = {
  Markets: "every 5 minutes",
  "Whale trades": "every minute",
  Discovery: "daily at 00:00 UTC",
  Statistics: "hourly, on the hour",
  "Clean-up": "daily at 03:00 UTC",
};

const whalesOf = async ({ url }: ServerProcess): Promise<Map<string, string>> => {
  const whales: { id: string; address: string }[] = await dataOf(url, "/api/v1/whales?limit=500");
  return new Map(whales.map(({ id, address }) => [id, address]));
};

test("the demo shows trades within 15 seconds, names its jobs, and is the same world after a restart", async () => {
  const dataDir = servers.folder();
  // Keys and addresses of the real venue do not matter to the demo.
  const env = {
    DATA_DIR: dataDir,
    OPINION_API_KEY: "key-of-the-real-venue",
    OPINION_API_URL: "http://127.0.0.1:9",
  };
  const first = await servers.start({ mode: "demo", env });
  expect(first.output()).toContain("nothing here is real");
  const page = await ask(first.url);
  expect(page.status).toBe(200);
  expect(page.text).toContain("nothing here is real");
  await waitFor(
    () => ask(first.url),
    ({ text }) => /<time dateTime=[^>]*>[^<]*<\/time><\/td>/.test(text),
    15_000,
  );

  const jobs = await waitFor(
    () => wordsOf(first.url, "/syncs"),
    (words) => !words.includes("Not run yet"),
    60_000,
  );
  for (const [job, schedule] of Object.entries(JOBS)) {
    expect(jobs).toMatch(
      new RegExp(`${job} (On time|Running|Skipped) [^.]+\\. Runs ${schedule} ?\\.`),
    );
  }
  const trades = await dataOf(first.url, "/api/v1/trades?limit=500");
  const whales = await whalesOf(first);
  const world = readFileSync(path.join(dataDir, "demo-world.json"), "utf8");
  expect((await first.end("SIGTERM")).code).toBe(0);

  const second = await servers.start({ mode: "demo", env });
  expect(readFileSync(path.join(dataDir, "demo-world.json"), "utf8")).toBe(world);
  const whalesAfter = await whalesOf(second);
  for (const trade of [trades[0], trades.at(-1)]) {
    const { wallet, tradedAt: from } = trade;
    const to = new Date(Date.parse(from) + 1).toISOString();
    const then = new URLSearchParams({ limit: "500", wallet, from, to });
    expect(await dataOf(second.url, `/api/v1/trades?${then}`)).toContainEqual(trade);
  }
  for (const [id, address] of whales) expect(whalesAfter.get(id)).toBe(address);
  expect((await second.end("SIGTERM")).code).toBe(0);
});
