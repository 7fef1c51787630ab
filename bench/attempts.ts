import { systemClock } from "~/lib/clock.ts";
import { createLogger } from "~/lib/logger.server.ts";
import { type AttemptLog, createAttemptLog } from "~/reliability/attempts.server.ts";
import { ensureIdempotent } from "~/reliability/idempotency.server.ts";
import { createRedactor } from "~/reliability/redaction.ts";
import { executeWithRetry } from "~/reliability/retry.server.ts";
import { percentile, print, withScratchDatabase } from "./scratch-database.ts";

const ATTEMPTS = 4_000;
const ROUND = 500;
const SECRETS = { OPINION_API_KEY: "k-0123456789", ADMIN_TOKEN: "t-0123456789abcdef" };

/** What one attempt costs by itself, with its row written and without, in turn within one run (design: "Bars"). */
export async function attempts(): Promise<void> {
  await withScratchDatabase(async ({ db, kind }) => {
    const now = new Date();
    const { id: runId } = await ensureIdempotent(db, {
      action: "bench",
      idempotencyKey: `bench-${now.getTime()}`,
      correlationId: "bench",
      inngestRunId: `bench-${now.getTime()}`,
      now,
      expiresAt: now,
    });
    const redact = createRedactor(SECRETS);
    const logger = createLogger("warn", redact);
    const log = createAttemptLog(db, { runId, step: "bench", logger, redact });
    await measure(log, ROUND);
    const recorded: number[] = [];
    const unrecorded: number[] = [];
    let cpuMs = 0;
    for (let done = 0; done < ATTEMPTS; done += ROUND) {
      const before = process.cpuUsage();
      recorded.push(...(await measure(log, ROUND)));
      const { user, system } = process.cpuUsage(before);
      cpuMs += (user + system) / 1_000;
      unrecorded.push(...(await measure(null, ROUND)));
    }
    const rows = await db.runAttempt.count({ where: { runId } });
    if (rows !== ATTEMPTS + ROUND) throw new Error(`${rows} attempts are stored.`);
    process.stdout.write(`database: ${kind}\n`);
    report("an attempt with its row", recorded);
    print("an attempt with its row, CPU, database included", cpuMs / ATTEMPTS, "ms", 3);
    report("an attempt without", unrecorded);
  });
}

/** Milliseconds of each of `count` successful attempts, one after the other, that note what a request notes. */
async function measure(log: AttemptLog | null, count: number): Promise<number[]> {
  const step = { log, clock: systemClock, request: "GET /openapi/market?page=3&limit=20" };
  const durations: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const started = performance.now();
    await executeWithRetry(
      step,
      async ({ note }) => note({ status: 200, waitMs: 0, bytes: 18_342 }),
      "venueApi",
    );
    durations.push(performance.now() - started);
  }
  return durations;
}

function report(name: string, durations: number[]): void {
  const mean = durations.reduce((sum, duration) => sum + duration, 0) / durations.length;
  print(`${name}, mean`, mean, "ms", 3);
  print(`${name}, median`, percentile(durations, 0.5), "ms", 3);
  print(`${name}, p99`, percentile(durations, 0.99), "ms", 3);
}
