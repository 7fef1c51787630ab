import type { Scenario } from "../scenario.ts";

export const parallel: Scenario[] = [
  {
    name: "parallel-steps",
    shows:
      "Three steps started together are all planned first, then run by one call each, at the same time; the function goes on when all are done.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ step }) => {
          const all = await Promise.all(
            ["p", "q", "r"].map((id) =>
              step.run(id, async () => {
                c.log("begin", { id }, id);
                await c.work(600);
                c.log("end", { id }, id);
                return id.toUpperCase();
              }),
            ),
          );
          await step.run("join", () => c.log("join", { all }));
          return all;
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 300,
    calls: "set",
    timings: [
      {
        name: "first begin to third begin (runs side by side)",
        from: ["begin", 0],
        to: ["begin", 2],
        min: 0,
        max: 580,
      },
    ],
  },
  {
    name: "parallel-chains",
    shows:
      "Branches of two steps each advance in step: the second steps are planned only when the first steps of all branches are done.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ step }) => {
          const chain = async (id: string, ms: number): Promise<string> => {
            const one = await step.run(`${id}1`, async () => {
              await c.work(ms);
              c.log(`${id}1 end`);
              return id;
            });
            return step.run(`${id}2`, () => {
              c.log("second begin", {}, "second");
              return `${one}${one}`;
            });
          };
          const out = await Promise.all([chain("fast", 0), chain("slow", 1_000)]);
          await step.run("join", () => c.log("join", { out }));
          return out;
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 300,
    calls: "set",
    timings: [
      {
        name: "the fast branch waits for the slow one",
        from: ["slow1 end", 0],
        to: ["second begin", 0],
        min: 0,
        max: 2_500,
      },
      {
        name: "both second steps start together",
        from: ["second begin", 0],
        to: ["second begin", 1],
        min: 0,
        max: 1_500,
      },
    ],
  },
  {
    name: "race-default",
    shows:
      "Promise.race without race mode: the winner is known only after every started step is done.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ step }) => {
          const winner = await Promise.race([
            step.run("slow", async () => {
              await c.work(1_500);
              c.log("slow end");
              return "slow";
            }),
            step.run("fast", () => {
              c.log("fast end");
              return "fast";
            }),
          ]);
          await step.run("after", () => c.log("after", { winner }));
          return winner;
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    maxMs: 20_000,
    settleMs: 500,
  },
  {
    name: "race-mode",
    shows:
      "group.parallel in race mode: the function goes on as soon as one step is done; the loser still runs to its end.",
    functions: (c) => [
      c.client.createFunction(
        { id: "main", triggers: [{ event: c.ev("start") }] },
        async ({ step, group }) => {
          const winner = await group.parallel({ mode: "race" }, () =>
            Promise.race([
              step.run("slow", async () => {
                await c.work(4_000);
                c.log("slow end");
                return "slow";
              }),
              step.run("fast", () => {
                c.log("fast end");
                return "fast";
              }),
            ]),
          );
          await step.run("after", () => c.log("after", { winner }));
          return winner;
        },
      ),
    ],
    drive: (c) => c.send({ name: c.ev("start"), data: {} }),
    done: { main: 1 },
    until: (c) => c.count("slow end") > 0,
    maxMs: 20_000,
    settleMs: 1_000,
  },
];
