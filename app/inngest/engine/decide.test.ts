import fc from "fast-check";
import { expect, test } from "vitest";
import { decide } from "./decide.ts";
import { withDone } from "./job-state.ts";
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

test("a step's result is memoised under its data, whatever it looks like, and the run goes on", () => {
  const change = decide(
    claimedJob(),
    ops(op("StepRun", "a", { data: { data: 1 } })),
    circumstances,
  );
  expect(change.done).toEqual([
    { stepId: stepId("a"), op: "StepRun", name: "a", memo: '{"data":{"data":1}}' },
  ]);
  expect(change.attempts).toEqual([
    { stepId: stepId("a"), name: "a", number: 0, startedAt: STARTED, endedAt: NOW, error: null },
  ]);
  expect(change).toMatchObject({ advance: true, planned: [], retry: null, end: null, version: 2 });
});

test("a step without a result is memoised as null", () => {
  expect(decide(claimedJob(), ops(op("StepRun", "a")), circumstances).done[0]?.memo).toBe(
    '{"data":null}',
  );
});

test("a step's own timing says when its code ran, by the engine's clock", () => {
  const timing = (startMs: number, ms: number) => ({ a: startMs * 1e6, b: ms * 1e6 });
  const change = decide(
    claimedJob(),
    ops(
      op("StepRun", "a", { timing: timing(1000, 300) }),
      op("StepRun", "b", { timing: timing(1500, 500) }),
      op("StepRun", "c", { timing: timing(1, 900_000) }),
    ),
    circumstances,
  );
  expect(change.attempts.map(({ startedAt, endedAt }) => [startedAt - NOW, endedAt - NOW])).toEqual(
    [
      [-5000, -5000],
      [-5000, -5000],
      [-5000, 0],
    ],
  );
  const usual = decide(
    claimedJob(),
    ops(
      op("StepRun", "a", { timing: timing(1000, 300) }),
      op("StepRun", "b", { timing: timing(1500, 500) }),
    ),
    circumstances,
  );
  expect(usual.attempts.map(({ startedAt, endedAt }) => [startedAt - NOW, endedAt - NOW])).toEqual([
    [-1000, -700],
    [-500, 0],
  ]);
});

test.each([
  [0, 30_000],
  [1, 45_000],
])("a step that fails at attempt %i is tried again after the backoff", (attempt, delay) => {
  const error = { name: "TypeError", message: "no", stack: "at x", __serialized: true };
  const change = decide(
    claimedJob({ attempt }),
    ops(op("StepError", "a", { error })),
    circumstances,
  );
  expect(change.retry).toEqual({ dueAt: NOW + delay, attempt: attempt + 1 });
  expect(change).toMatchObject({ done: [], advance: false, end: null });
  expect(change.attempts).toMatchObject([{ stepId: stepId("a"), number: attempt }]);
  expect(parsed(change.attempts[0]?.error)).toEqual({
    name: "TypeError",
    message: "no",
    stack: "at x",
  });
});

test.each([
  ["StepFailed", 0, {}],
  ["StepError", 2, {}],
  ["StepError", 0, { noRetry: true }],
])(
  "%s at attempt %i that is not to be retried gives its error to the code",
  (kind, attempt, more) => {
    const failed = op(kind, "a", { error: { name: "E", message: "m", cause: { name: "C" } } });
    const change = decide(claimedJob({ attempt }), answer(206, [failed], more), circumstances);
    expect(parsed(change.done[0]?.memo)).toEqual({
      error: { name: "E", message: "m", cause: { name: "C" } },
    });
    expect(change).toMatchObject({ advance: true, retry: null, end: null });
  },
);

test("steps whose checkpoint was not taken come with the end of the run in one reply", () => {
  const complete = { id: stepId("complete"), op: "RunComplete", data: { all: 2 } };
  const change = decide(
    claimedJob({ version: -1 }),
    ops(op("StepRun", "a", { data: 1 }), op("StepRun", "b", { data: 2 }), complete),
    circumstances,
  );
  expect(change.done.map(({ name, memo }) => [name, memo])).toEqual([
    ["a", '{"data":1}'],
    ["b", '{"data":2}'],
  ]);
  expect(change.end).toEqual({ status: "completed", output: '{"all":2}', error: null });
  expect(change.attempts.map(({ stepId, name }) => [stepId, name])).toEqual([
    [stepId("a"), "a"],
    [stepId("b"), "b"],
    ["step", ""],
  ]);
});

test("a reply may hold steps that are done and steps that come next", () => {
  const change = decide(
    claimedJob(),
    ops(op("StepRun", "a", { data: 1 }), op("StepPlanned", "b"), op("StepPlanned", "c")),
    circumstances,
  );
  expect(change.done).toHaveLength(1);
  expect(change.planned).toHaveLength(2);
  expect(change).toMatchObject({ planOnly: true, end: null, retry: null });
});

test("a step that was saved before the reply is not done twice", () => {
  const saved = withDone(claimedJob(), [
    { stepId: stepId("a"), op: "StepRun", name: "a", memo: '{"data":1}' },
  ]);
  const change = decide(
    saved,
    ops(op("StepRun", "a", { data: 1 }), op("StepRun", "b"), op("StepRun", "b")),
    circumstances,
  );
  expect(change.done.map(({ name }) => name)).toEqual(["b"]);
  expect(change.attempts).toHaveLength(1);
  const again = decide(saved, ops(op("StepRun", "a", { data: 1 })), circumstances);
  expect(again).toMatchObject({ done: [], retry: { attempt: 1 }, end: null });
});

test("an error of the function that comes among steps is the function's, not a step's", () => {
  const error = { name: "RangeError", message: "broken" };
  const body = (kind: string) => ops({ id: stepId("complete"), op: kind, error });
  const again = decide(claimedJob(), body("StepError"), circumstances);
  expect(again).toMatchObject({ retry: { attempt: 1 }, done: [], end: null });
  expect(again.attempts).toMatchObject([{ stepId: "step", name: "" }]);
  const final = decide(claimedJob(), body("StepFailed"), circumstances);
  expect(final).toMatchObject({ retry: null, done: [], end: { status: "failed" } });
  expect(parsed(final.end?.error)).toEqual(error);
});

const anyOp = fc
  .record({
    name: fc.constantFrom("a", "b", "c", "d", "e", "complete"),
    kind: fc.constantFrom(
      ...["StepRun", "StepError", "StepFailed", "StepPlanned", "Sleep", "WaitForEvent"],
      ...["InvokeFunction", "RunComplete", "StepNotFound", "Gateway"],
    ),
    time: fc.constantFrom("1h", "", "2d", "nonsense"),
    functionId: fc.constantFrom("app-child", "app-nobody"),
    race: fc.boolean(),
    data: fc.jsonValue(),
  })
  .map(({ name, kind, time, functionId, race, data }) =>
    op(kind, name, {
      name: time,
      data,
      error: { name: "E", message: "m" },
      opts: {
        timeout: time,
        function_id: functionId,
        payload: { data: {} },
        ...(race ? { parallelMode: "race" } : {}),
      },
    }),
  );

test("whatever a reply holds, the change ends, retries or goes on, and no step is counted twice", () => {
  fc.assert(
    fc.property(
      fc.array(anyOp, { minLength: 1, maxLength: 8 }),
      fc.nat(2),
      fc.nat(3),
      fc.subarray(["a", "b", "c"]),
      (body, attempt, pending, before) => {
        const memos = before.map((name) => ({
          stepId: stepId(name),
          op: "StepRun",
          name,
          memo: '{"data":1}',
        }));
        const known = withDone(claimedJob({ attempt, pending }), memos);
        const change = decide(known, ops(...body), circumstances);
        const touched = [...change.done, ...change.planned].map(({ stepId }) => stepId);
        expect(new Set(touched).size).toBe(touched.length);
        for (const name of before) expect(touched).not.toContain(stepId(name));
        if (change.end) expect(change).toMatchObject({ planned: [], retry: null, advance: false });
        else {
          const goesOn = change.advance || change.planned.length > 0 || change.retry !== null;
          expect(goesOn).toBe(true);
          expect(change.advance).toBe(change.done.length > 0);
        }
        const after = withDone(known, change.done);
        expect(Object.keys(JSON.parse(`{${after.memos}}`))).toHaveLength(after.stepCount);
        expect(JSON.parse(`[${after.stack}]`)).toHaveLength(after.stepCount);
        expect(after.stateBytes - known.stateBytes).toBe(
          change.done.reduce((sum, { memo }) => sum + Buffer.byteLength(memo), 0),
        );
      },
    ),
    { numRuns: 500 },
  );
});
