import { createHash } from "node:crypto";

const SERVE_URL = "http://engine.local/api/inngest";

type Op = { op: string; id: string; displayName: string; data?: unknown; error?: unknown };

/** The answer to a call: the function's result, or the steps that the call has executed. */
type Called = { status: number; result?: unknown; ops: Op[] };

/** One run as an Inngest server has it: what it calls is up to the test, and what comes back is kept. */
export type ServedRun = {
  /** Executes the next step and gives back what came; a second call at once is the same step again. */
  call(): Promise<Called>;
  /** Keeps the steps of an answer, as a server does before it calls again. */
  keep(called: Called): void;
  /** Calls until the function has ended. */
  finish(): Promise<unknown>;
};

/**
 * A run of a function, driven by the calls that a real server makes.
 * @param serve the app's serve handler
 */
export function servedRun(
  serve: (request: Request) => Promise<Response>,
  run: { functionId: string; runId: string; event: { id: string; name: string; data: unknown } },
): ServedRun {
  const steps: Record<string, unknown> = {};
  const event = { ...run.event, user: {}, ts: Date.now() };

  async function call(): Promise<Called> {
    const stack = Object.keys(steps);
    const ctx = {
      run_id: run.runId,
      attempt: 0,
      max_attempts: 4,
      disable_immediate_execution: false,
      use_api: false,
      stack: { stack, current: stack.length },
    };
    const url = `${SERVE_URL}?fnId=opinion-scope-${run.functionId}&stepId=step`;
    const response = await serve(
      new Request(url, {
        method: "POST",
        headers: { "content-type": "application/json", host: "engine.local" },
        body: JSON.stringify({ version: -1, event, events: [event], steps, use_api: false, ctx }),
      }),
    );
    const body: unknown = await response.json();
    if (response.status === 206) return { status: 206, ops: body as Op[] };
    return { status: response.status, result: body, ops: [] };
  }

  function keep({ ops }: Called): void {
    for (const { id, op, data, error } of ops) {
      steps[id] = op === "StepFailed" ? { error } : { data };
    }
  }

  return {
    call,
    keep,
    async finish() {
      for (let calls = 0; calls < 100; calls++) {
        const called = await call();
        if (called.status !== 206) return called.result;
        keep(called);
      }
      throw new Error("The run does not come to an end.");
    },
  };
}

/** A run id as servers make them, different for each text. */
export function runIdOf(text: string): string {
  const hex = createHash("sha1").update(text).digest("hex").toUpperCase();
  return `01${hex.slice(0, 24)}`;
}

/** The id under which a server keeps the result of the step with this name. */
export function stepIdOf(name: string): string {
  return createHash("sha1").update(name).digest("hex");
}
