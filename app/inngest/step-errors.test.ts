import { NonRetriableError, RetryAfterError } from "inngest";
import { expect, test } from "vitest";
import { createError } from "~/reliability/errors.ts";
import { asStep, failureOf } from "./step-errors.ts";

const thrownBy = (error: unknown) =>
  asStep(async () => {
    throw error;
  }).catch((thrown: unknown) => thrown);

/** What is left of an error after Inngest: name, message, stack and cause. */
function throughInngest(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  return JSON.parse(JSON.stringify({ name, message, stack, cause: throughInngest(cause) }));
}

test("what cannot be retried becomes NonRetriableError, a named wait RetryAfterError, the rest is thrown as it is", async () => {
  const refused = await thrownBy(createError("INVALID_CREDENTIALS", "no"));
  const limited = await thrownBy(createError("RATE_LIMITED", "wait", { retryAfterMs: 90_000 }));
  const down = await thrownBy(createError("SERVICE_UNAVAILABLE", "down"));
  expect(refused).toBeInstanceOf(NonRetriableError);
  expect(limited).toBeInstanceOf(RetryAfterError);
  expect((limited as RetryAfterError).retryAfter).toBe("90");
  expect(down).not.toBeInstanceOf(NonRetriableError);
});

test("the code survives Inngest's JSON, and exhausted retries give way to their cause", async () => {
  const cause = createError("TIMEOUT", "no answer within 20 s");
  const exhausted = createError("MAX_RETRIES_EXCEEDED", "5 attempts failed", { cause });
  expect(failureOf(throughInngest(await thrownBy(exhausted)))).toEqual({
    code: "TIMEOUT",
    message: "no answer within 20 s",
  });
  expect(failureOf(throughInngest(await thrownBy(new TypeError("x is undefined"))))).toEqual({
    code: "UNEXPECTED_ERROR",
    message: "x is undefined",
  });
  expect(failureOf({ name: "Error", message: "the function timed out" })).toEqual({
    code: "UNEXPECTED_ERROR",
    message: "the function timed out",
  });
  expect(failureOf(null).code).toBe("UNEXPECTED_ERROR");
});
