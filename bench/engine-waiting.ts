import type { Inngest } from "inngest";
import type { Database } from "~/lib/db.server.ts";
import { type BenchApp, idleCpu, title, until, withBenchApp } from "./engine-app.ts";
import { createMovableTime } from "./movable-time.ts";
import { print } from "./scratch-database.ts";

const BATCH = 500;
const IDLE_MS = 5_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const LOOKS = 200;

/** Runs that sleep for an hour: what it costs to take them in, to have them, and to go on with all of them at once. */
export async function sleepers(database: Database, runs: number): Promise<void> {
  const time = createMovableTime();
  let woken = 0;
  const functions = (client: Inngest) => [
    client.createFunction(
      { id: "sleeper", triggers: [{ event: "bench/sleep" }] },
      async ({ step }) => {
        await step.sleep("nap", "1h");
        woken++;
      },
    ),
  ];
  await withBenchApp({ database, functions, time }, async ({ client, engine }) => {
    engine.start();
    title(`${runs} sleeping runs`);
    print("  a look at what is due, without them", await look({ engine }), "ms", 2);
    print("  nothing to do, share of a core", 100 * (await idleCpu(IDLE_MS)), "%", 2);
    const began = performance.now();
    for (let sent = 0; sent < runs; sent += BATCH) {
      const batch = Array.from({ length: BATCH }, () => ({ name: "bench/sleep", data: {} }));
      await client.send(batch);
    }
    print("  accepted within", (performance.now() - began) / 1000, "s", 2);
    await until(async () => (await engine.stats()).scheduled === runs, 50);
    print("  all asleep after", (performance.now() - began) / 1000, "s", 2);
    print("  a look at what is due, with them", await look({ engine }), "ms", 2);
    print("  all asleep, share of a core", 100 * (await idleCpu(IDLE_MS)), "%", 2);
    const due = performance.now();
    time.advance(HOUR_MS);
    await until(() => woken === runs);
    print("  all gone on after", (performance.now() - due) / 1000, "s", 2);
  });
}

/** Functions that are due at every minute: registration, a look at what is due, and the minute. */
export async function crons(database: Database, count: number): Promise<void> {
  const time = createMovableTime();
  // The first minute ends when it is told to.
  time.advance(MINUTE_MS - (time.clock.now() % MINUTE_MS));
  let ended = 0;
  const functions = (client: Inngest) =>
    Array.from({ length: count }, (_, index) =>
      client.createFunction({ id: `cron-${index}`, triggers: [{ cron: "* * * * *" }] }, () => {
        ended++;
      }),
    );
  title(`${count} crons`);
  const noCron = (client: Inngest) => [
    client.createFunction({ id: "none", triggers: [{ event: "bench/none" }] }, () => null),
  ];
  const without = await withBenchApp({ database, functions: noCron, time }, (app) => look(app));
  await withBenchApp({ database, functions, time }, async (app) => {
    print("  registration", app.registrationTook, "ms");
    print("  a look without crons", without, "ms", 2);
    print("  a look with them", await look(app), "ms", 2);
    app.engine.start();
    print("  between two minutes, share of a core", 100 * (await idleCpu(IDLE_MS)), "%", 2);
    const began = performance.now();
    time.advance(MINUTE_MS - (time.clock.now() % MINUTE_MS));
    await until(() => ended === count);
    print("  a minute's runs", (performance.now() - began) / 1000, "s", 2);
  });
}

/** Milliseconds of one look at what is due, when nothing is. */
async function look({ engine }: Pick<BenchApp, "engine">): Promise<number> {
  await engine.drain();
  const began = performance.now();
  for (let looks = 0; looks < LOOKS; looks++) await engine.drain();
  return (performance.now() - began) / LOOKS;
}
