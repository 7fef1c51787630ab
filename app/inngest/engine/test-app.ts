import { Inngest, type InngestFunction } from "inngest";
import { serve } from "inngest/edge";
import type { Pool } from "pg";
import { testDatabase } from "../../../tests/database.ts";
import { createEngine } from "./engine.ts";
import type { Engine, EngineOptions } from "./types.ts";

export const SERVE_URL = "http://engine.local/api/inngest";
const silent = { info() {}, warn() {}, error() {}, debug() {} };

/** A call as the app received it, with its reply. */
type RecordedCall = {
  functionId: string;
  stepId: string;
  body: {
    version: number;
    events: { name: string; id: string; ts: number; data: Record<string, unknown> }[];
    steps: Record<string, unknown>;
    ctx: {
      run_id: string;
      attempt: number;
      max_attempts: number;
      disable_immediate_execution: boolean;
      stack: { stack: string[]; current: number };
      fn_id?: string;
    };
  };
  status: number;
  reply: unknown;
};

type RunRow = {
  id: string;
  function_id: string;
  status: string;
  output: unknown;
  error: { name: string; message: string } | null;
};

type TestApp = {
  client: Inngest;
  engine: Engine;
  /** The serve handler, as the engine reaches it. */
  transport: EngineOptions["transport"];
  /** A further engine on the same functions and database. */
  another(options?: Partial<EngineOptions>): Engine;
  calls: RecordedCall[];
  clock: { now(): number; advance(ms: number): void };
  pool: Pool;
  runs(functionId?: string): Promise<RunRow[]>;
  /** Moves the clock to each next due time until nothing is left to do, for at most this long. */
  settle(ms: number): Promise<void>;
};

/** Something to wait for and to let go on. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** Unmodified SDK functions served in process, an engine on an emptied test database, and a clock that moves only when told to. */
export async function testApp(
  functions: (client: Inngest) => InngestFunction.Any[],
  { checkpointing = false, ...options }: Partial<EngineOptions> & { checkpointing?: boolean } = {},
): Promise<TestApp> {
  const { pool, reset } = await testDatabase();
  await reset();
  // Later than any real time: the SDK stamps events with that, and an event of the future would wait.
  let now = Date.parse("2100-03-01T12:00:30Z");
  const clock = {
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
  };
  const client = new Inngest({
    id: "app",
    isDev: true,
    checkpointing,
    baseUrl: "http://engine.local",
    fetch: (input: string | URL | Request, init?: RequestInit) => engine.fetch(input, init),
    logger: silent,
    internalLogger: silent,
  });
  const handler = serve({ client, functions: functions(client) });
  const calls: RecordedCall[] = [];
  const transport: EngineOptions["transport"] = async (request) => {
    const url = new URL(request.url);
    const functionId = url.searchParams.get("fnId");
    if (functionId === null) return handler(request);
    const text = await request.text();
    const call: RecordedCall = {
      functionId,
      stepId: url.searchParams.get("stepId") ?? "",
      body: JSON.parse(text) as RecordedCall["body"],
      status: 0,
      reply: null,
    };
    calls.push(call);
    const copy = new Request(request.url, { method: "POST", headers: request.headers, body: text });
    const response = await handler(copy);
    call.status = response.status;
    call.reply = await response.clone().json();
    return response;
  };
  const another = (more: Partial<EngineOptions> = {}) =>
    createEngine({
      pool,
      clock,
      transport,
      logger: silent,
      random: () => 0.5,
      ...options,
      ...more,
    });
  const engine = another();
  await engine.register(SERVE_URL);
  return {
    client,
    engine,
    transport,
    another,
    calls,
    clock,
    pool,
    async runs(functionId) {
      const { rows } = await pool.query(
        "SELECT id, function_id, status, output, error FROM engine.run ORDER BY created_at, function_id, id",
      );
      return (rows as Record<string, string | null>[])
        .filter((row) => functionId === undefined || row.function_id === functionId)
        .map((row) => ({
          ...row,
          output: row.output && JSON.parse(row.output),
          error: row.error && JSON.parse(row.error),
        })) as RunRow[];
    },
    async settle(ms) {
      const end = now + ms;
      for (;;) {
        await engine.drain();
        const { rows } = await pool.query<{ due: Date | null }>(
          "SELECT least((SELECT min(due_at) FROM engine.job WHERE state = 'waiting'), (SELECT min(closes_at) FROM engine.gathering)) AS due",
        );
        const due = rows[0]?.due?.getTime();
        if (due === undefined || due > end) break;
        now = Math.max(now, due);
      }
      now = end;
      await engine.drain();
    },
  };
}
