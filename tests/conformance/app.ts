import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import type { Scenario, ScenarioContext } from "./scenario.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Part of every event name and app id of a scenario; the recordings have "<n>" in its place. */
export const NONCE = "n5c3aa310";

const APP_URL = "http://app.local/api/inngest";
const ENGINE_URL = "http://engine.local";
const CHECKPOINT_PATH = /\/v1\/checkpoint\/([^/]+)\//;
const silent = { info() {}, warn() {}, error() {}, debug() {} };

/** What a reply or a checkpoint says about a step. */
export type Op = {
  id: string;
  op: string;
  displayName?: string;
  data?: unknown;
  error?: unknown;
  userland?: { id: string; index?: number };
};

/** A call as the app received it, with its reply and what the SDK reported by checkpoints meanwhile. */
export type Call = {
  fnId: string;
  stepId: string;
  body: {
    event: { name: string; data?: unknown };
    events: unknown[];
    steps: Record<string, unknown>;
    ctx: {
      run_id: string;
      attempt: number;
      max_attempts: number;
      disable_immediate_execution: boolean;
      stack: { stack: string[] };
    };
  };
  status: number;
  noRetry: boolean;
  /** The ops of a 206. */
  ops: Op[];
  reply: unknown;
  checkpointed: Op[];
};

export type LogEntry = { name: string; lane: string; data: unknown; t: number };

/** A scenario's functions behind an unmodified serve handler that writes down every call. */
export type ScenarioApp = {
  appId: string;
  url: string;
  context: ScenarioContext;
  calls: Call[];
  log: LogEntry[];
  handle(request: Request): Promise<Response>;
};

/** The call's reply ends its run. */
export function isFinal({ status, noRetry, ops, checkpointed, body }: Call): boolean {
  if (status === 206) return [...ops, ...checkpointed].some(({ op }) => op === "RunComplete");
  return status === 200 || noRetry || body.ctx.attempt + 1 >= body.ctx.max_attempts;
}

/** Makes a client and its functions for one execution of a scenario; `engineFetch` takes what the SDK and the scenario send. */
export function serveScenario(
  scenario: Scenario,
  engineFetch: typeof fetch,
  time: VirtualTime,
  checkpointing: boolean,
): ScenarioApp {
  const appId = `${scenario.name}-${NONCE}`;
  const calls: Call[] = [];
  const log: LogEntry[] = [];
  /** The call that is open, by run: the one that its checkpoints belong to. */
  const open = new Map<string, Call>();

  const client = new Inngest({
    id: appId,
    isDev: true,
    baseUrl: ENGINE_URL,
    eventKey: "conformance",
    checkpointing,
    logger: silent,
    internalLogger: silent,
    fetch: async (input: string | URL | Request, init?: RequestInit) => {
      const request = new Request(input, init);
      const runId = CHECKPOINT_PATH.exec(request.url)?.[1];
      if (runId !== undefined) {
        const { steps }: { steps: Op[] } = await request.clone().json();
        open.get(runId)?.checkpointed.push(...steps);
      }
      return engineFetch(request);
    },
  });
  const context = createContext({ client, engineFetch, time, appId, calls, log });
  const handler = serve({ client, functions: scenario.functions(context) });

  return {
    appId,
    url: APP_URL,
    context,
    calls,
    log,
    async handle(request) {
      const { searchParams } = new URL(request.url);
      const fnId = searchParams.get("fnId");
      if (request.method !== "POST" || fnId === null) return handler(request);
      const body: Call["body"] = await request.clone().json();
      const stepId = searchParams.get("stepId") ?? "";
      const call: Call = {
        ...{ fnId, stepId, body, status: 0, noRetry: false },
        ...{ ops: [], reply: null, checkpointed: [] },
      };
      calls.push(call);
      open.set(body.ctx.run_id, call);
      const response = await handler(request);
      call.reply = await response.clone().json();
      if (response.status === 206) call.ops = call.reply as Op[];
      call.noRetry = response.headers.get("x-inngest-no-retry") === "true";
      call.status = response.status;
      return response;
    },
  };
}

function createContext({
  client,
  engineFetch,
  time,
  appId,
  calls,
  log,
}: Pick<ScenarioApp, "appId" | "calls" | "log"> & {
  client: Inngest;
  engineFetch: typeof fetch;
  time: VirtualTime;
}): ScenarioContext {
  const start = time.now();
  return {
    client,
    ev: (name) => `${NONCE}/${name}`,
    fullId: (fn) => `${appId}-${fn}`,
    log(name, data = {}, lane = "") {
      log.push({ name, lane, data, t: time.now() - start });
    },
    count: (name) => log.filter((entry) => entry.name === name).length,
    ended(fn) {
      const final = calls.filter(({ fnId, status }) => fnId === `${appId}-${fn}` && status !== 0);
      return new Set(final.filter(isFinal).map(({ body }) => body.ctx.run_id)).size;
    },
    work: time.work,
    wait: time.advance,
    async until(condition, ms) {
      const end = time.now() + ms;
      while (!condition()) {
        if (time.now() > end) return false;
        await time.advance(25);
      }
      return true;
    },
    async send(events) {
      const response = await engineFetch(`${ENGINE_URL}/e/conformance`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(events),
      });
      const answer: { ids?: string[]; error?: string } = await response.json();
      if (!response.ok)
        throw new Error(`The event API answered ${response.status}: ${answer.error}`);
      return answer.ids ?? [];
    },
    now: time.now,
  };
}
