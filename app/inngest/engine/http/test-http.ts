import { testDatabase } from "../../../../tests/database.ts";
import { ulid } from "../events/ulid.ts";
import { createFetch, type Intake } from "./http.ts";
import { createReads } from "./reads.ts";

/** What the clock says. */
export const NOW = Date.parse("2026-05-01T12:00:00Z");
const silent = { info() {}, warn() {}, error() {}, debug() {} };
const unexpected = async () => {
  throw new Error("not expected");
};

type Insert = (table: string, row: Record<string, unknown>) => Promise<void>;

/** Rows as the engine leaves them; what is not said of a run and its parts does not matter. */
function rowsBy(insert: Insert) {
  return {
    async event(ms: number, name: string): Promise<string> {
      const id = ulid(ms);
      const event = JSON.stringify({ name, data: { n: 1 }, user: {}, id: "own", ts: ms });
      await insert("event", { id, name, event, received_at: new Date(ms) });
      return id;
    },
    async run(
      ms: number,
      { eventId, ...columns }: Record<string, unknown> & { eventId?: string } = {},
    ): Promise<string> {
      const id = ulid(ms);
      await insert("run", {
        id,
        function_id: "shop-fulfil",
        status: "running",
        event_name: "shop/paid",
        events: '[{"name":"shop/paid","data":{}}]',
        created_at: new Date(ms),
        ...columns,
      });
      if (eventId) await insert("run_event", { event_id: eventId, run_id: id });
      return id;
    },
    step: (runId: string, stepId: string, columns: Record<string, unknown> = {}) =>
      insert("step", { run_id: runId, step_id: stepId, op: "StepRun", name: stepId, ...columns }),
    attempt: (runId: string, stepId: string, number: number, error?: object) =>
      insert("attempt", {
        run_id: runId,
        step_id: stepId,
        name: stepId,
        number,
        status: error ? "failed" : "completed",
        started_at: new Date(NOW),
        ended_at: new Date(NOW + 5),
        error: error && JSON.stringify(error),
      }),
    job: (runId: string, stepId: string, columns: Record<string, unknown>) =>
      insert("job", {
        run_id: runId,
        function_id: "shop-fulfil",
        kind: "call",
        step_id: stepId,
        due_at: new Date(NOW),
        ...columns,
      }),
  };
}

/**
 * The HTTP interface on the emptied test database. `call("GET /path")` gives status and JSON; what an intake is not given for must not be
 * asked of it.
 */
export async function testHttp(intake: Partial<Intake> = {}) {
  const { pool, reset } = await testDatabase();
  await reset();
  const fetch = createFetch({
    now: () => NOW,
    logger: silent,
    send: unexpected,
    registerFunctions: unexpected,
    removeApp: unexpected,
    functions: () => [],
    checkpoint: unexpected,
    cancel: unexpected,
    rerun: unexpected,
    reads: createReads(pool),
    ...intake,
  });
  return {
    pool,
    fetch,
    rows: rowsBy(async (table, row) => {
      const names = Object.keys(row);
      await pool.query(
        `INSERT INTO engine.${table} (${names.join(", ")}) VALUES (${names.map((_, i) => `$${i + 1}`).join(", ")})`,
        Object.values(row),
      );
    }),
    async call(target: string, body?: unknown) {
      const [method = "GET", path = ""] = target.split(" ");
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const response = await fetch(`http://engine.local${path}`, init);
      return { status: response.status, body: await response.json() };
    },
  };
}
