import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createControl } from "./control.ts";
import { createFaults } from "./faults.ts";
import { createGateway } from "./gateway.ts";
import { seedWords } from "./random.ts";
import { createRateLimiter, type RequestReport } from "./rate-limiter.ts";
import { send } from "./replies.ts";
import { FRONTEND } from "./routes.ts";
import {
  type TruthPage,
  type TruthQuery,
  type TruthWallet,
  truthTrades,
  truthWallets,
} from "./truth.ts";
import { createWorld, type World } from "./world.ts";

export type DemoVenueOptions = {
  seed?: string;
  /** Epoch milliseconds. */
  startedAt?: number;
  /** Epoch milliseconds. */
  now?: () => number;
  /** 0 = any free one. */
  port?: number;
  /** For every client; null = no limit. Default: 15 with the key, 5 without. */
  requestsPerSecond?: number | null;
  apiKey?: string;
  tradesPerSecond?: number;
  historyFills?: number;
  whales?: number;
  /** Topics in the catalog. */
  markets?: number;
};

export type DemoVenue = {
  /** http://127.0.0.1:PORT */
  url: string;
  apiUrl: string;
  frontendUrl: string;
  apiKey: string;
  world: {
    /** Every fill visible now, oldest first; all of them unless a limit is given. */
    trades(query?: TruthQuery): TruthPage;
    wallets(): TruthWallet[];
    requests(): RequestReport;
  };
  close(): Promise<void>;
};

/**
 * Starts the simulated exchange on 127.0.0.1. Equal seeds and start times give equal worlds.
 * @throws when the port is taken
 */
export async function startDemoVenue(options: DemoVenueOptions = {}): Promise<DemoVenue> {
  const now = options.now ?? Date.now;
  const seed = options.seed ?? "demo";
  const apiKey = options.apiKey ?? `demo-${seedWords(`${seed}/key`)[0]?.toString(16)}`;
  const limit = options.requestsPerSecond;
  const world = createWorld({
    seed,
    startedAt: options.startedAt ?? now(),
    tradesPerSecond: options.tradesPerSecond ?? 1,
    historyFills: options.historyFills ?? 20_000,
    whales: options.whales ?? 60,
    markets: options.markets ?? 200,
  });
  await catchUp(world, options.startedAt ?? now(), now);
  const limiter = createRateLimiter(
    { keyed: limit === undefined ? 15 : limit, anonymous: limit === undefined ? 5 : limit },
    () => performance.now(),
  );
  const faults = createFaults(seed, now);
  const gateway = createGateway({ world, limiter, faults, apiKey, now });
  const { server, port } = await listen(
    gateway,
    createControl({ world, limiter, faults, now }),
    options.port ?? 0,
  );
  const url = `http://127.0.0.1:${port}`;
  const atNow = <Result>(read: () => Result): Result => {
    world.advanceTo(now());
    return read();
  };
  return {
    url,
    apiUrl: `${url}/openapi`,
    frontendUrl: `${url}${FRONTEND}`,
    apiKey,
    world: {
      trades: (query) => atNow(() => truthTrades(world, now(), query)),
      wallets: () => atNow(() => truthWallets(world, now())),
      requests: limiter.report,
    },
    close: () => {
      gateway.close();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

const SLICE_MS = 6 * 3_600_000;

/** A world that was left alone for weeks takes seconds to come up to date; the event loop is let go in between. */
async function catchUp(world: World, startedAt: number, now: () => number): Promise<void> {
  for (let at = startedAt; at < now(); at += SLICE_MS) {
    world.advanceTo(at);
    await new Promise((resolve) => setImmediate(resolve));
  }
  world.advanceTo(now());
}

async function listen(
  gateway: ReturnType<typeof createGateway>,
  control: ReturnType<typeof createControl>,
  wantedPort: number,
) {
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const base = "http://127.0.0.1";
    const url = new URL(URL.canParse(path, base) ? path : "/", base);
    if (url.pathname.startsWith("/__")) {
      void control(request, url).then((result) => send(response, result));
      return;
    }
    gateway.handle(request, response, url);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(wantedPort, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  return { server, port: (server.address() as AddressInfo).port };
}
