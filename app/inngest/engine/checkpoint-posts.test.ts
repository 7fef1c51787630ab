import { expect, test } from "vitest";
import { createCheckpoints } from "./checkpoint.ts";
import { circumstances, claimedJob, op, parsed, stepId } from "./test-job.ts";
import type { Change } from "./types.ts";
import type { Written } from "./writer.ts";

/** Checkpoints with a writer that keeps what it is given and answers as told. */
function checkpoints(answerWith: (change: Change) => Promise<boolean> = async () => true) {
  const changes: Change[] = [];
  const { open, post } = createCheckpoints({
    writer: {
      async apply(change): Promise<Written> {
        changes.push(change);
        return { counted: await answerWith(change), next: null, queued: false };
      },
    },
  });
  const call = open(claimedJob(), "req-1", () => circumstances);
  const save = (...steps: object[]) =>
    post("01RUN", { request_id: "req-1", run_id: "01RUN", fn_id: "f", qi_id: "1", ts: 1, steps });
  return { changes, call, save, post };
}

const a = op("StepRun", "a", { data: 1, mode: "sync", rawArgs: [], fulfilled: true });
const b = op("StepRun", "b", { data: 2 });

test("a step is saved while its call goes on, and the call's reply is judged with it", async () => {
  const { changes, call, save } = checkpoints();
  expect(await save(a)).toEqual({ status: 200 });
  expect(await save(b)).toEqual({ status: 200 });
  expect(changes.map(({ done, checkpoint }) => [done.map(({ name }) => name), checkpoint])).toEqual(
    [
      [["a"], true],
      [["b"], true],
    ],
  );
  expect(changes[0]?.attempts).toMatchObject([{ stepId: stepId("a"), number: 0, error: null }]);
  const { job, over } = await call.close();
  expect(over).toBe(false);
  expect(job).toMatchObject({ stepCount: 2, stateBytes: 100 + 2 * '{"data":1}'.length });
  expect(parsed(`{${job.memos}}`)).toEqual({
    [stepId("a")]: { data: 1 },
    [stepId("b")]: { data: 2 },
  });
  expect(parsed(`[${job.stack}]`)).toEqual([stepId("a"), stepId("b")]);
});

test("a checkpoint that is sent again is answered without saving its steps again", async () => {
  const { changes, save } = checkpoints();
  await save(a);
  expect(await save(a)).toEqual({ status: 200 });
  expect(await save(a, b)).toEqual({ status: 200 });
  expect(changes.map(({ done }) => done.map(({ name }) => name))).toEqual([["a"], ["b"]]);
});

test("checkpoints of a run are saved one after the other, and the reply waits for them", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { changes, call, save } = checkpoints(async () => {
    await held;
    return true;
  });
  const first = save(a);
  const second = save(b);
  const closed = call.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(changes).toHaveLength(1);
  release();
  expect(await Promise.all([first, second])).toEqual([{ status: 200 }, { status: 200 }]);
  expect((await closed).job.stepCount).toBe(2);
});

test("a run that has ended, or another call in this one's place, stops the call", async () => {
  const { changes, call, save, post } = checkpoints(async () => false);
  expect(await save(a)).toMatchObject({ status: 409 });
  expect(await save(b)).toMatchObject({ status: 409 });
  expect(changes).toHaveLength(1);
  expect(await call.close()).toMatchObject({ over: true, end: null });

  const other = checkpoints();
  const stale = await other.post("01RUN", { request_id: "req-0", steps: [a] });
  expect(stale).toMatchObject({ status: 409 });
  expect(other.changes).toEqual([]);
  expect(await post("01RUN", { request_id: "req-1", steps: [a] })).toMatchObject({ status: 404 });
});

test("what is no checkpoint, or of no call that is executed here, leaves the steps to the reply", async () => {
  const { changes, call, save, post } = checkpoints();
  expect(await post("01RUN", "nonsense")).toMatchObject({ status: 400 });
  expect(await post("01RUN", { steps: [{ id: "x" }] })).toEqual({
    status: 400,
    error: expect.stringContaining("steps.0.op"),
  });
  expect(await save(a, op("StepPlanned", "b"))).toEqual({
    status: 400,
    error: '"StepPlanned" is not taken in a checkpoint, only in a reply',
  });
  expect(await post("01OTHER", { steps: [a] })).toMatchObject({ status: 404 });
  expect(changes).toEqual([]);
  expect(await call.close()).toMatchObject({ over: false, job: { stepCount: 0 } });
});

test("a checkpoint that the database does not take is asked for again", async () => {
  let down = true;
  const { call, save } = checkpoints(async () => {
    if (down) throw new Error("the database is away");
    return true;
  });
  expect(await save(a)).toEqual({
    status: 503,
    error: "the steps could not be saved: the database is away",
  });
  down = false;
  expect(await save(a)).toEqual({ status: 200 });
  expect((await call.close()).job.stepCount).toBe(1);
});

test("a step that may not be saved ends the run there and then", async () => {
  const { changes, call, save } = checkpoints();
  const large = op("StepRun", "large", { data: "x".repeat(5_000_000) });
  expect(await save(large)).toMatchObject({ status: 409 });
  expect(changes).toMatchObject([{ checkpoint: false, end: { status: "failed" } }]);
  const { over, end } = await call.close();
  expect(over).toBe(true);
  expect(parsed(end?.end?.error).name).toBe("output_too_large");

  const defers = checkpoints();
  expect(await defers.save(a, op("DeferAdd", "later"))).toMatchObject({ status: 409 });
  expect(parsed(defers.changes[0]?.end?.error).message).toContain("defer");
  expect(defers.changes[0]?.done.map(({ name }) => name)).toEqual(["a"]);
});
