import type { FailureEventArgs } from "inngest";
import type { Scenario } from "../scenario.ts";
import { caughtAs } from "./caught.ts";

export const failures: Scenario[] = [
  {
    name: "step-retry-succeeds",
    shows:
      "A step that throws is tried again with attempt + 1 after the retry delay; the next step starts at attempt 0 again.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", retries: 3, triggers: [{ event: c.ev("start") }] },
        async ({ step, attempt }) => {
          const value = await step.run("shaky", () => {
            c.log("shaky", { attempt });
            if (attempt < 2) throw new Error(`not yet ${attempt}`);
            return attempt;
          });
          await step.run("next", () => c.log("next", { attempt, value }));
          return value;
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 30_000,
    settleMs: 300,
    calls: "ordered",
    timings: [
      {
        name: "fixed retry delay of 1 s",
        from: ["shaky", 0],
        to: ["shaky", 1],
        min: 700,
        max: 4_000,
      },
    ],
  },
  {
    name: "default-attempts",
    shows: "Without the retries option a step gets five attempts.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ step, attempt, maxAttempts }) => {
          await step.run("never", () => {
            c.log("never", { attempt, maxAttempts });
            throw new TypeError("no");
          });
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 40_000,
    settleMs: 2_500,
  },
  {
    name: "step-exhausted-caught",
    shows:
      "A step out of attempts throws a StepError into the function; code that catches it goes on.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", retries: 1, triggers: [{ event: c.ev("start") }] },
        async ({ step, attempt }) => {
          let caught: Record<string, unknown> = {};
          try {
            await step.run("bad", () => {
              c.log("bad", { attempt });
              throw new RangeError("out of range");
            });
          } catch (error) {
            caught = caughtAs(error);
          }
          await step.run("cleanup", () => c.log("cleanup", { attempt, caught }));
          return "recovered";
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 30_000,
    settleMs: 1_500,
    calls: "ordered",
  },
  {
    name: "step-exhausted-uncaught",
    shows:
      "A step out of attempts that nobody catches fails the run at once; onFailure then runs once with the original event and the error.",
    functions: (c) => [
      c.client.createFunction(
        {
          id: "main",
          retries: 1,
          triggers: [{ event: c.ev("start") }],
          onFailure: async ({ event, error, attempt }: FailureEventArgs & { attempt: number }) => {
            c.log("onFailure", {
              attempt,
              event: event.name,
              keys: Object.keys(event.data)
                .filter((key) => key !== "_inngest" && key !== "result")
                .sort(),
              functionId: event.data.function_id,
              original: { name: event.data.event.name, data: event.data.event.data },
              error: { name: error.name, message: error.message },
            });
            return "handled";
          },
        },
        async ({ step, attempt }) => {
          await step.run("bad", () => {
            c.log("bad", { attempt });
            throw new RangeError("out of range");
          });
          await step.run("unreached", () => c.log("unreached"));
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: { order: 7 } }),
    done: { main: 1, "main-failure": 1 },
    maxMs: 30_000,
    settleMs: 2_000,
  },
  {
    name: "body-error-retried",
    shows:
      "An error outside steps makes the call fail and is retried; finished steps are not run again.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", retries: 3, triggers: [{ event: c.ev("start") }] },
        async ({ step, attempt }) => {
          await step.run("once", () => c.log("once", { attempt }));
          if (attempt < 2) throw new Error(`body ${attempt}`);
          return attempt;
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 30_000,
    settleMs: 500,
    calls: "ordered",
  },
  {
    name: "body-error-exhausted",
    shows:
      "An error outside steps that stays fails the run after retries + 1 calls; the error is the run's error.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", retries: 1, triggers: [{ event: c.ev("start") }] },
        async ({ attempt }) => {
          c.log("body", { attempt });
          throw new SyntaxError("still broken");
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 30_000,
    settleMs: 2_500,
    calls: "ordered",
  },
];
