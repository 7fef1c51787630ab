import { createHash } from "node:crypto";
import { matchOf } from "../registration/expressions.ts";
import type { EngineEvent, Expression, FunctionDefinition, NewPause, NewRun } from "../types.ts";
import { ulid } from "./ulid.ts";

const MAX_VALUE_LENGTH = 200;
const MAX_PRIORITY_S = 600;
const CANCEL_ON_LIFETIME_MS = 365 * 24 * 3_600_000;

/** Name of the event that a cron trigger makes. */
export const TIMER_EVENT = "inngest/scheduled.timer";

/** Where a run comes from: events, a cron tick, a step that invokes it (`parent`) or a run that it repeats (`originalRunId`). */
export type RunOrigin = {
  /** Epoch ms. */
  now: number;
  /** Ids of the stored events. */
  eventIds: string[];
  /** One run per function and key within 24 hours; null = no such limit. */
  key: string | null;
  parent?: { runId: string; stepId: string };
  originalRunId?: string;
};

/** A text as an index takes it: itself, or its SHA-1 where it is long. */
const shortened = (text: string): string =>
  text.length <= MAX_VALUE_LENGTH ? text : createHash("sha1").update(text).digest("hex");

/** The value of a key as a text: its JSON, shortened. */
const keyText = (value: unknown): string => shortened(JSON.stringify(value ?? null));

/**
 * Text of a key's value for this event; "null" where there is no key. `undefined` = the key has no value (a missing field): limits
 * that drop events do not apply then, because all events without the field would count as one; those that lose nothing take "null".
 */
function keyOf(key: Expression | null, event: EngineEvent): string | undefined {
  const value = key === null ? null : key.value({ event });
  return value === undefined ? undefined : keyText(value);
}

/**
 * Concurrency slots: "fn <function id> <index of the rule> <value>", or "env <key expression> <value>" for a limit that functions with the
 * same key share (one environment, so scope "account" is the same). A batch has events of several values, so a function's own key counts
 * for nothing there (https://www.inngest.com/docs/guides/batching).
 */
function slotsOf(definition: FunctionDefinition, event: EngineEvent): string[] {
  return definition.concurrency.map(({ scope, key }, index) => {
    const own = scope === "fn";
    const value = keyOf(own && definition.batch ? null : key, event) ?? "null";
    return own ? `fn ${definition.id} ${index} ${value}` : `env ${key?.text ?? ""} ${value}`;
  });
}

function gatherOf(definition: FunctionDefinition, event: EngineEvent): NewRun["gather"] {
  const { debounce, batch } = definition;
  if (batch) {
    if (batch.condition !== null && !batch.condition.test({ event })) return null;
    const key = keyOf(batch.key, event) ?? "null";
    return { kind: "batch", key, maxSize: batch.maxSize, timeoutMs: batch.timeoutMs };
  }
  const key = debounce ? keyOf(debounce.key, event) : undefined;
  if (!debounce || key === undefined) return null;
  return { kind: "debounce", key, periodMs: debounce.periodMs, timeoutMs: debounce.timeoutMs };
}

function rateOf(definition: FunctionDefinition, event: EngineEvent): NewRun["rate"] {
  const rate = definition.rateLimit;
  const value = rate ? keyOf(rate.key, event) : undefined;
  if (!rate || value === undefined) return null;
  const { intervalMs, burst } = rate;
  return { key: `rate ${definition.id} ${value}`, intervalMs, burst };
}

function singletonOf(definition: FunctionDefinition, event: EngineEvent): NewRun["singleton"] {
  const value = definition.singleton ? keyOf(definition.singleton.key, event) : undefined;
  if (!definition.singleton || value === undefined) return null;
  return { key: `${definition.id} ${value}`, mode: definition.singleton.mode };
}

function priorityOf(definition: FunctionDefinition, event: EngineEvent): number {
  const seconds = definition.priority?.value({ event });
  if (typeof seconds !== "number" || Number.isNaN(seconds)) return 0;
  return Math.round(Math.min(Math.max(seconds, -MAX_PRIORITY_S), MAX_PRIORITY_S) * 1000);
}

function cancelPauses(definition: FunctionDefinition, event: EngineEvent, now: number): NewPause[] {
  return definition.cancelOn.map(({ event: eventName, condition, timeoutMs, until }) => ({
    eventName,
    expression: condition?.text ?? null,
    match: condition === null ? null : matchOf(condition.text, event),
    expiresAt: until ?? now + (timeoutMs ?? CANCEL_ON_LIFETIME_MS),
  }));
}

/**
 * The run that these events (at least one; the first decides) start of a function, with its flow control evaluated.
 *
 * - A cron tick and an invoked run are not gathered: each is one start, and the invoking step waits for its result. An invoked run obeys
 *   the rate limit and the singleton all the same (https://www.inngest.com/docs/reference/functions/step-invoke): where it is not created,
 *   its step fails.
 * - A rerun is asked for by a person: no rate limit, idempotency, gathering or key, and no waiting for the event's `ts`.
 * - The sender's event id means nothing to a run that is gathered (https://www.inngest.com/docs/guides/handling-idempotency).
 */
export function newRun(
  definition: FunctionDefinition,
  events: EngineEvent[],
  origin: RunOrigin,
): NewRun {
  const [event] = events;
  if (event === undefined) throw new Error(`a run of ${definition.id} needs an event`);
  const { now, parent = null, originalRunId = null } = origin;
  const rerun = originalRunId !== null;
  const single = rerun || parent !== null || event.name === TIMER_EVENT;
  const gather = single ? null : gatherOf(definition, event);
  return {
    id: ulid(now),
    functionId: definition.id,
    eventIds: origin.eventIds,
    eventName: event.name,
    events: JSON.stringify(events),
    key: rerun || gather || origin.key === null ? null : shortened(origin.key),
    dueAt: rerun ? now : Math.max(now, Math.ceil(event.ts)),
    priorityMs: priorityOf(definition, event),
    slots: slotsOf(definition, event),
    rate: rerun ? null : rateOf(definition, event),
    throttleKey: definition.throttle
      ? `throttle ${definition.id} ${keyOf(definition.throttle.key, event) ?? "null"}`
      : null,
    gather,
    singleton: singletonOf(definition, event),
    startTimeoutMs: definition.startTimeoutMs,
    finishTimeoutMs: definition.finishTimeoutMs,
    cancelOn: cancelPauses(definition, event, now),
    parent,
    originalRunId,
  };
}
