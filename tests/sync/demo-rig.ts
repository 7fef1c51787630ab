import type { Channel } from "~/channels/channel.ts";
import type { Logger } from "~/lib/logger.server.ts";
import { type DemoVenue, type DemoVenueOptions, startDemoVenue } from "../../demo/server.ts";
import { type TestDatabase, testDatabase } from "../database.ts";
import { createJobs, type Jobs } from "../jobs.ts";
import { tradeLine, truthLines } from "../trade-line.ts";

export type Rig = Jobs & {
  venue: DemoVenue;
  db: TestDatabase["db"];
  clock: { now(): number; advance(ms: number): void };
  fault(fault: Record<string, unknown>): Promise<void>;
  clearFaults(): Promise<void>;
  /** Identities of the stored and of the true fills that the other side lacks. */
  difference(): Promise<{ missing: number; extra: number; rows: number }>;
  close(): Promise<void>;
};

/**
 * The app's jobs reading a small demo world on an empty database. Both live on one clock that stands still until it is moved. The
 * venue's limit is off unless asked for, so that no test waits for the pacer.
 */
export async function demoRig(
  options: DemoVenueOptions & {
    apiKey?: string;
    env?: Record<string, unknown>;
    /** Stands between the app and the venue. */
    intercept?: (url: URL) => Response | null;
    channels?: Channel[];
    logger?: Logger;
  } = {},
): Promise<Rig> {
  const { db, pool, reset } = await testDatabase();
  await reset();
  // Ahead of any real time, which the SDK stamps events with: an event of the future would wait. And always the same: the demo world
  // depends on its time.
  let now = Date.parse("2100-03-01T12:00:30Z");
  const clock = {
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
  };
  const { env, intercept, channels, logger, ...world } = options;
  const venue = await startDemoVenue({
    seed: "test",
    startedAt: now,
    now: clock.now,
    requestsPerSecond: null,
    whales: 4,
    markets: 30,
    historyFills: 200,
    ...world,
  });
  const jobs = await createJobs({
    db,
    pool,
    clock,
    channels,
    logger,
    retryIntervalMs: 60_000,
    fetch: async (input, init) =>
      intercept?.(new URL(input instanceof Request ? input.url : input)) ?? fetch(input, init),
    retry: { attempts: 2, startingDelayMs: 1, maxDelayMs: 5 },
    env: {
      OPINION_API_URL: venue.apiUrl,
      OPINION_FRONTEND_URL: venue.frontendUrl,
      OPINION_API_KEY: venue.apiKey,
      OPINION_REQUESTS_PER_SECOND: 1000,
      ...env,
    },
  });
  return {
    ...jobs,
    venue,
    db,
    clock,
    fault: async (fault) => {
      const body = JSON.stringify(fault);
      const reply = await fetch(`${venue.url}/__faults`, { method: "POST", body });
      if (!reply.ok) throw new Error(await reply.text());
    },
    clearFaults: async () => {
      await fetch(`${venue.url}/__faults`, { method: "DELETE" });
    },
    difference: () => differenceOf(db, venue),
    close: async () => {
      await jobs.stop();
      await venue.close();
    },
  };
}

/** Identities of the stored and of the true fills that the other side lacks. */
export async function differenceOf(db: TestDatabase["db"], venue: DemoVenue) {
  const stored = await db.trade.findMany({ include: { whale: true, market: true } });
  const kept = stored.map((row) =>
    tradeLine({
      ...row,
      wallet: row.whale.address,
      marketId: row.market.externalId,
      price: row.price.toFixed(),
      shares: row.shares.toFixed(),
      amount: row.amount?.toFixed() ?? null,
      fee: row.fee?.toFixed() ?? null,
      tradedAt: row.tradedAt.toISOString(),
    }),
  );
  const truth = truthLines(venue.world.trades().list);
  const lines = new Set(kept);
  return {
    missing: [...truth].filter((row) => !lines.has(row)).length,
    extra: kept.filter((row) => !truth.has(row)).length + kept.length - lines.size,
    rows: truth.size,
  };
}
