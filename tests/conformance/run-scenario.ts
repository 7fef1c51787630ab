import type { Pool } from "pg";
import { createEngine } from "~/inngest/engine/engine.ts";
import { serveScenario } from "./app.ts";
import { buildRecord, type ScenarioRecord } from "./record.ts";
import type { Scenario } from "./scenario.ts";
import { observed, virtualTime } from "./virtual-time.ts";

const ENGINE_URL = "http://engine.local";
/** Longer than the engine waits for the calls that are open when it is stopped. */
const STOP_MS = 60_000;
const silent = { info() {}, warn() {}, error() {}, debug() {} };

/** Executes a scenario on an engine of its own, on an empty database and a virtual clock. */
export async function runScenario(
  scenario: Scenario,
  { pool, checkpointing }: { pool: Pool; checkpointing: boolean },
): Promise<ScenarioRecord> {
  const time = virtualTime();
  const engine = createEngine({
    pool: observed(pool, time),
    clock: time,
    wait: time.wait,
    transport: (request) => time.busy(() => app.handle(request)),
    logger: silent,
    random: () => 0.5,
    exclusive: true,
    ...(scenario.retry === "default" ? {} : { retryIntervalMs: 1_000 }),
  });
  const app = serveScenario(scenario, engine.fetch, time, checkpointing);
  const { context } = app;
  try {
    await engine.register(app.url);
    engine.start();
    await scenario.drive(context);
    const isDone = () =>
      Object.entries(scenario.done ?? {}).every(([fn, n]) => context.ended(fn) >= n) &&
      (scenario.until?.(context) ?? true);
    const complete = await context.until(isDone, scenario.maxMs);
    await context.wait(scenario.settleMs);
    const runIds = new Set(app.calls.map(({ body }) => body.ctx.run_id));
    const engineStatus = await statusWords(engine.fetch, runIds);
    return buildRecord(scenario, app, { checkpointing, complete, engineStatus });
  } finally {
    await Promise.all([engine.stop(), time.advance(STOP_MS)]);
  }
}

async function statusWords(
  engineFetch: typeof fetch,
  runIds: Iterable<string>,
): Promise<Map<string, string>> {
  const words = new Map<string, string>();
  for (const id of runIds) {
    const response = await engineFetch(`${ENGINE_URL}/v1/runs/${id}`);
    if (!response.ok) continue;
    const { data }: { data: { status: string } } = await response.json();
    words.set(id, data.status);
  }
  return words;
}
