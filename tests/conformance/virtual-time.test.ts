import { expect, test } from "vitest";
import { virtualTime } from "./virtual-time.ts";

const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("timers end in the order of their times, each at its own", async () => {
  const time = virtualTime();
  const start = time.now();
  const ended: string[] = [];
  for (const [name, ms] of [["late", 3_000] as const, ["early", 500] as const]) {
    void time.wait(ms, never).then(() => ended.push(`${name} ${time.now() - start}`));
  }
  await time.advance(4_000);
  expect(ended).toEqual(["early 500", "late 3000"]);
  expect(time.now() - start).toBe(4_000);
});

test("what a timer starts is done before time goes on, and may set timers of its own", async () => {
  const time = virtualTime();
  const start = time.now();
  const seen: number[] = [];
  async function poll(): Promise<void> {
    await time.wait(1_000, never);
    await time.busy(turn);
    await turn();
    seen.push(time.now() - start);
    await poll();
  }
  void poll();
  await time.advance(3_500);
  expect(seen).toEqual([1_000, 2_000, 3_000]);
});

test("time stands still while something is busy, unless it only works for a while", async () => {
  const time = virtualTime();
  const start = time.now();
  let answer = () => {};
  const query = time.busy(() => new Promise<void>((resolve) => (answer = resolve)));
  const call = time.busy(async () => {
    await time.work(2_000);
    return time.now() - start;
  });
  const advanced = time.advance(5_000);
  for (let i = 0; i < 100; i++) await turn();
  expect(time.now() - start).toBe(0);
  answer();
  await Promise.all([query, advanced]);
  expect(await call).toBe(2_000);
});

test("an aborted wait ends at once and holds nobody up", async () => {
  const time = virtualTime();
  const abort = new AbortController();
  const waiting = time.wait(60_000, abort.signal);
  abort.abort();
  await waiting;
  await time.wait(60_000, abort.signal);
});

test("a timer that sets itself again without letting time go by is an error", async () => {
  const time = virtualTime();
  async function spin(): Promise<void> {
    await time.wait(0, never);
    await spin();
  }
  void spin();
  await expect(time.advance(1)).rejects.toThrow("Time cannot go on");
});
