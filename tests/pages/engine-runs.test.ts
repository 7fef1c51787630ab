import { afterEach, expect, test } from "vitest";
import { testApp as engineApp } from "~/inngest/engine/test-app.ts";
import { form, testApp } from "../api/app.tsx";
import { testDatabase } from "../database.ts";

// Pages of runs that the engine itself executes, on a clock that moves only when told to.

type Engine = Awaited<ReturnType<typeof engineApp>>;

let running: Engine | undefined;

afterEach(async () => {
  await running?.engine.stop();
});

async function pagesOf(functions: Parameters<typeof engineApp>[0], checkpointing = true) {
  running = await engineApp(functions, { checkpointing, retryIntervalMs: 30_000 });
  const { engine, clock } = running;
  const { db } = await testDatabase();
  const pages = await testApp(db, { engine, clock });
  return {
    ...running,
    request: pages.request,
    /** The words of a run's page; of the newest run unless told otherwise. */
    async wordsOf(id?: string) {
      const newest = await db.engineRun.findFirst({ orderBy: { id: "desc" } });
      const { status, text } = await pages.request(`/runs/${id ?? newest?.id}`);
      expect(status).toBe(200);
      return text
        .replaceAll("<!-- -->", "")
        .replaceAll("&#x27;", "'")
        .replaceAll("&quot;", '"')
        .replace(/<style.*?<\/style>|<[^>]+>/gs, " ")
        .replace(/\s+/g, " ");
    },
    /** Of the only run of a function. */
    idOf: async (functionId: string) =>
      (await db.engineRun.findFirstOrThrow({ where: { functionId } })).id,
  };
}

test.each([true, false])(
  "a failing run's attempts are there as they happen (checkpointing: %s)",
  async (checkpointing) => {
    const app = await pagesOf(
      (client) => [
        client.createFunction(
          { id: "main", triggers: [{ event: "start" }], retries: 2 },
          async ({ step, attempt }) => {
            await step.run("first", () => "fine");
            await step.run("read", () => {
              throw new TypeError(`refusal ${attempt + 1}`);
            });
          },
        ),
      ],
      checkpointing,
    );
    await app.engine.send({ name: "start" });
    await app.engine.drain();
    const once = await app.wordsOf();
    expect(once).toContain("Running Started by: start. Attempt 2 begins in 30 s");
    expect(once).toMatch(/first Step Completed .* read Step Retrying/);
    expect(once).toMatch(/Attempt 1 Failed .*TypeError: refusal 1/);
    expect(once).not.toContain("refusal 2");
    app.clock.advance(30_000);
    await app.engine.drain();
    expect(await app.wordsOf()).toMatch(/Attempt 3 begins.*refusal 1.*refusal 2/);
    app.clock.advance(30_000);
    await app.engine.drain();
    const ended = await app.wordsOf();
    expect(ended).toMatch(/Failed Started by: start\. Took 1 min\. .*Error TypeError: refusal 3/);
    expect(ended).toMatch(/read Step Failed .*Attempt 1 .*Attempt 2 .*Attempt 3 Failed/);
    expect(ended).toMatch(/Function What is outside its steps Failed/);
    expect(ended).not.toMatch(/\bCancel\b/);
  },
);

test("a run that waits in all ways shows what for, goes on, and what came of each", async () => {
  const app = await pagesOf((client) => {
    const child = client.createFunction({ id: "child", triggers: [] }, async ({ step }) => {
      await step.sleep("rest", "1m");
      return { answer: 42 };
    });
    const parent = client.createFunction(
      { id: "main", triggers: [{ event: "start" }], cancelOn: [{ event: "stop" }] },
      async ({ step }) => {
        await Promise.all([
          step.sleep("nap", "5m"),
          step.waitForEvent("paid", { event: "paid", timeout: "10m" }),
          step.waitForEvent("never", { event: "never", timeout: "2m" }),
          step.invoke("ask", { function: child, data: {} }),
          step.run("side", () => ({ done: true })),
        ]);
        return "all";
      },
    );
    return [child, parent];
  });
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  const [parentId, childId] = [await app.idOf("app-main"), await app.idOf("app-child")];
  const waiting = await app.wordsOf(parentId);
  expect(waiting).toMatch(/nap Sleep Waiting .*Asleep; wakes up in 5 min/);
  expect(waiting).toMatch(/paid Wait for an event Waiting .*gives up in 10 min/);
  expect(waiting).toMatch(/ask Invoke a function Waiting .*child \(running\)/);
  expect(waiting).toMatch(/side Step Completed .*Output/);
  expect(waiting).toContain("Cancelled by the event stop");
  expect(await app.wordsOf(childId)).toContain("Invoked by app-main (running)");
  app.clock.advance(60_000);
  await app.engine.send({ name: "paid", data: { amount: 7 } });
  await app.settle(600_000);
  const ended = await app.wordsOf(parentId);
  expect(ended).toMatch(/Completed Started by: start.*Output "all"/);
  expect(ended).toMatch(/nap Sleep Completed after \S+ \S+, took 5 min/);
  expect(ended).toMatch(/paid, until [^:]*:\d\d:\d\d UTC: it came Event .*"amount": 7/);
  expect(ended).toMatch(/never, until [^:]*:\d\d:\d\d UTC: none came/);
  expect(ended).toMatch(/ask Invoke a function Completed .*child \(completed\).*"answer": 42/);
});

test("Rerun starts the same events again, Cancel ends what is under way", async () => {
  const app = await pagesOf((client) => [
    client.createFunction(
      { id: "main", triggers: [{ event: "start" }] },
      async ({ event, step }) => {
        await step.sleep("nap", "1h");
        return event.data;
      },
    ),
  ]);
  await app.engine.send({ name: "start", data: { n: 5 } });
  await app.engine.drain();
  const first = await app.idOf("app-main");
  const cancelled = await app.request(`/runs/${first}`, form({ intent: "cancel" }));
  expect(cancelled.headers.get("location")).toBe(`/runs/${first}`);
  expect(await app.wordsOf(first)).toMatch(/Cancelled Started by: start.*nap Sleep Incomplete/);
  const again = await app.request(`/runs/${first}`, form({ intent: "cancel" }));
  expect(again.status).toBe(409);
  const rerun = await app.request(`/runs/${first}`, form({ intent: "rerun" }));
  const second = rerun.headers.get("location") ?? "";
  expect(second).toMatch(/^\/runs\/[0-9A-Z]{26}$/);
  await app.settle(3_600_000);
  const words = await app.wordsOf(second.slice("/runs/".length));
  expect(words).toMatch(/Completed .*Output \{ "n": 5 \}.*Repeats app-main \(cancelled\)/);
  expect(await app.wordsOf(first)).toMatch(/Repeated by …\w{6} \(completed\)/);
});
