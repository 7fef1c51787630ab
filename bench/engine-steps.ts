import type { Inngest } from "inngest";
import type { Database } from "~/lib/db.server.ts";
import { until, withBenchApp } from "./engine-app.ts";
import { percentile } from "./scratch-database.ts";

const STEPS = 5;
const BATCH = 50;
const WARM_UP_RUNS = 20;
const SAMPLES = 20;

/**
 * Runs in batches of 50, sent one after the other. Times in ms from the sending of a run's batch to the end of the function's body;
 * `cpuPerStep` is what a step takes of the cores, the embedded database included.
 */
export async function burst(database: Database, checkpointing: boolean, batches: number) {
  const runs = batches * BATCH;
  const sentAt = new Map<number, number>();
  const took: number[] = [];
  const ended = (n: number) => took.push(performance.now() - (sentAt.get(n) ?? 0));
  const functions = (client: Inngest) => [stepsFunction(client, STEPS, ended)];
  return withBenchApp({ database, functions, checkpointing }, async ({ client, engine }) => {
    engine.start();
    const send = async (from: number, count: number) => {
      const numbers = Array.from({ length: count }, (_, index) => from + index);
      for (const n of numbers) sentAt.set(n, performance.now());
      await client.send(numbers.map((n) => ({ name: "bench/start", data: { n } })));
    };
    await send(-WARM_UP_RUNS, WARM_UP_RUNS);
    await until(() => took.length === WARM_UP_RUNS);
    await engine.drain();
    took.length = 0;
    const cpu = process.cpuUsage();
    const began = performance.now();
    for (let from = 0; from < runs; from += BATCH) await send(from, BATCH);
    await until(() => took.length === runs, 1);
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      stepsPerSecond: (runs * STEPS) / seconds,
      cpuPerStep: (user + system) / 1000 / (runs * STEPS),
      p50: percentile(took, 0.5),
      p99: percentile(took, 0.99),
    };
  });
}

/** Medians in ms of runs that are sent when nothing else is to be done. */
export async function idle(database: Database, checkpointing: boolean) {
  return {
    one: await idleRuns(database, checkpointing, 1),
    five: await idleRuns(database, checkpointing, STEPS),
  };
}

async function idleRuns(database: Database, checkpointing: boolean, steps: number) {
  let done = () => {};
  const functions = (client: Inngest) => [stepsFunction(client, steps, () => done())];
  return withBenchApp({ database, functions, checkpointing }, async ({ client, engine }) => {
    engine.start();
    const took: number[] = [];
    for (let n = -WARM_UP_RUNS; n < SAMPLES; n++) {
      const ended = new Promise<void>((resolve) => {
        done = resolve;
      });
      const began = performance.now();
      await client.send({ name: "bench/start", data: { n } });
      await ended;
      if (n >= 0) took.push(performance.now() - began);
      await engine.drain();
    }
    return percentile(took, 0.5);
  });
}

function stepsFunction(client: Inngest, steps: number, ended: (n: number) => void) {
  return client.createFunction(
    { id: "steps", triggers: [{ event: "bench/start" }] },
    async ({ event, step }) => {
      for (let index = 0; index < steps; index++) await step.run(`step ${index}`, () => index);
      ended(event.data.n);
    },
  );
}
