import { type Inngest, referenceFunction } from "inngest";
import { expect, test } from "vitest";
import { testApp } from "./test-app.ts";

type Outcome = { name: string; message: string; stepId?: string } | { value: unknown };

/** A function on "start" that invokes `child`, and what became of that. */
function parent(client: Inngest, functionId: string, outcomes: Outcome[], timeout?: string) {
  return client.createFunction(
    { id: "parent", triggers: [{ event: "start" }] },
    async ({ event, step }) => {
      const invoked = step.invoke("call", {
        function: referenceFunction({ functionId }),
        data: event.data,
        ...(timeout ? { timeout } : {}),
      });
      const outcome = await invoked.then(
        (value): Outcome => ({ value }),
        ({ name, message, stepId }): Outcome => ({ name, message, stepId }),
      );
      await step.run("note", () => outcomes.push(outcome));
      return "done";
    },
  );
}

test.each([true, false])(
  "an invoked function gets the data, and its result comes back as JSON (checkpointing %s)",
  async (checkpointing) => {
    const outcomes: Outcome[] = [];
    const events: unknown[] = [];
    const app = await testApp(
      (client) => [
        parent(client, "child", outcomes),
        client.createFunction({ id: "child" }, async ({ event, step }) => {
          events.push(event);
          const twice = await step.run("twice", () => event.data.x * 2);
          return { twice, at: new Date("2020-01-02T03:04:05.000Z") };
        }),
      ],
      { checkpointing },
    );
    await app.engine.send({ name: "start", data: { x: 21 } });
    await app.engine.drain();
    expect(outcomes).toEqual([{ value: { twice: 42, at: "2020-01-02T03:04:05.000Z" } }]);
    expect(events[0]).toMatchObject({
      name: "inngest/function.invoked",
      data: { x: 21 },
    });
    const runs = await app.runs();
    expect(runs.map(({ status }) => status)).toEqual(["completed", "completed"]);
    const { rows } = await app.pool.query(
      "SELECT id FROM engine.run WHERE parent_run_id IS NOT NULL",
    );
    expect(rows).toHaveLength(1);
    const listed = await app.pool.query("SELECT name FROM engine.event");
    expect(listed.rows).toEqual([{ name: "start" }]);
  },
);

test("an invoked run that is cancelled fails the step", async () => {
  const outcomes: Outcome[] = [];
  const app = await testApp((client) => [
    parent(client, "child", outcomes),
    client.createFunction({ id: "child" }, async ({ step }) => {
      await step.sleep("long", "1m");
    }),
  ]);
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  const [child] = await app.runs("app-child");
  expect(await app.engine.cancel(child?.id ?? "")).toBe(true);
  await app.engine.drain();
  expect(outcomes).toEqual([
    { name: "InvokedRunCancelledError", message: "The invoked run was cancelled", stepId: "call" },
  ]);
});

test("a run that is cancelled while it waits for another leaves that one to its end", async () => {
  const outcomes: Outcome[] = [];
  const app = await testApp((client) => [
    parent(client, "child", outcomes),
    client.createFunction({ id: "child" }, async ({ step }) => {
      await step.sleep("long", "1m");
      return "alone";
    }),
  ]);
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  const [run] = await app.runs("app-parent");
  await app.engine.cancel(run?.id ?? "");
  await app.settle(120_000);
  expect(outcomes).toEqual([]);
  expect(await app.runs()).toMatchObject([
    { function_id: "app-child", status: "completed", output: "alone" },
    { function_id: "app-parent", status: "cancelled" },
  ]);
});

test("functions invoke functions, side by side and deeper and deeper, beyond the places there are", async () => {
  const app = await testApp(
    (client) => {
      const sum = (n: number) => ({
        function: referenceFunction({ functionId: "sum" }),
        data: { n },
      });
      return [
        client.createFunction(
          { id: "sum", triggers: [{ event: "start" }] },
          async ({ event, step }): Promise<number> => {
            const { n } = event.data as { n: number };
            if (n === 0) return 1;
            const parts = await Promise.all([
              step.invoke("left", sum(n - 1)),
              step.invoke("right", sum(n - 1)),
            ]);
            return (parts as number[]).reduce((total, part) => total + part, 0);
          },
        ),
      ];
    },
    { maxCalls: 2, checkpointing: true },
  );
  await app.engine.send({ name: "start", data: { n: 4 } });
  await app.engine.drain();
  const runs = await app.runs();
  expect(runs).toHaveLength(31);
  expect(runs.every(({ status }) => status === "completed")).toBe(true);
  expect(runs.filter(({ output }) => output === 16)).toHaveLength(1);
});
