import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "~/lib/clock.ts";
import { createPacer, type Pacer, type Priority } from "./pacer.server.ts";

const noSpread = () => 0;

/** The most times that fall into any stretch of `lengthMs` (its end excluded). */
function mostWithin(times: number[], lengthMs: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [last, time] of sorted.entries()) {
    while (time - (sorted[first] ?? 0) >= lengthMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe("on a virtual clock", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const newPacer = (requestsPerSecond: number) =>
    createPacer({ requestsPerSecond, clock: systemClock, random: noSpread });

  /** Keeps `count` requests under way, each as long as `durationMs()` says; resolves with their starts after `forMs`. */
  async function load(pacer: Pacer, count: number, durationMs: number, forMs: number) {
    const starts: number[] = [];
    const end = performance.now() + forMs;
    const worker = async () => {
      while (performance.now() < end) {
        await pacer.acquire({ priority: "live" });
        starts.push(performance.now());
        await wait(durationMs);
        pacer.report({ durationMs, outcome: "answered" });
      }
    };
    const workers = Promise.all(Array.from({ length: count }, worker));
    await vi.runAllTimersAsync();
    await workers;
    return starts.filter((start) => start < end);
  }

  const request = fc.record({
    atMs: fc.nat(4_000),
    priority: fc.constantFrom<Priority>("live", "catalog", "backfill"),
    durationMs: fc.oneof(fc.nat(50), fc.nat(6_000)),
    arrivalShare: fc.double({ min: 0, max: 1, noNaN: true }),
    abortAfterMs: fc.option(fc.nat(3_000), { freq: 5 }),
  });

  test("whatever arrives when, the server never sees more than the limit in any second, and all are served in turn", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 15 }),
        fc.array(request, { minLength: 1, maxLength: 60 }),
        async (limit, requests) => {
          const pacer = newPacer(limit);
          const seenByServer: number[] = [];
          const served: Record<Priority, number[]> = { live: [], catalog: [], backfill: [] };
          const ordered = requests.toSorted((a, b) => a.atMs - b.atMs);
          const aborted = new Set<number>();
          const all = Promise.all(
            ordered.map(
              async ({ atMs, priority, durationMs, arrivalShare, abortAfterMs }, index) => {
                await wait(atMs);
                const abort = new AbortController();
                if (abortAfterMs !== null) setTimeout(() => abort.abort("enough"), abortAfterMs);
                try {
                  await pacer.acquire({ priority, signal: abort.signal });
                } catch (error) {
                  expect(error).toBe("enough");
                  aborted.add(index);
                  return;
                }
                served[priority].push(index);
                seenByServer.push(performance.now() + Math.min(durationMs, 3_000) * arrivalShare);
                await wait(durationMs);
                pacer.report({ durationMs, outcome: "answered" });
              },
            ),
          );
          await vi.runAllTimersAsync();
          await all;
          expect(mostWithin(seenByServer, 1_000)).toBeLessThanOrEqual(limit);
          expect(seenByServer.length + aborted.size).toBe(requests.length);
          for (const indexes of Object.values(served)) {
            expect(indexes).toEqual(indexes.toSorted((a, b) => a - b));
          }
          expect(pacer.state().waiting).toEqual({ live: 0, catalog: 0, backfill: 0 });
        },
      ),
      { numRuns: 150 },
    );
  });

  test("live goes first, and under endless live and catalog work backfill still gets every tenth turn", async () => {
    const pacer = newPacer(10);
    const turns: Priority[] = [];
    const serve = async (priority: Priority) => {
      await pacer.acquire({ priority });
      turns.push(priority);
      pacer.report({ durationMs: 0, outcome: "answered" });
    };
    for (const priority of ["backfill", "catalog", "live"] as const) {
      for (let count = 0; count < 100; count += 1) void serve(priority);
    }
    await vi.advanceTimersByTimeAsync(10 * 1_050);
    const contended = turns.slice(10, 100);
    const count = (priority: Priority) => contended.filter((turn) => turn === priority).length;
    expect(count("backfill")).toBeGreaterThanOrEqual(9);
    expect(count("catalog")).toBeGreaterThanOrEqual(15);
    expect(count("live")).toBeGreaterThan(count("catalog") + count("backfill"));
    await vi.runAllTimersAsync();
    expect(turns).toHaveLength(300);
  });

  test("slow replies lower the rate to no less than a quarter, quick ones bring it back", async () => {
    const pacer = newPacer(12);
    const quick = await load(pacer, 60, 20, 10_500);
    expect(quick.length).toBeGreaterThanOrEqual(118);
    expect(pacer.state().currentRate).toBeCloseTo(12 / 1.05, 1);
    const slow = await load(pacer, 60, 2_000, 12_000);
    expect(slow.length / 12).toBeLessThanOrEqual(12 / 3 + 1);
    expect(pacer.state().currentRate).toBeCloseTo(4, 0);
    const slowest = await load(pacer, 200, 15_000, 40_000);
    expect(slowest.length / 40).toBeGreaterThanOrEqual(12 / 4 - 0.3);
    expect(pacer.state().currentRate).toBeCloseTo(3, 0);
    const again = await load(pacer, 60, 20, 10_500);
    expect(again.length).toBeGreaterThanOrEqual(118);
  });

  test("a 429 holds everybody for what the server asks, then lets one request find out", async () => {
    const pacer = newPacer(5);
    const starts: number[] = [];
    const t0 = performance.now();
    await pacer.acquire({ priority: "live" });
    pacer.report({ durationMs: 0, outcome: "rate-limited", retryAfterMs: 7_000 });
    expect(pacer.state()).toMatchObject({
      pausedUntil: new Date(Date.now() + 7_000),
      pauseReason: expect.stringContaining("429"),
    });
    const pausedSince = new Date();
    for (let count = 0; count < 4; count += 1) {
      void pacer.acquire({ priority: "live" }).then(() => starts.push(performance.now() - t0));
    }
    await vi.advanceTimersByTimeAsync(6_999);
    expect(pacer.state().pausedSince).toEqual(pausedSince);
    expect(starts).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(starts).toEqual([7_000]);
    pacer.report({ durationMs: 999, outcome: "answered" });
    await vi.advanceTimersByTimeAsync(1);
    expect(starts).toHaveLength(4);
    expect(pacer.state()).toMatchObject({
      pausedSince: null,
      pausedUntil: null,
      pauseReason: null,
    });
  });

  test("five failures in a row pause the host; every failed probe doubles the pause up to a minute", async () => {
    const pacer = newPacer(10);
    const probe = async () => {
      await pacer.acquire({ priority: "live" });
      pacer.report({ durationMs: 0, outcome: "failed" });
    };
    for (let count = 0; count < 5; count += 1) await probe();
    const pauses: number[] = [];
    for (let count = 0; count < 8; count += 1) {
      const pauseMs = Number(pacer.state().pausedUntil) - Date.now();
      pauses.push(pauseMs);
      if (pauseMs > 20_000) {
        await expect(pacer.acquire({ priority: "live" })).rejects.toMatchObject({
          code: "SERVICE_UNAVAILABLE",
          retryAfterMs: pauseMs,
        });
      }
      await vi.advanceTimersByTimeAsync(pauseMs);
      await probe();
    }
    expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test("failures between answers are no outage, and replies from before a pause do not end it", async () => {
    const pacer = newPacer(20);
    for (let count = 0; count < 12; count += 1) {
      await pacer.acquire({ priority: "live" });
      pacer.report({ durationMs: 0, outcome: count % 4 === 3 ? "answered" : "failed" });
    }
    expect(pacer.state().pauseReason).toBeNull();
    await pacer.acquire({ priority: "live" });
    await pacer.acquire({ priority: "live" });
    await vi.advanceTimersByTimeAsync(500);
    pacer.report({ durationMs: 500, outcome: "rate-limited", retryAfterMs: 5_000 });
    pacer.report({ durationMs: 500, outcome: "answered" });
    expect(Number(pacer.state().pausedUntil) - Date.now()).toBe(5_000);
  });

  test("a probe that its caller gives up, or never reports, does not hold the host for ever", async () => {
    const pacer = newPacer(5);
    pacer.pause(Date.now() + 1_000, "maintenance");
    const first = pacer.acquire({ priority: "live" });
    await vi.advanceTimersByTimeAsync(1_000);
    await first;
    let started = false;
    void pacer.acquire({ priority: "live" }).then(() => {
      started = true;
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(started).toBe(false);
    pacer.report({ durationMs: 100, outcome: "cancelled" });
    await vi.advanceTimersByTimeAsync(0);
    expect(started).toBe(true);
    const third = pacer.acquire({ priority: "live" });
    await vi.advanceTimersByTimeAsync(30_000);
    await expect(third).resolves.toBeUndefined();
  });

  test("who waits is told to come back later when the pause grows beyond 20 s", async () => {
    const pacer = newPacer(1);
    await pacer.acquire({ priority: "live" });
    const waiting = pacer.acquire({ priority: "backfill" });
    pacer.report({ durationMs: 0, outcome: "rate-limited", retryAfterMs: 90_000 });
    await expect(waiting).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 90_000 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an aborted wait ends with the signal's reason, leaves no timer and takes no turn", async () => {
    const pacer = newPacer(1);
    await pacer.acquire({ priority: "live" });
    const abort = new AbortController();
    const waiting = pacer.acquire({ priority: "live", signal: abort.signal });
    expect(vi.getTimerCount()).toBe(1);
    abort.abort(new Error("shutting down"));
    await expect(waiting).rejects.toThrow("shutting down");
    expect(vi.getTimerCount()).toBe(0);
    await expect(pacer.acquire({ priority: "live", signal: abort.signal })).rejects.toThrow();
    expect(pacer.state().waiting.live).toBe(0);
  });

  test("setting the wall clock lets no burst through", async () => {
    let wall = 1_000_000;
    const pacer = createPacer({ requestsPerSecond: 2, clock: { now: () => wall } });
    await pacer.acquire({ priority: "live" });
    await pacer.acquire({ priority: "live" });
    wall += 3_600_000;
    let started = false;
    void pacer.acquire({ priority: "live" }).then(() => {
      started = true;
    });
    await vi.advanceTimersByTimeAsync(1_049);
    expect(started).toBe(false);
    wall -= 7_200_000;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(started).toBe(true);
  });
});

test("a real server that is asked without pause for 3 s sees at most 15 requests in any second, and nearly that in all", async () => {
  const arrivals: number[] = [];
  const server = createServer((_, response) => {
    arrivals.push(performance.now());
    response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const pacer = createPacer({ requestsPerSecond: 15, clock: systemClock });
  const end = performance.now() + 3_000;
  const worker = async () => {
    while (performance.now() < end) {
      await pacer.acquire({ priority: "backfill" });
      const startedAt = performance.now();
      await (await fetch(url)).text();
      pacer.report({ durationMs: performance.now() - startedAt, outcome: "answered" });
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  server.close();
  server.closeAllConnections();
  expect(mostWithin(arrivals, 1_000)).toBeLessThanOrEqual(15);
  expect(arrivals.filter((time) => time < end).length).toBeGreaterThanOrEqual(38);
});
