import { type Inngest, type InngestFunction, referenceFunction, type StepError } from "inngest";
import { expect, test } from "vitest";
import { testApp } from "./test-app.ts";

type Functions = (client: Inngest, log: (entry: unknown) => void) => InngestFunction.Any[];

/** Runs the function on "start" to its end, a minute's "go" included, and gives what a user could tell one engine from another by. */
async function outcome(functions: Functions, checkpointing: boolean) {
  const log: unknown[] = [];
  const app = await testApp((client) => functions(client, (entry) => log.push(entry)), {
    checkpointing,
    retryIntervalMs: 1000,
  });
  await app.engine.send({ name: "start", data: { n: 3 } });
  await app.settle(60_000);
  await app.engine.send({ name: "go", data: { n: 3 }, id: "go-1" });
  await app.settle(3_600_000);
  const steps = await app.pool.query(
    `SELECT s.name, s.op, s.position, s.memo FROM engine.step s JOIN engine.run r ON r.id = s.run_id
     ORDER BY r.function_id, s.position, s.name`,
  );
  const attempts = await app.pool.query(
    `SELECT a.name, a.number, a.status, a.error::json->>'message' AS error FROM engine.attempt a
     JOIN engine.run r ON r.id = a.run_id ORDER BY r.function_id, a.id`,
  );
  const runs = (await app.runs()).map(({ function_id, status, output, error }) => ({
    function_id,
    status,
    output,
    error: error?.message,
  }));
  // Where in this file an error was made is not the engine's doing.
  const stepRows = steps.rows.map(({ memo, ...row }) => {
    const { error, ...value } = JSON.parse(memo) ?? { nothing: true };
    return { ...row, value, error: error && { name: error.name, message: error.message } };
  });
  return {
    calls: app.calls.length,
    seen: { log, runs, steps: stepRows, attempts: attempts.rows },
  };
}

const chain: Functions = (client, log) => [
  client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ event, step }) => {
    let total = 0;
    for (let n = 0; n < event.data.n; n++) {
      total += await step.run("add", () => {
        log(n);
        return n;
      });
    }
    return { total };
  }),
];

const failures: Functions = (client, log) => [
  client.createFunction(
    { id: "main", retries: 2, triggers: [{ event: "start" }] },
    async ({ step, attempt }) => {
      await step.run("first", () => log("first"));
      await step.run("shaky", () => {
        log(`shaky ${attempt}`);
        if (attempt < 2) throw new RangeError(`not yet ${attempt}`);
      });
      const caught = await step
        .run("hopeless", () => {
          throw new TypeError("no");
        })
        .catch(({ name, stepId }: StepError) => [name, stepId]);
      await step.run("last", () => log(["last", caught]));
      if (attempt < 1) throw new Error("the body too");
      return "done";
    },
  ),
];

const fanned: Functions = (client, log) => [
  client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ step, group }) => {
    await step.run("before", () => log("before"));
    const [a, b] = await Promise.all([
      step.run("a", () => 1),
      step.run("b", () => 2),
      step.sleep("nap", "5s"),
    ]);
    await step.run("between", () => log("between"));
    const winner = await group.parallel({ mode: "race" }, () =>
      Promise.race([
        step.run("quick", () => "quick"),
        step.sleep("slow", "10s").then(() => "slow"),
      ]),
    );
    await step.run("after", () => log(`after ${winner}`));
    return [a, b, winner];
  }),
];

const waits: Functions = (client, log) => [
  client.createFunction({ id: "main", triggers: [{ event: "start" }] }, async ({ event, step }) => {
    const twice = await step.invoke("twice", {
      function: referenceFunction({ functionId: "twice" }),
      data: { n: event.data.n },
    });
    const go = await step.waitForEvent("go", { event: "go", timeout: "1h", match: "data.n" });
    const none = await step.waitForEvent("none", { event: "none", timeout: "5s" });
    await step.run("note", () => log([twice, go?.data.n, none]));
    return step
      .invoke("nobody", { function: referenceFunction({ functionId: "nobody" }), data: {} })
      .catch(({ message }: StepError) => message);
  }),
  client.createFunction({ id: "twice" }, async ({ event, step }) =>
    step.run("multiply", () => event.data.n * 2),
  ),
];

test.each([
  ["a chain of steps", chain],
  ["failing steps and bodies", failures],
  ["parallel steps and a race", fanned],
  ["invoked functions and awaited events", waits],
])("%s come out the same with checkpointing on and off", async (_what, functions) => {
  const off = await outcome(functions, false);
  const on = await outcome(functions, true);
  expect(on.seen).toEqual(off.seen);
  expect(on.seen.runs.every(({ status }) => status === "completed")).toBe(true);
  expect(on.calls).toBeLessThan(off.calls);
});
