import { expect, test } from "vitest";
import type { Reply } from "./call.ts";
import { decide, decideLost } from "./decide.ts";
import {
  answer,
  circumstances,
  claimedJob,
  NOW,
  op,
  ops,
  parsed,
  STARTED,
  stepId,
} from "./test-job.ts";

test("a fixed retry interval takes the backoff's place, and Retry-After takes the interval's", () => {
  const failed = op("StepError", "a", { error: { name: "E", message: "m" } });
  const fixed = { ...circumstances, retryIntervalMs: 1000 };
  expect(decide(claimedJob(), ops(failed), fixed).retry?.dueAt).toBe(NOW + 1000);
  const asked = answer(206, [failed], { retryAfter: "90" });
  expect(decide(claimedJob(), asked, fixed).retry?.dueAt).toBe(NOW + 90_000);
  const date = answer(206, [failed], { retryAfter: new Date(NOW + 7000).toUTCString() });
  expect(decide(claimedJob(), date, fixed).retry?.dueAt).toBe(NOW + 7000);
});

test("200 ends the run with the reply as its output", () => {
  const change = decide(claimedJob(), answer(200, { n: [1] }), circumstances);
  expect(change.end).toEqual({ status: "completed", output: '{"n":[1]}', error: null });
  expect(change.attempts).toEqual([
    { stepId: "step", name: "", number: 0, startedAt: STARTED, endedAt: NOW, error: null },
  ]);
  expect(decide(claimedJob(), answer(200, null), circumstances).end?.output).toBe("null");
});

test.each([
  ["an error of the body", answer(500, { name: "E", message: "m" }), "E", "m"],
  [
    "a step that the code does not have",
    answer(500, { error: 'Could not find step "a"', requestedStep: "x", foundSteps: [] }),
    "StepNotFoundError",
    'Could not find step "a"',
  ],
  [
    "an app that is not set up",
    answer(500, { code: "internal_server_error" }),
    "Error",
    'The app answered with status 500: {"code":"internal_server_error"}',
  ],
  ["an app that refuses", answer(401, { message: "Unauthorized" }), "Error", "Unauthorized"],
  [
    "something else that answers",
    answer(200, "<html>", { fromSdk: false, noRetry: true }),
    "InvalidReplyError",
    "The reply (status 200) does not come from the Inngest SDK",
  ],
  [
    "a streamed reply that breaks off",
    answer(201, "  "),
    "InvalidReplyError",
    "The streamed reply of the app broke off or is not the SDK's",
  ],
  [
    "a reply without a next step",
    ops(),
    "InvalidReplyError",
    "The function neither ended nor said which step comes next",
  ],
  [
    "ops that are none",
    answer(206, [{ op: "StepRun" }]),
    "InvalidReplyError",
    "The function neither ended nor said which step comes next",
  ],
  [
    "ids that could not stand in a call",
    answer(206, [{ id: '"},{', op: "StepRun" }]),
    "InvalidReplyError",
    "The function neither ended nor said which step comes next",
  ],
  [
    "an app that cannot be reached",
    { kind: "unreachable", error: new Error("connection refused") } as Reply,
    "Error",
    "connection refused",
  ],
  [
    "an app that does not listen",
    {
      kind: "unreachable",
      error: new TypeError("fetch failed", {
        cause: Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }),
      }),
    } as Reply,
    "TypeError",
    "fetch failed: ECONNREFUSED",
  ],
  [
    "a call that the SDK stopped though none took its place",
    answer(400, { name: "StaleDispatchError", message: "stale" }, { noRetry: true }),
    "StaleDispatchError",
    "stale",
  ],
])("%s is a failed attempt, and the last one fails the run", (_what, reply, name, message) => {
  const change = decide(claimedJob({ version: -1 }), reply, circumstances);
  expect(change).toMatchObject({ retry: { attempt: 1 }, end: null, done: [], version: -1 });
  expect(parsed(change.attempts[0]?.error)).toMatchObject({ name, message });
  const last = decide(claimedJob({ attempt: 2 }), reply, circumstances);
  expect(last).toMatchObject({ retry: null, end: { status: "failed" } });
  expect(parsed(last.end?.error)).toMatchObject({ name, message });
});

test("an error that is not to be retried fails the run at once", () => {
  const body = { name: "E", message: "m", stack: "s", cause: { name: "C", message: "why" } };
  const change = decide(claimedJob(), answer(400, body, { noRetry: true }), circumstances);
  expect(change.retry).toBeNull();
  expect(parsed(change.end?.error)).toEqual(body);
});

test("an empty reply is nothing new while steps are open", () => {
  expect(decide(claimedJob({ pending: 2 }), ops(), circumstances)).toMatchObject({
    done: [],
    planned: [],
    advance: false,
    retry: null,
    end: null,
  });
});

test("the thousandth step is taken, one more fails the run", () => {
  const full = claimedJob({ stepCount: 999 });
  expect(decide(full, ops(op("StepRun", "a")), circumstances).end).toBeNull();
  const overflow = "InngestErrFunctionOverflowed";
  const two = decide(full, ops(op("StepPlanned", "a"), op("StepPlanned", "b")), circumstances);
  expect(parsed(two.end?.error).name).toBe(overflow);
  const next = decide(claimedJob({ stepCount: 1000 }), ops(op("StepRun", "a")), circumstances);
  expect(parsed(next.end?.error).name).toBe(overflow);
  const many = Array.from({ length: 1001 }, (_, n) => op("StepPlanned", `s${n}`));
  expect(parsed(decide(claimedJob(), ops(...many), circumstances).end?.error).name).toBe(overflow);
  const complete = { id: stepId("complete"), op: "RunComplete", data: 1 };
  const end = decide(full, ops(op("StepRun", "a"), complete), circumstances);
  expect(end.end?.status).toBe("completed");
});

test("an output above 4 MB, a state above 32 MB and a reply above 8 MB fail the run", () => {
  const MB = 1024 * 1024;
  const large = decide(
    claimedJob(),
    ops(op("StepRun", "a", { data: "x".repeat(4 * MB) })),
    circumstances,
  );
  expect(parsed(large.end?.error)).toMatchObject({ name: "output_too_large" });
  expect(parsed(large.end?.error).message).toContain('The output of step "a"');
  expect(large).toMatchObject({ done: [], attempts: [{ stepId: stepId("a") }] });

  const full = claimedJob({ stateBytes: 32 * MB - 1000 });
  const data = "x".repeat(600);
  const one = decide(full, ops(op("StepRun", "a", { data })), circumstances);
  expect(one.end).toBeNull();
  const two = decide(
    full,
    ops(op("StepRun", "a", { data }), op("StepRun", "b", { data })),
    circumstances,
  );
  expect(parsed(two.end?.error).name).toBe("InngestErrStateOverflowed");
  expect(two.done).toHaveLength(1);
  const output = decide(full, answer(200, "x".repeat(1000)), circumstances);
  expect(parsed(output.end?.error).name).toBe("InngestErrStateOverflowed");

  const reply = decide(claimedJob(), answer(200, 1, { bytes: 8 * MB + 1 }), circumstances);
  expect(parsed(reply.end?.error).name).toBe("output_too_large");
  const invoke = op("InvokeFunction", "i", {
    opts: { function_id: "app-child", payload: { data: { x: "x".repeat(4 * MB) } } },
  });
  expect(parsed(decide(claimedJob(), ops(invoke), circumstances).end?.error).name).toBe(
    "output_too_large",
  );
});

test("an attempt whose worker is lost each time is a failed one of the body, or of the step", () => {
  const lost = claimedJob({ claims: 21 });
  const body = decideLost(lost, circumstances);
  expect(body).toMatchObject({ retry: { attempt: 1 }, attempts: [{ stepId: "step" }] });
  expect(decideLost(claimedJob({ claims: 21, attempt: 2 }), circumstances).end?.status).toBe(
    "failed",
  );
  const step = decideLost(
    claimedJob({ claims: 21, attempt: 2, stepId: stepId("a") }),
    circumstances,
  );
  expect(step).toMatchObject({ end: null, advance: true });
  expect(parsed(step.done[0]?.memo).error).toMatchObject({ name: "WorkerLostError" });
  expect(parsed(step.done[0]?.memo).error.message).toContain("ended 20 times");
});
