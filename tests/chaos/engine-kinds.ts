import {
  type GetStepTools,
  type Inngest,
  type InngestFunction,
  NonRetriableError,
  referenceFunction,
} from "inngest";
import type { EffectLog } from "./engine-effects.ts";

type Work = (
  step: string,
  options?: { saw?: string[]; key?: string; fails?: boolean },
) => Promise<string>;

/** Data of an event that is sent, or of the failure of a run that one started. */
export type Numbered = { n: number; event?: { data: { n: number } } };

type Context = {
  event: { data: Numbered & { key: string } };
  runId: string;
  attempt: number;
  step: GetStepTools<Inngest>;
  work: Work;
};

type Options = Omit<Parameters<Inngest["createFunction"]>[0], "id" | "triggers" | "onFailure">;

/** A function, the steps it has when it has ended, and how it ends. */
export type Kind = {
  options?: Options;
  /** Gives back all that it got from its steps. */
  run(context: Context): Promise<string[]>;
  ends: "completed" | "failed" | "cancelled";
  /** Ids of its steps that give back the token of their execution; null = as many as it had time for. */
  steps: string[] | null;
  /** Ids of its other steps. */
  others?: string[];
  /** Runs that each of its runs starts, by function. */
  starts?: Record<string, number>;
};

const CHAIN = ["a", "b", "c", "d", "e"];
const LEAVES = 5;
/** Enough for a run to be in the middle of them when it is cancelled. */
const STEPS_TO_STOP = 40;
const DURATION_MS = 20;

/** Executed because others ask for it, not because it is sent. */
export const CHILDREN: Record<string, Kind> = {
  leaf: {
    run: async ({ work }) => [await work("a")],
    ends: "completed",
    steps: ["a"],
  },
  child: {
    run: async ({ work }) => inSequence(work, ["a", "b"]),
    ends: "completed",
    steps: ["a", "b"],
  },
  "failing-child": {
    run: async ({ work }) => {
      await work("a");
      throw new NonRetriableError("No child of mine");
    },
    ends: "failed",
    steps: ["a"],
  },
};

/** What is sent, in turn. Only what must be retried may be: an interrupted attempt that counted would fail the others. */
export const KINDS: Record<string, Kind> = {
  chain: { run: ({ work }) => inSequence(work, CHAIN), ends: "completed", steps: CHAIN },
  parallel: {
    async run({ work }) {
      const parts = await Promise.all(["a", "b", "c"].map((step) => work(step)));
      return [...parts, await work("join", { saw: parts })];
    },
    ends: "completed",
    steps: ["a", "b", "c", "join"],
  },
  flaky: {
    options: { retries: 2 },
    async run({ work, attempt }) {
      const first = await work("a");
      const shaky = await work("shaky", { saw: [first], fails: attempt < 2 });
      return [first, shaky, await work("b", { saw: [first, shaky] })];
    },
    ends: "completed",
    steps: ["a", "shaky", "b"],
  },
  "failing-body": {
    options: { retries: 1 },
    async run({ work, attempt }) {
      const first = await work("a");
      if (attempt === 0) throw new Error("Not at once");
      return [first];
    },
    ends: "completed",
    steps: ["a"],
  },
  sleeper: {
    async run({ work, step }) {
      const before = await work("a");
      await step.sleep("nap", "1s");
      return [before, await work("b", { saw: [before] })];
    },
    ends: "completed",
    steps: ["a", "b"],
    others: ["nap"],
  },
  waiter: {
    async run({ work, step }) {
      const before = await work("a");
      const go = await step.waitForEvent("go", {
        event: "chaos/go",
        if: "async.data.n == event.data.n",
        timeout: "1h",
      });
      const seen = [before, String(go?.data.turn)];
      return [...seen, await work("b", { saw: seen })];
    },
    ends: "completed",
    steps: ["a", "b"],
    others: ["go"],
  },
  impatient: {
    async run({ work, step }) {
      const before = await work("a");
      const never = await step.waitForEvent("never", { event: "chaos/never", timeout: "1s" });
      const seen = [before, String(never)];
      return [...seen, await work("b", { saw: seen })];
    },
    ends: "completed",
    steps: ["a", "b"],
    others: ["never"],
  },
  invoker: {
    async run({ work, step, event }) {
      const before = await work("a");
      const result: unknown = await step.invoke("child", {
        function: referenceFunction({ functionId: "child" }),
        data: event.data,
      });
      // A list of tokens.
      const tokens = [result].flat().map(String);
      const seen = [before, ...tokens];
      return [...seen, await work("b", { saw: seen })];
    },
    ends: "completed",
    steps: ["a", "b"],
    others: ["child"],
    starts: { child: 1 },
  },
  "failing-invoker": {
    async run({ work, step, event }) {
      const before = await work("a");
      const outcome: string = await step
        .invoke("child", {
          function: referenceFunction({ functionId: "failing-child" }),
          data: event.data,
        })
        .then(
          () => "completed",
          (error: Error) => error.message,
        );
      const seen = [before, outcome];
      return [...seen, await work("b", { saw: seen })];
    },
    ends: "completed",
    steps: ["a", "b"],
    others: ["child"],
    starts: { "failing-child": 1 },
  },
  "fan-out": {
    async run({ work, step, runId, event }) {
      const before = await work("a");
      await step.sendEvent(
        "leaves",
        Array.from({ length: LEAVES }, (_, leaf) => ({
          name: "chaos/leaf",
          id: `${runId}-${leaf}`,
          data: event.data,
        })),
      );
      return [before, await work("b", { saw: [before] })];
    },
    ends: "completed",
    steps: ["a", "b"],
    others: ["leaves"],
    starts: { leaf: LEAVES },
  },
  stopped: {
    options: { cancelOn: [{ event: "chaos/stop", if: "async.data.n == event.data.n" }] },
    async run({ work, step }) {
      const steps = Array.from({ length: STEPS_TO_STOP }, (_, index) => `s${index}`);
      const seen = await inSequence(work, steps);
      await step.sleep("long", "1h");
      return [...seen, await work("never", { saw: seen })];
    },
    ends: "cancelled",
    steps: null,
    others: ["long"],
  },
  keyed: {
    options: { concurrency: { limit: 1, key: "event.data.key" } },
    async run({ work, event }) {
      const seen: string[] = [];
      for (const step of ["a", "b", "c"]) {
        seen.push(await work(step, { saw: [...seen], key: event.data.key }));
      }
      return seen;
    },
    ends: "completed",
    steps: ["a", "b", "c"],
  },
  failing: {
    options: { retries: 1 },
    async run({ work }) {
      const before = await work("a");
      return [before, await work("doomed", { saw: [before], fails: true })];
    },
    ends: "failed",
    steps: ["a"],
    others: ["doomed"],
    starts: { "failing-failure": 1 },
  },
};

/** The failure function of `failing`. */
export const FAILURE: Kind = {
  run: async ({ work }) => [await work("record")],
  ends: "completed",
  steps: ["record"],
};

/** Every kind as a function of the SDK. */
export function chaosFunctions(client: Inngest, effects: EffectLog): InngestFunction.Any[] {
  return Object.entries({ ...KINDS, ...CHILDREN }).map(([id, kind]) =>
    client.createFunction(
      {
        id,
        retries: 0,
        ...kind.options,
        triggers: [{ event: `chaos/${id}` }],
        ...(KINDS.failing === kind && { onFailure: bodyOf(`${id}-failure`, FAILURE, effects) }),
      },
      bodyOf(id, kind, effects),
    ),
  );
}

function bodyOf(functionId: string, kind: Kind, effects: EffectLog) {
  return (context: Omit<Context, "work">) => {
    const { event, runId, attempt, step } = context;
    const work: Work = (id, { saw = [], key, fails = false } = {}) =>
      step.run(id, async () => {
        const n = numberOf(event.data);
        const execution = { functionId, runId, n, step: id, attempt, saw, key: key ?? null };
        const token = effects.begin(execution);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * DURATION_MS));
        effects.finish(token, fails ? "throw" : "end");
        if (fails) throw new Error(`${id} fails at attempt ${attempt}`);
        return token;
      });
    return kind.run({ ...context, work });
  };
}

export function numberOf(data: Numbered): number {
  return data.event?.data.n ?? data.n;
}

async function inSequence(work: Work, steps: string[]): Promise<string[]> {
  const seen: string[] = [];
  for (const step of steps) seen.push(await work(step, { saw: [...seen] }));
  return seen;
}
