import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Inngest } from "inngest";
import type { Database } from "~/lib/db.server.ts";
import { title, until, withBenchApp } from "./engine-app.ts";
import { createMovableTime } from "./movable-time.ts";

const ROUNDS = 10;
/** The last rounds are held against as many before them; what is vacuumed now and then goes up and down. */
const COMPARED = 3;
const BATCH = 200;
const MOST_AT_ONCE = 1_000;
const HOUR_MS = 3_600_000;
/** Between two rounds: what the engine keeps longest, a day, is full of old runs before the half of them. */
const ROUND_LASTS_MS = 8 * HOUR_MS;
const KEEP_COMPLETED_MS = 2 * HOUR_MS;
const PRUNE_BATCH = 1_000;

type Reading = { heap: number; resident: number; tables: number };

/**
 * Memory of the process (with the embedded database in it) and size of the engine's tables while runs of one step come and age out.
 * @returns the largest growth of any of them at last, as a share
 */
export async function memory(database: Database, runs: number): Promise<number> {
  const time = createMovableTime();
  const perRound = runs / ROUNDS;
  const readings: Reading[] = [];
  let ended = 0;
  const functions = (client: Inngest) => [
    client.createFunction(
      { id: "short", triggers: [{ event: "bench/short" }] },
      async ({ event, step }) => {
        await step.run("work", () => event.data.n);
        ended++;
      },
    ),
  ];
  title(`memory over ${runs} runs of one step`);
  await withBenchApp({ database, functions, time }, async ({ client, engine }) => {
    engine.start();
    let sent = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const began = performance.now();
      while (sent < round * perRound) {
        await until(() => sent - ended < MOST_AT_ONCE);
        const from = sent;
        sent += BATCH;
        await client.send(
          Array.from({ length: BATCH }, (_, n) => ({ name: "bench/short", data: { n: from + n } })),
        );
      }
      await until(() => ended === sent);
      await engine.drain();
      const seconds = (performance.now() - began) / 1000;
      time.advance(ROUND_LASTS_MS);
      const before = new Date(time.clock.now() - KEEP_COMPLETED_MS);
      while (sum(Object.values(await engine.prune(before, PRUNE_BATCH))) > 0);
      const reading = await readMemory(database);
      readings.push(reading);
      printReading(sent, reading, perRound / seconds);
    }
  });
  const peak = (from: number, kind: keyof Reading) =>
    Math.max(...readings.slice(from, from + COMPARED).map((reading) => reading[kind]));
  const growth = (kind: keyof Reading) =>
    peak(ROUNDS - COMPARED, kind) / peak(ROUNDS - 2 * COMPARED, kind) - 1;
  return Math.max(growth("heap"), growth("resident"), growth("tables"));
}

async function readMemory({ pool }: Database): Promise<Reading> {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { rows } = await pool.query<{ bytes: string }>(
    "SELECT sum(pg_total_relation_size(format('%I.%I', schemaname, tablename)::regclass)) AS bytes FROM pg_tables WHERE schemaname = 'engine'",
  );
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, resident: rss, tables: Number(rows[0]?.bytes) };
}

function printReading(runs: number, reading: Reading, perSecond: number): void {
  const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1).padStart(7);
  const { heap, resident, tables } = reading;
  process.stdout.write(
    `  ${String(runs).padStart(7)} runs: heap ${megabytes(heap)} MB, resident ${megabytes(resident)} MB, tables ${megabytes(tables)} MB, ${perSecond.toFixed(0)} runs/s\n`,
  );
}

function sum(counts: number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
