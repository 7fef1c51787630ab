import fc from "fast-check";
import { type GetStepTools, type Inngest, referenceFunction } from "inngest";
import { expect, test } from "vitest";
import { testApp } from "./test-app.ts";

/** What a function does, one statement after the other. */
type Statement =
  | { kind: "run"; value: number }
  /** A step that fails so often; with three attempts. */
  | { kind: "shaky"; failures: number }
  | { kind: "sleep"; seconds: number }
  | { kind: "wait"; seconds: number }
  | { kind: "invoke"; body: Statement[] }
  | { kind: "all"; branches: Statement[][] }
  | { kind: "race"; branches: Statement[][] };

const statements = fc.letrec<{ statement: Statement; body: Statement[] }>((tie) => ({
  statement: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ kind: fc.constant("run" as const), value: fc.nat(9) }),
    fc.record({ kind: fc.constant("shaky" as const), failures: fc.nat(3) }),
    fc.record({ kind: fc.constant("sleep" as const), seconds: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constant("invoke" as const), body: tie("body") }),
    fc.record({
      kind: fc.constant("all" as const),
      branches: fc.array(tie("body"), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant("race" as const),
      branches: fc.array(tie("body"), { minLength: 1, maxLength: 3 }),
    }),
  ),
  body: fc.array(tie("statement"), { minLength: 1, maxLength: 4 }),
}));

/** What the statements give when nothing has to be durable. */
function evaluate(body: Statement[]): unknown[] {
  return body.map((statement) => {
    switch (statement.kind) {
      case "run":
        return statement.value;
      case "shaky":
        return statement.failures < 3 ? "ok" : "failed";
      case "invoke":
        return evaluate(statement.body);
      case "all":
        return statement.branches.map(evaluate);
      case "race":
        return "raced";
      default:
        return null;
    }
  });
}

/** How often the code of each step runs, by its path; of what is in a race a loser's later steps may not run at all. */
function expectedTries(body: Statement[], path: string, raced = false): Map<string, number> {
  const tries = new Map<string, number>();
  const add = (more: Map<string, number>) => {
    for (const [at, count] of more) tries.set(at, count);
  };
  for (const [index, statement] of body.entries()) {
    const at = `${path}.${index}`;
    const key = raced ? `${at}?` : at;
    if (statement.kind === "run") tries.set(key, 1);
    if (statement.kind === "shaky") tries.set(key, Math.min(statement.failures + 1, 3));
    if (statement.kind === "invoke") add(expectedTries(statement.body, at, raced));
    if (statement.kind === "all" || statement.kind === "race") {
      const inRace = raced || statement.kind === "race";
      for (const [n, branch] of statement.branches.entries()) {
        add(expectedTries(branch, `${at}/${n}`, inRace));
      }
    }
  }
  return tries;
}

/** A function that executes the statements of its event, each as steps. */
function interpreter(client: Inngest, tries: Map<string, number>) {
  type Step = GetStepTools<typeof client>;
  const count = (path: string) => {
    const now = (tries.get(path) ?? 0) + 1;
    tries.set(path, now);
    return now;
  };
  return client.createFunction(
    { id: "main", retries: 2, triggers: [{ event: "start" }] },
    async ({ event, step, group }) => {
      const execute = async (body: Statement[], path: string): Promise<unknown[]> => {
        const results: unknown[] = [];
        for (const [index, statement] of body.entries()) {
          results.push(await one(statement, `${path}.${index}`, step));
        }
        return results;
      };
      const one = async (statement: Statement, at: string, tools: Step): Promise<unknown> => {
        switch (statement.kind) {
          case "run":
            return tools.run(at, () => {
              count(at);
              return statement.value;
            });
          case "shaky":
            return tools
              .run(at, () => {
                if (count(at) <= statement.failures) throw new Error("shaken");
                return "ok";
              })
              .catch(() => "failed");
          case "sleep":
            await tools.sleep(at, `${statement.seconds}s`);
            return null;
          case "wait":
            return tools.waitForEvent(at, { event: "never", timeout: `${statement.seconds}s` });
          case "invoke":
            return tools.invoke(at, {
              function: referenceFunction({ functionId: "main" }),
              data: { body: statement.body, path: at },
            });
          default: {
            const branches = () =>
              statement.branches.map((branch, n) => execute(branch, `${at}/${n}`));
            if (statement.kind === "all") return Promise.all(branches());
            await group.parallel({ mode: "race" }, () => Promise.race(branches()));
            return "raced";
          }
        }
      };
      const { body, path } = event.data as { body: Statement[]; path: string };
      return execute(body, path);
    },
  );
}

test.each([true, false])(
  "whatever a function does with steps, it ends as its code says and runs each step's code once (checkpointing %s)",
  async (checkpointing) => {
    await fc.assert(
      fc.asyncProperty(statements.body, async (body) => {
        const tries = new Map<string, number>();
        const app = await testApp((client) => [interpreter(client, tries)], { checkpointing });
        await app.engine.send({ name: "start", data: { body, path: "" } });
        await app.settle(7 * 86_400_000);
        const runs = await app.runs();
        expect(runs.filter(({ status }) => status !== "completed")).toEqual([]);
        expect(runs.map(({ output }) => output)).toContainEqual(evaluate(body));
        for (const [key, times] of expectedTries(body, "")) {
          const counted = tries.get(key.replace("?", "")) ?? 0;
          if (key.endsWith("?")) expect(counted).toBeLessThanOrEqual(times);
          else expect([key, counted]).toEqual([key, times]);
        }
        const left = await app.pool.query("SELECT * FROM engine.job");
        expect(left.rows).toEqual([]);
      }),
      { numRuns: 8 },
    );
  },
  120_000,
);
