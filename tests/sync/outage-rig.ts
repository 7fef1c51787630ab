import { vi } from "vitest";
import { listJobs } from "~/features/syncs/jobs.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { Send } from "~/lib/send.ts";
import { type DemoVenue, startDemoVenue } from "../../demo/server.ts";
import { observed, type VirtualTime, virtualTime } from "../conformance/virtual-time.ts";
import { testDatabase } from "../database.ts";
import { createJobs, type Jobs } from "../jobs.ts";
import { differenceOf } from "./demo-rig.ts";

/** Longer than the engine waits for the calls that are open when it is stopped. */
const STOP_MS = 60_000;

export type OutageRig = Jobs & {
  db: PrismaClient;
  time: VirtualTime;
  venue: DemoVenue;
  /** Lets so many minutes go by, ticks of the schedule included. */
  minutes(count: number): Promise<void>;
  /** As the app's own, with the event's id. */
  sendEvent: Send;
  /** Reads every followed wallet up to this moment. */
  readEverything(): Promise<void>;
  /** The states of the jobs that read the venue, as /syncs shows them, and how many runs stand as dead letters. */
  states(): Promise<{ markets: string; whales: string; openLetters: number }>;
  fault(fault: Record<string, unknown>): Promise<void>;
  clearFaults(): Promise<void>;
  /** While it is on, the venue gives the hash of every third trade of a page another name, so that the row does not fit its schema. */
  drift(on: boolean): void;
  /** Identities of the stored and of the true fills that the other side lacks. */
  difference(): ReturnType<typeof differenceOf>;
  close(): Promise<void>;
};

/**
 * The whole app below its pages, its schedule included, on a clock that goes only as fast as the work is done: an outage of ten minutes
 * takes seconds, and what happens in each of its minutes is always the same.
 */
export async function outageRig(): Promise<OutageRig> {
  const { db, pool, reset } = await testDatabase();
  await reset();
  // Jitter and spread, always the same.
  const random = vi.spyOn(Math, "random").mockReturnValue(0.5);
  const time = virtualTime();
  const begin = time.now();
  const venue = await startDemoVenue({
    seed: "outage",
    startedAt: begin,
    now: time.now,
    requestsPerSecond: null,
    whales: 4,
    markets: 20,
    historyFills: 60,
    tradesPerSecond: 0.5,
  });
  let drifting = false;
  const jobs = await createJobs({
    db,
    pool: observed(pool, time),
    clock: time,
    wait: time.wait,
    elapsed: {
      now: () => time.now() - begin,
      after(ms, call) {
        const cancelled = new AbortController();
        void time.wait(ms, cancelled.signal).then(() => cancelled.signal.aborted || call());
        return () => cancelled.abort();
      },
    },
    busy: time.busy,
    fetch: async (...request) => {
      const reply = await fetch(...request);
      if (!drifting) return reply;
      let rows = 0;
      const body = (await reply.text()).replaceAll('"txHash":', (name) =>
        rows++ % 3 === 0 ? '"transactionHash":' : name,
      );
      return new Response(body, { status: reply.status, headers: reply.headers });
    },
    retry: { attempts: 1, startingDelayMs: 1, maxDelayMs: 1 },
    env: {
      OPINION_API_URL: venue.apiUrl,
      OPINION_FRONTEND_URL: venue.frontendUrl,
      OPINION_API_KEY: venue.apiKey,
      OPINION_REQUESTS_PER_SECOND: 1000,
    },
  });
  for (const { pacer } of jobs.venues) {
    const { acquire } = pacer;
    pacer.acquire = (request) => time.idle(() => acquire(request));
  }
  const sendEvent: Send = async (event) => {
    const { ids } = await jobs.engine.send(event);
    return ids[0] ?? "";
  };
  jobs.engine.start();
  return {
    ...jobs,
    db,
    time,
    venue,
    minutes: (count) => time.advance(count * 60_000),
    sendEvent,
    readEverything: async () => {
      await sendEvent({ name: "sync/whales.requested", data: { trigger: "manual", all: true } });
      await time.advance(0);
    },
    states: () => statesOf(db, time.now()),
    fault: (fault) => control(venue, { method: "POST", body: JSON.stringify(fault) }),
    clearFaults: () => control(venue, { method: "DELETE" }),
    drift: (on) => {
      drifting = on;
    },
    difference: () => differenceOf(db, venue),
    close: async () => {
      await Promise.all([jobs.stop(), time.advance(STOP_MS)]);
      await venue.close();
      random.mockRestore();
    },
  };
}

async function statesOf(db: PrismaClient, now: number) {
  const jobs = await listJobs(db, now);
  const stateOf = (type: string) => jobs.find((job) => job.type === type)?.state ?? "none";
  const openLetters = await db.deadLetter.count({ where: { status: "open" } });
  return { markets: stateOf("markets"), whales: stateOf("whales"), openLetters };
}

async function control(venue: DemoVenue, init: RequestInit): Promise<void> {
  const reply = await fetch(`${venue.url}/__faults`, init);
  if (!reply.ok) throw new Error(await reply.text());
}
