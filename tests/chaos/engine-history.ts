import { createHash } from "node:crypto";
import type { Effect } from "./engine-effects.ts";
import type { EngineHost } from "./engine-host.ts";
import { CHILDREN, FAILURE, KINDS, type Kind, type Numbered, numberOf } from "./engine-kinds.ts";

type RunRow = {
  id: string;
  function_id: string;
  status: string;
  events: string;
  output: string | null;
  error: string | null;
  ended_at: number | null;
};
type StepRow = { run_id: string; step_id: string; position: number | null; memo: string | null };
type AttemptRow = {
  run_id: string;
  step_id: string;
  number: number;
  status: "completed" | "failed" | "interrupted";
  started_at: number;
  ended_at: number;
};

/** All that is known of one run in the end. Times in epoch milliseconds. */
export type RunHistory = {
  id: string;
  functionId: string;
  kind: Kind;
  n: number;
  status: string;
  output: string[] | null;
  /** JSON. */
  error: string | null;
  endedAt: number;
  /** Results in the order of completion, by step id as it is stored. */
  memos: Map<string, { position: number; value: unknown }>;
  /** In the order in which they were stored. */
  attempts: AttemptRow[];
  effects: Effect[];
};

/** What has happened between the first event and the last end of a run. */
export type History = {
  /** What was sent and taken. */
  sent: { kind: string; n: number }[];
  /** When the event that cancels a run was taken, by the run's number. */
  stoppedAt: Map<number, number>;
  effects: Effect[];
  hosts: Pick<EngineHost, "name" | "startedAt" | "killedAt">[];
  runs: RunHistory[];
  /** Jobs and pauses that are still there. */
  leftovers: string[];
};

export function groupBy<Key, Item>(items: Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** A step's id as the SDK stores it. */
export function stepHash(step: string): string {
  return createHash("sha1").update(step).digest("hex");
}

/** Reads what the engine has kept of every run, through a process that is up. */
export async function readRuns(
  host: EngineHost,
  effects: Effect[],
): Promise<Pick<History, "runs" | "leftovers">> {
  const runs = await host.query<RunRow>(
    `SELECT id, function_id, status, events, output, error, ${milliseconds("ended_at")} FROM engine.run ORDER BY id`,
  );
  const steps = await host.query<StepRow>(
    "SELECT run_id, step_id, position, memo FROM engine.step",
  );
  const attempts = await host.query<AttemptRow>(
    `SELECT run_id, step_id, number, status, ${milliseconds("started_at")}, ${milliseconds("ended_at")}
     FROM engine.attempt ORDER BY id`,
  );
  const left = await host.query<{ what: string }>(
    `SELECT concat_ws(' ', 'job', kind, state, function_id, run_id, step_id) AS what FROM engine.job
     UNION ALL SELECT concat_ws(' ', 'pause', event_name, run_id) FROM engine.pause`,
  );
  const stepsOf = groupBy(steps, (row) => row.run_id);
  const attemptsOf = groupBy(attempts, (row) => row.run_id);
  const effectsOf = groupBy(effects, (effect) => effect.runId);
  return {
    leftovers: left.map(({ what }) => what),
    runs: runs.map((row) => ({
      id: row.id,
      ...functionOf(row),
      status: row.status,
      output: row.output === null ? null : JSON.parse(row.output),
      error: row.error,
      endedAt: row.ended_at ?? Number.POSITIVE_INFINITY,
      memos: memosOf(stepsOf.get(row.id) ?? []),
      attempts: attemptsOf.get(row.id) ?? [],
      effects: effectsOf.get(row.id) ?? [],
    })),
  };
}

function milliseconds(column: string): string {
  return `round(extract(epoch FROM ${column}) * 1000)::float8 AS ${column}`;
}

function functionOf(row: RunRow): Pick<RunHistory, "functionId" | "kind" | "n"> {
  const functionId = row.function_id.replace(/^chaos-/, "");
  const kind = functionId === "failing-failure" ? FAILURE : { ...KINDS, ...CHILDREN }[functionId];
  if (!kind) throw new Error(`Nobody knows the function ${row.function_id}.`);
  const [event]: { data: Numbered }[] = JSON.parse(row.events);
  if (!event) throw new Error(`Run ${row.id} has no event.`);
  return { functionId, kind, n: numberOf(event.data) };
}

function memosOf(rows: StepRow[]): RunHistory["memos"] {
  const memos: RunHistory["memos"] = new Map();
  for (const { step_id, position, memo } of rows) {
    if (position !== null) memos.set(step_id, { position, value: JSON.parse(memo ?? "null") });
  }
  return memos;
}
