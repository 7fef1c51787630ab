import { createHash } from "node:crypto";
import type { Reply } from "./call.ts";
import type { Circumstances } from "./decide.ts";
import type { ClaimedJob, FunctionDefinition } from "./types.ts";

export const NOW = Date.parse("2100-01-01T00:01:00Z");
export const STARTED = NOW - 5000;

/** The id of a step by its id in the code. */
export const stepId = (name: string): string => createHash("sha1").update(name).digest("hex");

/** A function without any option. */
export function definition(id: string, more: Partial<FunctionDefinition> = {}): FunctionDefinition {
  return {
    id,
    name: id,
    appUrl: "http://app.local/api/inngest",
    triggers: [],
    maxAttempts: 5,
    concurrency: [],
    throttle: null,
    rateLimit: null,
    debounce: null,
    batch: null,
    priority: null,
    singleton: null,
    startTimeoutMs: null,
    finishTimeoutMs: null,
    cancelOn: [],
    ...more,
  };
}

/** A call answered `NOW`, with two more attempts to come and one function to invoke. */
export const circumstances: Circumstances = {
  now: NOW,
  startedAt: STARTED,
  maxAttempts: 3,
  random: () => 0.5,
  retryIntervalMs: undefined,
  functions: new Map([["app-child", definition("app-child")]]),
};

/** The first discovery call of a run whose event has `order: 7`. */
export function claimedJob(more: Partial<ClaimedJob> = {}): ClaimedJob {
  return {
    id: "1",
    claims: 1,
    kind: "call",
    runId: "01RUN",
    functionId: "app-main",
    stepId: "step",
    attempt: 0,
    events: JSON.stringify([{ name: "start", data: { order: 7 }, user: {}, id: "e1", ts: 1 }]),
    version: 2,
    planOnly: false,
    pending: 0,
    stepCount: 0,
    stateBytes: 100,
    memos: "",
    stack: "",
    end: null,
    ...more,
  };
}

/** A reply of the SDK. */
export function answer(status: number, body: unknown, more: object = {}): Reply {
  return {
    kind: "answer",
    status,
    fromSdk: true,
    noRetry: false,
    retryAfter: null,
    version: 2,
    bytes: 100,
    body,
    ...more,
  };
}

/** An op as the SDK writes it. */
export const op = (kind: string, name: string, more: object = {}) => ({
  id: stepId(name),
  op: kind,
  name,
  displayName: name,
  opts: {},
  ...more,
});

/** A 206 reply with these ops. */
export const ops = (...body: object[]): Reply => answer(206, body);

/** What is in a memo, an output or an error. */
export const parsed = (json: string | null | undefined) => JSON.parse(json ?? "null");
