import fc from "fast-check";
import { expect, test } from "vitest";
import { createRateLimiter } from "./rate-limiter.ts";

/** Most of these times within any half-open second. */
function mostInASecond(times: number[]): number {
  return Math.max(
    0,
    ...times.map((end) => times.filter((at) => at <= end && at > end - 1000).length),
  );
}

test("never more than the limit is accepted within any second, and nothing is refused without need", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(400), { maxLength: 120 }),
      fc.integer({ min: 1, max: 20 }),
      (gaps, limit) => {
        let now = 0;
        const limiter = createRateLimiter({ keyed: limit, anonymous: 1 }, () => now);
        const all: number[] = [];
        const accepted: number[] = [];
        for (const gap of gaps) {
          now += gap;
          all.push(now);
          const before = accepted.filter((at) => at > now - 1000).length;
          const { allowed } = limiter.admit({ id: "key", keyed: true }, "trades");
          expect(allowed).toBe(before < limit);
          if (allowed) accepted.push(now);
        }
        expect(mostInASecond(accepted)).toBeLessThanOrEqual(limit);
        expect(limiter.report()).toMatchObject({
          total: all.length,
          refused: all.length - accepted.length,
          maxPerSecond: mostInASecond(all),
        });
      },
    ),
  );
});

test("clients have budgets of their own; without a limit requests are still counted", () => {
  const limiter = createRateLimiter({ keyed: null, anonymous: 2 }, () => 0);
  const anonymous = { id: "anonymous 127.0.0.1", keyed: false };
  expect([1, 2, 3].map(() => limiter.admit(anonymous, "price").allowed)).toEqual([
    true,
    true,
    false,
  ]);
  for (let count = 0; count < 50; count++) {
    expect(limiter.admit({ id: "key", keyed: true }, "trades").allowed).toBe(true);
  }
  expect(limiter.report()).toEqual({
    total: 53,
    refused: 1,
    maxPerSecond: 53,
    maxPerSecondByClient: { "anonymous 127.0.0.1": 3, key: 50 },
    byKind: { price: 3, trades: 50 },
  });
  limiter.resetReport();
  expect(limiter.report().total).toBe(0);
});
