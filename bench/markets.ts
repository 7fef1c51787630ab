import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createJobs } from "../tests/jobs.ts";
import { print, withScratchDatabase } from "./scratch-database.ts";

const MARKETS = 10_000;
const PAGE = 20;

/**
 * A market sync of 10,000 markets over real HTTP, through the engine and the whole function, without prices: what it spends beside
 * waiting for replies.
 */
export async function markets(): Promise<void> {
  const server = await serveCatalog();
  const { port } = server.address() as AddressInfo;
  let waitedMs = 0;
  const timedFetch: typeof fetch = async (input, init) => {
    const started = performance.now();
    const response = await fetch(input, init);
    const body = await response.arrayBuffer();
    waitedMs += performance.now() - started;
    return new Response(body, response);
  };
  try {
    await withScratchDatabase(async ({ db, pool }) => {
      const jobs = await createJobs({
        db,
        pool,
        env: {
          OPINION_API_URL: `http://127.0.0.1:${port}/openapi`,
          OPINION_REQUESTS_PER_SECOND: 1000,
        },
        fetch: timedFetch,
      });
      for (const round of ["first (all new)", "second (nothing new)"]) {
        waitedMs = 0;
        const started = performance.now();
        await jobs.run("sync/markets.requested", { trigger: "manual" });
        const total = performance.now() - started;
        print(`${round}: total`, total / 1000, "s", 2);
        print(`${round}: waiting for replies`, waitedMs / 1000, "s", 2);
        print(`${round}: everything else`, (total - waitedMs) / 1000, "s", 2);
      }
      const stored = await db.market.count();
      if (stored !== MARKETS) throw new Error(`${stored} of ${MARKETS} markets are stored.`);
      await jobs.stop();
    });
  } finally {
    server.close();
  }
}

/** Pages made once, so that the server costs next to nothing; no market has a token, so no price is asked for. */
async function serveCatalog(): Promise<Server> {
  const pages = Array.from({ length: MARKETS / PAGE }, (_, page) =>
    JSON.stringify({
      errno: 0,
      errmsg: "",
      result: {
        total: MARKETS,
        list: Array.from({ length: PAGE }, (_, n) => catalogMarket(page * PAGE + n + 1)),
      },
    }),
  );
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    response.setHeader("content-type", "application/json");
    response.end(pages[Number(url.searchParams.get("page") ?? 1) - 1]);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function catalogMarket(marketId: number) {
  return {
    marketId,
    marketTitle: `Will measure ${marketId} pass before the end of the year?`,
    marketType: 0,
    status: 2,
    statusEnum: "Activated",
    childMarkets: null,
    yesLabel: "YES",
    noLabel: "NO",
    rules: "Resolves to YES if the measure passes, and to NO otherwise. ".repeat(20),
    yesTokenId: "",
    noTokenId: "",
    conditionId: "",
    questionId: String(marketId).padStart(64, "0"),
    resultTokenId: "",
    volume: "3421749.647",
    volume24h: "123.45",
    volume7d: "1234.5",
    quoteToken: "0x55d398326f99059fF775485246999027B3197955",
    chainId: "56",
    createdAt: 1_785_474_668,
    cutoffAt: 1_798_675_200,
    resolvedAt: 0,
    labels: ["Politics"],
    labelIds: [1],
    slug: `measure-${marketId}`,
    thumbnailUrl: "",
    coverUrl: "",
    isResolvableByAI: false,
    rebate: { maker: 0.5 },
  };
}
