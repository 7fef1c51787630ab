import { expect, test } from "vitest";
import { readFunctions } from "./registration.ts";

const URL = "http://app.local/api/inngest";
const start = [{ event: "start" }];

const rules = (n: number) => Array.from({ length: n }, () => ({ limit: 1 }));
const events = (n: number) => Array.from({ length: n }, (_, i) => ({ event: `e${i}` }));

test.each<[string, object, string]>([
  ["an unknown option", { debouncing: {} }, 'option "debouncing" is not known'],
  [
    "an unknown part of an option",
    { throttle: { limit: 1, period: "1m", max: 2 } },
    'option "throttle.max" is not known',
  ],
  [
    "concurrency of a half",
    { concurrency: 0.5 },
    'option "concurrency.limit": must be a whole number of at least 0',
  ],
  [
    "three concurrency rules",
    { concurrency: rules(3) },
    'option "concurrency": has more than two rules',
  ],
  [
    "an unknown scope",
    { concurrency: { limit: 1, scope: "app" } },
    'option "concurrency.scope": must be "fn", "env" or "account"',
  ],
  [
    "a shared limit without a key",
    { concurrency: { limit: 1, scope: "env" } },
    'option "concurrency.key": is needed with scope "env" or "account"',
  ],
  [
    "a key that is no expression",
    { concurrency: { limit: 1, key: "event.data." } },
    'option "concurrency.key": expression "event.data." cannot be read',
  ],
  [
    "throttle without a limit",
    { throttle: { period: "1m" } },
    'option "throttle.limit": must be a whole number of at least 1',
  ],
  [
    "a period that is none",
    { throttle: { limit: 1, period: "soon" } },
    'option "throttle.period": "soon" is not a duration like "10m"',
  ],
  [
    "a rateLimit of two days",
    { rateLimit: { limit: 1, period: "2d" } },
    'option "rateLimit.period": "2d" is not within 1 second to 24 hours',
  ],
  [
    "a debounce of eight days",
    { debounce: { period: "8d" } },
    'option "debounce.period": "8d" is not within 1 second to 7 days',
  ],
  [
    "a batch of 101",
    { batchEvents: { maxSize: 101, timeout: "5s" } },
    'option "batchEvents.maxSize": must be a whole number from 1 to 100',
  ],
  [
    "a batch of two minutes",
    { batchEvents: { maxSize: 2, timeout: "2m" } },
    'option "batchEvents.timeout": "2m" is not within 1 second to 60 seconds',
  ],
  [
    "a priority that is no expression",
    { priority: { run: "high" } },
    'option "priority.run": expression "high" cannot be read: Unknown variable: high',
  ],
  [
    "an unknown singleton mode",
    { singleton: { mode: "wait" } },
    'option "singleton.mode": must be "skip" or "cancel"',
  ],
  [
    "a timeout that is none",
    { timeouts: { finish: "tomorrow" } },
    'option "timeouts.finish": "tomorrow" is not a duration',
  ],
  ["an unknown timeout", { timeouts: { step: "1m" } }, 'option "timeouts.step" is not known'],
  ["six events that cancel", { cancel: events(6) }, 'option "cancelOn": has more than five events'],
  [
    "a wildcard that cancels",
    { cancel: [{ event: "a/*" }] },
    'option "cancelOn.event": takes no wildcard',
  ],
  [
    "a bad condition to cancel",
    { cancel: [{ event: "a", if: "async.data.x = 1" }] },
    'option "cancelOn.if": expression "async.data.x = 1" cannot be read',
  ],
  [
    "21 retries",
    { steps: { step: { retries: { attempts: 21 } } } },
    'option "retries": must be a whole number from 0 to 20',
  ],
  ["eleven triggers", { triggers: events(11) }, 'option "triggers": are more than 10'],
  [
    "a bad if",
    { triggers: [{ event: "a", expression: "event.data.n >" }] },
    'option "triggers.if": expression "event.data.n >" cannot be read',
  ],
  ["a misplaced wildcard", { triggers: [{ event: "a*b" }] }, '"a*b" is not an event name'],
  ["an empty trigger", { triggers: [{}] }, "a trigger has neither an event nor a cron"],
  [
    "a cron with seconds",
    { triggers: [{ cron: "0 * * * * *" }] },
    'cron "0 * * * * *" has not exactly five fields',
  ],
  [
    "a cron nickname",
    { triggers: [{ cron: "@daily" }] },
    'cron "@daily" has not exactly five fields',
  ],
  ["a cron that cannot be", { triggers: [{ cron: "61 * * * *" }] }, 'cron "61 * * * *": '],
  [
    "a cron of another dialect",
    { triggers: [{ cron: "0 0 L * *" }] },
    'cron "0 0 L * *": "L" is no field',
  ],
  [
    "a cron in no zone",
    { triggers: [{ cron: "TZ=Nowhere/City 0 9 * * *" }] },
    'cron "TZ=Nowhere/City 0 9 * * *": ',
  ],
  [
    "a connection in place of HTTP",
    { steps: { step: { runtime: { type: "ws" } } } },
    "is not supported by connect",
  ],
  [
    "batchEvents with priority",
    { batchEvents: { maxSize: 2, timeout: "5s" }, priority: { run: "1" } },
    'option "batchEvents" cannot be combined with "priority"',
  ],
  [
    "batchEvents with cancelOn",
    { batchEvents: { maxSize: 2, timeout: "5s" }, cancel: [{ event: "a" }] },
    'option "batchEvents" cannot be combined with "cancelOn"',
  ],
])("a function with %s is refused by name", (_, options, problem) => {
  const config = { id: "app-main", triggers: start, steps: { step: {} }, ...options };
  expect(() => readFunctions(URL, [config])).toThrow(`- app-main: `);
  expect(() => readFunctions(URL, [config])).toThrow(problem);
});

test("every problem of every function is listed at once", () => {
  const step = { step: {} };
  const configs = [
    { id: "one", triggers: [{ cron: "no" }], steps: step, debounce: { period: "1" }, extra: 1 },
    { id: "two", triggers: [], steps: step, singleton: {} },
    { id: "three", triggers: [], steps: step },
    { id: "three", triggers: [], steps: step },
    "four",
  ];
  const read = () => readFunctions(URL, configs);
  for (const problem of [
    `The functions of the app at ${URL} cannot be registered:`,
    '- one: option "triggers": cron "no" has not exactly five fields',
    '- one: option "debounce.period": "1" is not a duration',
    '- one: option "extra" is not known',
    '- two: option "singleton.mode"',
    "- three: this id is used twice",
    "- a function without an id: ",
  ]) {
    expect(read).toThrow(problem);
  }
});
