import type { Json, RunRecord, ScenarioRecord } from "./record.ts";
import type { Scenario } from "./scenario.ts";

type JsonObject = { [key: string]: Json };

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** One text per value, whatever the order of keys; without an engine's own additions. */
function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([key, item]) => item !== undefined && key !== "_inngest" && key !== "stack")
    .filter(([key, item]) => !(key === "user" && isObject(item) && Object.keys(item).length === 0))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${stable(item)}`).join(",")}}`;
}

const short = (text: string) => (text.length > 600 ? `${text.slice(0, 600)}…` : text);

function firstDifference(what: string, expected: string[], actual: string[]): string | undefined {
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    if (expected[i] === actual[i]) continue;
    return `${what} [${i}]: expected ${short(expected[i] ?? "nothing")}, got ${short(actual[i] ?? "nothing")}`;
  }
  return undefined;
}

/** An error as user code can see it. */
function errorOf(error: Json | undefined): Json | undefined {
  if (!isObject(error)) return error;
  const { name = null, message = null, cause } = error;
  return { name, message, ...(cause === undefined ? {} : { cause: errorOf(cause) ?? null }) };
}

/** An id that an engine made up has no fixed form; those that the scenarios give are short. */
function eventOf(value: Json | undefined): Json | undefined {
  if (!isObject(value) || typeof value.name !== "string" || !("data" in value)) return value;
  const { id = null, ts } = value;
  const madeUp = typeof id === "string" && (id.startsWith("<") || id.length >= 16);
  return { ...value, id: madeUp ? "<id>" : id, ts: ts === undefined ? null : "<ms>" };
}

function memoOf(memo: Json): Json {
  if (!isObject(memo)) return memo;
  const [key, ...more] = Object.keys(memo);
  if (more.length === 0 && key === "error") return { error: errorOf(memo.error) ?? null };
  const sent = more.length === 0 && isObject(memo.data) ? memo.data : {};
  if (Array.isArray(sent.ids) && Object.keys(sent).length === 1) {
    return { data: { ids: sent.ids.map(() => "<id>") } };
  }
  return eventOf(memo) ?? null;
}

function triggerOf({ name, batch, keys, data }: RunRecord["trigger"]): unknown {
  const required = keys.filter((key) => ["data", "id", "name", "ts"].includes(key));
  // The order of events in a batch is not fixed; scenarios log what they got.
  if (batch > 1) return { name, batch, required };
  const isEnd = name.startsWith("inngest/function.") && name !== "inngest/function.invoked";
  if (!isEnd || !isObject(data)) return { name, batch, required, data };
  const { function_id, event, error, result } = data;
  const outcome = error === undefined ? { result } : { error: errorOf(error) };
  return { name, batch, required, function_id, event: eventOf(event), ...outcome };
}

/** The log's lines by lane. */
function lanesOf(record: ScenarioRecord): Map<string, string[]> {
  const lanes = new Map<string, string[]>();
  for (const { name, lane, data } of record.log) {
    const line = stable(data) === "{}" ? name : `${name} ${stable(data)}`;
    lanes.set(lane, [...(lanes.get(lane) ?? []), line]);
  }
  return lanes;
}

function compareLogs(expected: ScenarioRecord, actual: ScenarioRecord): string | undefined {
  const [wanted, seen] = [lanesOf(expected), lanesOf(actual)];
  for (const lane of [...new Set([...wanted.keys(), ...seen.keys()])].sort()) {
    const what = lane === "" ? "side effects" : `side effects of lane ${lane}`;
    const difference = firstDifference(what, wanted.get(lane) ?? [], seen.get(lane) ?? []);
    if (difference) return difference;
  }
  return undefined;
}

function compareRuns(expected: ScenarioRecord, actual: ScenarioRecord): string | undefined {
  const hasStatus = ({ runs }: ScenarioRecord) =>
    runs.some((run) => run.engineStatus !== undefined);
  const withStatus = hasStatus(expected) && hasStatus(actual);
  const lines = ({ runs }: ScenarioRecord) =>
    runs.map((run) => {
      const { fn, status, output, tries, bodyErrors, engineStatus } = run;
      const error = errorOf(run.error);
      const trigger = triggerOf(run.trigger);
      const steps = Object.fromEntries(
        Object.entries(run.steps).map(([id, memo]) => [id, memoOf(memo)]),
      );
      const compared = { status, output, error, trigger, steps, tries, bodyErrors };
      return `${fn} ${stable(withStatus ? { ...compared, engineStatus } : compared)}`;
    });
  return firstDifference("runs", lines(expected).sort(), lines(actual).sort());
}

function compareCalls(
  order: Scenario["calls"],
  expected: ScenarioRecord,
  actual: ScenarioRecord,
): string | undefined {
  // With checkpointing several steps share a call.
  if (!order || expected.checkpointing !== actual.checkpointing) return undefined;
  const lines = ({ calls }: ScenarioRecord) => {
    const all = calls.map(({ fn, step, attempt, maxAttempts, planOnly, memo, stack, reply }) =>
      stable({
        ...{ fn, step, attempt, maxAttempts, planOnly, stack, status: reply.status },
        memo: order === "set" ? [...memo].sort() : memo,
        ops: reply.ops?.map(({ op, step }) => `${op} ${step}`),
      }),
    );
    return order === "set" ? all.sort() : all;
  };
  return firstDifference("calls", lines(expected), lines(actual));
}

function compareTimings(scenario: Scenario, actual: ScenarioRecord): string | undefined {
  for (const { name, min, max } of scenario.timings ?? []) {
    const measured = actual.timings.find((timing) => timing.name === name)?.measured ?? null;
    if (measured === null) return `timing ${name}: not measured`;
    if (measured < min || measured > max) {
      return `timing ${name}: ${measured} ms is outside ${min}–${max} ms`;
    }
  }
  return undefined;
}

/**
 * The first difference between a recording and an execution that a function or its author could notice; undefined = there is none. Compared
 * are side effects, runs (outcome, trigger, steps, tries), calls where the scenario says so, and times within the scenario's ranges.
 */
export function compareRecords(
  scenario: Scenario,
  expected: ScenarioRecord,
  actual: ScenarioRecord,
): string | undefined {
  return (
    compareLogs(expected, actual) ??
    compareRuns(expected, actual) ??
    compareCalls(scenario.calls, expected, actual) ??
    compareTimings(scenario, actual) ??
    (actual.complete ? undefined : "the scenario did not come to its end")
  );
}
