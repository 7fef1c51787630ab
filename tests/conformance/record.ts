import { type Call, isFinal, type LogEntry, NONCE, type Op, type ScenarioApp } from "./app.ts";
import type { Scenario } from "./scenario.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A call, by the ids that its author gave to functions and steps. */
type CallRecord = {
  fn: string;
  /** "step" = discovery. */
  step: string;
  attempt: number;
  maxAttempts: number;
  planOnly: boolean;
  /** "id:form" in the order of the stack; form: data, error, null or raw. */
  memo: string[];
  stack: number;
  reply: { status: number; ops?: { op: string; step: string }[] };
};

export type RunRecord = {
  fn: string;
  /** By the replies; "open" = there was no final one. */
  status: "completed" | "failed" | "open";
  /** What the engine itself calls it. */
  engineStatus?: string;
  output?: Json;
  error?: Json;
  trigger: { name: string; keys: string[]; data: Json; batch: number };
  steps: Record<string, Json>;
  /** How often each step was executed. */
  tries: Record<string, number>;
  /** Replies that were an error of the function itself. */
  bodyErrors: number;
  calls: number;
};

/** What an execution of a scenario did, with placeholders for all that differs from one to the next. The recordings say more. */
export type ScenarioRecord = {
  checkpointing: boolean;
  complete: boolean;
  log: { name: string; lane: string; data: Json }[];
  runs: RunRecord[];
  timings: { name: string; measured: number | null }[];
  calls: CallRecord[];
};

const NEAR_MS = 400 * 86_400_000;

/** Replaces what an engine or a clock made up. Times count as made up where they are near the virtual or the real now. */
function normaliser(now: number): (value: unknown, key?: string) => Json {
  const isRecent = (ms: number) =>
    Math.abs(ms - now) < NEAR_MS || Math.abs(ms - Date.now()) < NEAR_MS;
  const text = (value: string) =>
    value
      .replaceAll(NONCE, "<n>")
      .replace(/\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g, "<ulid>")
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "<uuid>")
      .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, (found) =>
        isRecent(Date.parse(found)) ? "<time>" : found,
      )
      .replace(/\b[0-9a-f]{40}\b/g, "<sha1>")
      .replace(/\b([0-9a-f]{32}|[0-9a-f]{16})\b/g, "<hex>");
  return function normalise(value: unknown, key?: string): Json {
    if (value === null || value === undefined) return null;
    if (key === "stack" && typeof value === "string") return "<stack>";
    if (typeof value === "string") return text(value);
    if (typeof value === "number") return value > 1e12 && isRecent(value) ? "<ms>" : value;
    if (typeof value === "boolean") return value;
    if (Array.isArray(value)) return value.map((item) => normalise(item));
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([name, item]) => [text(name), normalise(item, name)]),
    );
  };
}

/** The user-land names of step ids; a repeated one is "again#1". */
function stepNames(calls: Call[]): (id: string) => string {
  const names = new Map([["step", "step"]]);
  for (const { id, userland } of calls.flatMap(({ ops, checkpointed }) => [
    ...ops,
    ...checkpointed,
  ])) {
    if (userland) names.set(id, userland.index ? `${userland.id}#${userland.index}` : userland.id);
  }
  return (id) => names.get(id) ?? `?${id.slice(0, 8)}`;
}

function memoForm(memo: unknown): string {
  if (memo === null) return "null";
  const [key, ...more] = typeof memo === "object" ? Object.keys(memo ?? {}) : [];
  return more.length === 0 && (key === "data" || key === "error") ? key : "raw";
}

function callRecord(call: Call, fn: string, nameOf: (id: string) => string): CallRecord {
  const { ctx, steps } = call.body;
  const order = ctx.stack.stack;
  const ids = [...new Set([...order.filter((id) => id in steps), ...Object.keys(steps)])];
  const ops = call.ops.map(({ op, id, userland, displayName }) => ({
    op,
    step: userland ? nameOf(id) : (displayName ?? "-"),
  }));
  return {
    fn,
    step: nameOf(call.stepId),
    attempt: ctx.attempt,
    maxAttempts: ctx.max_attempts,
    planOnly: ctx.disable_immediate_execution,
    memo: ids.map((id) => `${nameOf(id)}:${memoForm(steps[id])}`),
    stack: order.length,
    reply: call.status === 206 ? { status: 206, ops } : { status: call.status },
  };
}

type Normalise = ReturnType<typeof normaliser>;

/** Values and tries of a run's steps: as its ops reported them, and as later calls then had them. */
function stepsOf(own: Call[], nameOf: (id: string) => string, normalise: Normalise) {
  const steps: RunRecord["steps"] = {};
  const tries: RunRecord["tries"] = {};
  const executed: Op[] = own
    .flatMap(({ checkpointed, ops }) => [...checkpointed, ...ops])
    .filter(({ op, userland }) => userland && ["StepRun", "StepError", "StepFailed"].includes(op));
  for (const { id, op, data, error } of executed) {
    const name = nameOf(id);
    tries[name] = (tries[name] ?? 0) + 1;
    if (op === "StepRun") steps[name] = { data: normalise(data) };
    if (op === "StepFailed") steps[name] = { error: normalise(error) };
  }
  for (const { body } of own) {
    for (const [id, memo] of Object.entries(body.steps)) steps[nameOf(id)] = normalise(memo);
  }
  return { steps, tries };
}

function endOf(own: Call[], normalise: Normalise): Pick<RunRecord, "status" | "output" | "error"> {
  const final = own.find(isFinal);
  if (!final) return { status: "open" };
  const complete = [...final.ops, ...final.checkpointed].find(({ op }) => op === "RunComplete");
  if (final.status !== 200 && !complete) {
    return { status: "failed", error: normalise(final.reply) };
  }
  return { status: "completed", output: normalise(complete ? complete.data : final.reply) };
}

/** The record of what `app` saw. `engineStatus`: the engine's own word for each run, where it has one. */
export function buildRecord(
  scenario: Scenario,
  app: ScenarioApp,
  seen: { checkpointing: boolean; complete: boolean; engineStatus: Map<string, string> },
): ScenarioRecord {
  const normalise = normaliser(app.context.now());
  const nameOf = stepNames(app.calls);
  const functionOf = ({ fnId }: Call) =>
    fnId.startsWith(`${app.appId}-`) ? fnId.slice(app.appId.length + 1) : fnId;
  const byRun = new Map<string, Call[]>();
  for (const call of app.calls) {
    const { run_id } = call.body.ctx;
    byRun.set(run_id, [...(byRun.get(run_id) ?? []), call]);
  }
  const runs = [...byRun].flatMap(([id, own]): RunRecord[] => {
    const [first] = own;
    if (!first) return [];
    const { event, events } = first.body;
    const engineStatus = seen.engineStatus.get(id);
    return [
      {
        fn: functionOf(first),
        ...endOf(own, normalise),
        ...(engineStatus === undefined ? {} : { engineStatus }),
        trigger: {
          name: String(normalise(event.name)),
          keys: Object.keys(event).sort(),
          data: normalise(event.data),
          batch: events.length,
        },
        ...stepsOf(own, nameOf, normalise),
        bodyErrors: own.filter(({ status }) => status >= 400).length,
        calls: own.length,
      },
    ];
  });
  return {
    checkpointing: seen.checkpointing,
    complete: seen.complete,
    log: app.log.map(({ name, lane, data }) => ({ name, lane, data: normalise(data) })),
    runs,
    timings: measure(scenario, app.log),
    calls: app.calls.map((call) => callRecord(call, functionOf(call), nameOf)),
  };
}

function measure(scenario: Scenario, log: LogEntry[]): ScenarioRecord["timings"] {
  const at = ([name, nth]: [string, number]) => log.filter((entry) => entry.name === name)[nth]?.t;
  return (scenario.timings ?? []).map(({ name, from, to }) => {
    const [start, end] = [at(from), at(to)];
    return { name, measured: start === undefined || end === undefined ? null : end - start };
  });
}
