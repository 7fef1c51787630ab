import { z } from "zod";
import { parseDuration } from "../duration.ts";
import { messageOf } from "../http/invalid-input.ts";
import type { FunctionDefinition, Rate } from "../types.ts";
import { compileExpression } from "./expressions.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

const issue = (input: unknown, message: string) => ({ code: "custom" as const, message, input });

/** A duration like "10m", in ms. */
export function duration(min = 0, max = Number.MAX_SAFE_INTEGER, range = "") {
  return z.string().transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== null && ms >= min && ms <= max) return ms;
    const problem = ms === null ? 'is not a duration like "10m"' : `is not within ${range}`;
    context.issues.push(issue(text, `"${text}" ${problem}`));
    return z.NEVER;
  });
}

/** A CEL expression, compiled; null where there is none. */
export const optionalExpression = z
  .string()
  .transform((text, context) => {
    try {
      return compileExpression(text);
    } catch (error) {
      context.issues.push(issue(text, messageOf(error)));
      return z.NEVER;
    }
  })
  .nullish()
  .transform((value) => value ?? null);

export function count(min: number, max = Number.MAX_SAFE_INTEGER) {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  const message = `must be a whole number ${range}`;
  return z.int(message).min(min, message).max(max, message);
}

const key = optionalExpression;
const longPeriod = duration(SECOND, 7 * DAY, "1 second to 7 days");

const concurrencyRule = z
  .strictObject({
    limit: count(0).nullish(),
    key,
    scope: z.enum(["fn", "env", "account"], 'must be "fn", "env" or "account"').nullish(),
  })
  .refine(({ key, scope }) => key !== null || (scope ?? "fn") === "fn", {
    path: ["key"],
    message: `is needed with scope "env" or "account" (a constant is written '"name"')`,
  });

/** A number, a rule or two rules. A limit of 0 is none (https://www.inngest.com/docs/guides/concurrency). */
const concurrency = z.preprocess(
  (value) => {
    if (typeof value === "number") return [{ limit: value }];
    return Array.isArray(value) ? value : [value ?? {}];
  },
  z
    .array(concurrencyRule)
    .max(2, "has more than two rules")
    .transform((rules): FunctionDefinition["concurrency"] =>
      rules.flatMap(({ limit, scope, key }) =>
        limit ? [{ limit, scope: scope ?? "fn", key }] : [],
      ),
    ),
);

const throttle = z
  .strictObject({ limit: count(1), period: longPeriod, burst: count(1).nullish(), key })
  .transform(({ limit, period, burst, key }): Rate => {
    return { intervalMs: period / limit, burst: (burst ?? 1) - 1, key };
  });

/** The server lets about a tenth of the limit through at once, beyond the first. */
const rateLimit = z
  .strictObject({ limit: count(1), period: duration(SECOND, DAY, "1 second to 24 hours"), key })
  .transform(({ limit, period, key }): Rate => {
    return { intervalMs: period / limit, burst: Math.floor(limit / 10), key };
  });

const debounce = z
  .strictObject({ period: longPeriod, timeout: duration().nullish(), key })
  .transform(({ period, timeout, key }) => {
    return { periodMs: period, timeoutMs: timeout ?? null, key };
  });

const batch = z
  .strictObject({
    maxSize: count(1, 100),
    timeout: duration(SECOND, MINUTE, "1 second to 60 seconds"),
    key,
    if: optionalExpression,
  })
  .transform(({ maxSize, timeout, key, if: condition }) => {
    return { maxSize, timeoutMs: timeout, key, condition };
  });

const singleton = z.strictObject({
  mode: z.enum(["skip", "cancel"], 'must be "skip" or "cancel"'),
  key,
});

/** When a cancellation ends to be possible: the SDK writes a `Date` as an ISO time. */
const cancelTimeout = z.string().transform((text, context) => {
  const timeoutMs = parseDuration(text);
  if (timeoutMs !== null) return { timeoutMs };
  const until = Date.parse(text);
  if (!Number.isNaN(until)) return { timeoutMs, until };
  context.issues.push(issue(text, `"${text}" is neither a duration like "10m" nor a time`));
  return z.NEVER;
});

const cancelRule = z
  .strictObject({
    event: z
      .string()
      .min(1, "needs a name")
      .refine((name) => !name.includes("*"), "takes no wildcard"),
    if: optionalExpression,
    timeout: cancelTimeout.nullish(),
  })
  .transform(({ event, if: condition, timeout }) => {
    return { event, condition, timeoutMs: null, ...timeout };
  });

/** The options of flow control as the SDK registers them, each absent or null where it is not used. */
export const flowControl = {
  concurrency,
  throttle: throttle.nullish(),
  rateLimit: rateLimit.nullish(),
  idempotency: optionalExpression,
  debounce: debounce.nullish(),
  batchEvents: batch.nullish(),
  priority: z.strictObject({ run: optionalExpression }).nullish(),
  singleton: singleton.nullish(),
  timeouts: z.strictObject({ start: duration().nullish(), finish: duration().nullish() }).nullish(),
  cancel: z.array(cancelRule).max(5, "has more than five events").nullish(),
};

type FlowControl = z.output<z.ZodObject<typeof flowControl>>;

/**
 * What a batch cannot be combined with, by name (https://www.inngest.com/docs/guides/batching, …/debounce, …/singleton): events that
 * share a run have no single value for it.
 */
export function clashesWithBatch(options: FlowControl): string[] {
  if (!options.batchEvents) return [];
  const { idempotency, rateLimit, debounce, singleton, priority, cancel } = options;
  const others = { idempotency, rateLimit, debounce, singleton, priority, cancelOn: cancel };
  return Object.entries(others).flatMap(([name, value]) => (value ? [name] : []));
}

/** `idempotency` is a rate limit of one in 24 hours per value, and replaces `rateLimit`. */
export function toFlowControl(
  options: FlowControl,
): Omit<FunctionDefinition, "id" | "name" | "appUrl" | "triggers" | "maxAttempts"> {
  const { idempotency, rateLimit } = options;
  return {
    concurrency: options.concurrency,
    throttle: options.throttle ?? null,
    rateLimit: idempotency ? { intervalMs: DAY, burst: 0, key: idempotency } : (rateLimit ?? null),
    debounce: options.debounce ?? null,
    batch: options.batchEvents ?? null,
    priority: options.priority?.run ?? null,
    singleton: options.singleton ?? null,
    startTimeoutMs: options.timeouts?.start ?? null,
    finishTimeoutMs: options.timeouts?.finish ?? null,
    cancelOn: options.cancel ?? [],
  };
}
