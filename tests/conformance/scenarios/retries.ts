import { NonRetriableError, RetryAfterError } from "inngest";
import type { Scenario } from "../scenario.ts";
import { caughtAs } from "./caught.ts";

export const retries: Scenario[] = [
  {
    name: "non-retriable-in-step",
    shows:
      "NonRetriableError in a step ends the step at its first attempt; it can still be caught; uncaught it fails the run.",
    functions: (c) => [
      c.client.createFunction(
        { id: "caught", retries: 3, triggers: [{ event: c.ev("start") }] },
        async ({ step, attempt }) => {
          let seen: Record<string, unknown> = {};
          try {
            await step.run("fatal", () => {
              c.log("fatal", { attempt }, "caught");
              throw new NonRetriableError("give up");
            });
          } catch (error) {
            seen = caughtAs(error);
          }
          await step.run("on", () => c.log("on", { seen }, "caught"));
          return "fine";
        },
      ),
      c.client.createFunction(
        { id: "uncaught", retries: 3, triggers: [{ event: c.ev("start") }] },
        async ({ step, attempt }) => {
          await step.run("fatal", () => {
            c.log("fatal", { attempt }, "uncaught");
            throw new NonRetriableError("give up");
          });
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { caught: 1, uncaught: 1 },
    maxMs: 20_000,
    settleMs: 2_500,
  },
  {
    name: "non-retriable-in-body",
    shows: "NonRetriableError outside steps fails the run at its first attempt.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", retries: 3, triggers: [{ event: c.ev("start") }] },
        async ({ attempt }) => {
          c.log("body", { attempt });
          throw new NonRetriableError("give up", { cause: new Error("the reason") });
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 2_500,
    calls: "ordered",
  },
  {
    name: "retry-after",
    shows:
      "RetryAfterError sets the delay before the next attempt, in a step and in the body, in place of the usual delay.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", retries: 2, triggers: [{ event: c.ev("start") }] },
        async ({ step, attempt }) => {
          await step.run("polite", () => {
            c.log("polite", { attempt });
            if (attempt === 0) throw new RetryAfterError("later", "4s");
          });
          c.log("body", { attempt });
          if (attempt === 0) throw new RetryAfterError("later still", 3_000);
          return "ok";
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 30_000,
    settleMs: 500,
    timings: [
      {
        name: "Retry-After 4 s in a step",
        from: ["polite", 0],
        to: ["polite", 1],
        min: 2_800,
        max: 7_000,
      },
      {
        name: "Retry-After 3 s in the body",
        from: ["body", 0],
        to: ["body", 1],
        min: 1_800,
        max: 6_000,
      },
    ],
  },
  {
    name: "retries-zero",
    shows: "retries: 0 means one attempt.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", retries: 0, triggers: [{ event: c.ev("start") }] },
        async ({ step, attempt, maxAttempts }) => {
          await step.run("only", () => {
            c.log("only", { attempt, maxAttempts });
            throw new Error("once is enough");
          });
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 2_500,
    calls: "ordered",
  },
  {
    name: "default-backoff",
    shows: "With the default backoff the first retry comes 15 to 45 s after the failure.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", retries: 1, triggers: [{ event: c.ev("start") }] },
        async ({ step, attempt }) => {
          await step.run("shaky", () => {
            c.log("shaky", { attempt });
            if (attempt === 0) throw new Error("first");
            return "second";
          });
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 60_000,
    settleMs: 300,
    retry: "default",
    timings: [
      { name: "first retry", from: ["shaky", 0], to: ["shaky", 1], min: 14_000, max: 48_000 },
    ],
  },
];
