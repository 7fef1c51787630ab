import { title } from "./engine-app.ts";
import { memory } from "./engine-memory.ts";
import { burst, idle } from "./engine-steps.ts";
import { crons, sleepers } from "./engine-waiting.ts";
import { print, withScratchDatabase } from "./scratch-database.ts";

/** Figures of the real dev server on a machine like this one (its calls go over HTTP; other work ran beside some of its rounds). */
const REAL_SERVER = {
  burst: {
    on: { steps: "141–272, idle machine ~500", run: "4.9–9.3 / 9.1–17.6, idle machine 3.1 / 5.4" },
    off: { steps: "64–84", run: "16–25.5 / 29.8–38.6" },
  },
  idle: {
    on: { one: "215–273", five: "216–284" },
    off: { one: "294–440", five: "948–1,012" },
  },
};
const BARS = { stepsPerSecond: 1_000, idleMs: 10, memoryGrowth: 0.1 };

/**
 * The embedded engine with an app of its own in this process: bursts, single runs, many sleeping runs, many crons, memory over many runs
 * (design: "Bars"). `npm run bench -- engine quick` takes a tenth of the runs and holds nothing against the bars.
 */
export async function engine(scale?: string): Promise<void> {
  const quick = scale === "quick";
  const size = (whole: number) => (quick ? whole / 10 : whole);
  await withScratchDatabase(async (database) => {
    process.stdout.write(`database: ${database.kind}\n`);
    const failures: string[] = [];
    for (const checkpointing of [true, false]) {
      const mode = checkpointing ? "on" : "off";
      const real = REAL_SERVER.burst[mode];
      const { stepsPerSecond, cpuPerStep, p50, p99 } = await burst(
        database,
        checkpointing,
        size(10),
      );
      title(`${size(500)} runs of 5 steps at once, checkpointing ${mode}`);
      compare("steps", stepsPerSecond, "/s", 0, real.steps);
      compare("processor time of a step", cpuPerStep, "ms", 2);
      compare("run, median", p50 / 1000, "s", 2, real.run);
      compare("run, p99", p99 / 1000, "s", 2);
      if (checkpointing && stepsPerSecond < BARS.stepsPerSecond) failures.push("steps per second");
    }
    title("a run alone, median of 20 from sending to the end of the function");
    for (const checkpointing of [true, false]) {
      const mode = checkpointing ? "on" : "off";
      const { one, five } = await idle(database, checkpointing);
      compare(`1 step, checkpointing ${mode}`, one, "ms", 1, REAL_SERVER.idle[mode].one);
      compare(`5 steps, checkpointing ${mode}`, five, "ms", 1, REAL_SERVER.idle[mode].five);
      if (checkpointing && one > BARS.idleMs) failures.push("a run alone");
    }
    await sleepers(database, size(10_000));
    await crons(database, size(1_000));
    const growth = await memory(database, size(100_000));
    if (growth > BARS.memoryGrowth) failures.push("memory");
    if (quick || failures.length === 0) return;
    process.stdout.write(`Not within the bars: ${failures.join(", ")}.\n`);
    process.exitCode = 1;
  });
}

function compare(name: string, value: number, unit: string, digits: number, real?: string): void {
  print(`  ${name}`, value, real ? `${unit}   (real server: ${real})` : unit, digits);
}
