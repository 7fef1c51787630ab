import { NonRetriableError } from "inngest";
import { expect, test } from "vitest";
import { testApp } from "./test-app.ts";

/** Functions that end well, badly and not at all, and one that hears of the ends. */
async function ends(listenTo: string) {
  const heard: { name: string; id: string; data: Record<string, unknown> }[] = [];
  const app = await testApp((client) => [
    client.createFunction({ id: "well", triggers: [{ event: "well" }] }, async () => ({ n: 1 })),
    client.createFunction({ id: "badly", triggers: [{ event: "badly" }] }, async () => {
      throw new NonRetriableError("broken");
    }),
    client.createFunction({ id: "open", triggers: [{ event: "open" }] }, async ({ step }) => {
      await step.sleep("long", "1h");
    }),
    client.createFunction(
      { id: "listener", triggers: [{ event: listenTo }] },
      async ({ event }) => {
        heard.push({ name: event.name, id: String(event.id), data: event.data });
      },
    ),
  ]);
  return { app, heard };
}

test("every end of a run is told to whoever listens, and those ends are told to nobody", async () => {
  const { app, heard } = await ends("inngest/function.*");
  await app.engine.send({ name: "well", data: { x: 1 }, id: "w-1" });
  await app.engine.drain();
  expect(heard).toMatchObject([
    {
      name: "inngest/function.finished",
      data: {
        function_id: "app-well",
        event: { name: "well", data: { x: 1 }, id: "w-1" },
        events: [{ name: "well" }],
        result: { n: 1 },
        _inngest: { status: "Completed" },
      },
    },
  ]);
  heard.length = 0;

  await app.engine.send({ name: "badly" });
  await app.engine.drain();
  const [bad] = await app.runs("app-badly");
  expect(heard.map(({ name }) => name).sort()).toEqual([
    "inngest/function.failed",
    "inngest/function.finished",
  ]);
  expect(heard.find(({ name }) => name === "inngest/function.failed")).toMatchObject({
    id: bad?.id,
    data: { run_id: bad?.id, error: { message: "broken" }, _inngest: { status: "Failed" } },
  });
  heard.length = 0;

  await app.engine.send({ name: "open" });
  await app.engine.drain();
  const [open] = await app.runs("app-open");
  await app.engine.cancel(open?.id ?? "");
  await app.engine.drain();
  expect(heard.map(({ name }) => name).sort()).toEqual([
    "inngest/function.cancelled",
    "inngest/function.finished",
  ]);
  expect(await app.runs("app-listener")).toHaveLength(5);
});

test("an end that nobody listens to is not listed among the events, one that started a run is", async () => {
  const { app } = await ends("inngest/function.failed");
  await app.engine.send([{ name: "well" }, { name: "badly" }]);
  await app.engine.drain();
  const { rows } = await app.pool.query("SELECT name FROM engine.event ORDER BY name");
  expect(rows.map(({ name }) => name)).toEqual(["badly", "inngest/function.failed", "well"]);
  const { rows: links } = await app.pool.query(
    `SELECT r.function_id FROM engine.run_event e JOIN engine.run r ON r.id = e.run_id
     JOIN engine.event v ON v.id = e.event_id WHERE v.name = 'inngest/function.failed'`,
  );
  expect(links).toEqual([{ function_id: "app-listener" }]);
});

test("a run may wait for the end of another", async () => {
  const app = await testApp((client) => [
    client.createFunction({ id: "watched", triggers: [{ event: "go" }] }, async () => "result"),
    client.createFunction({ id: "watcher", triggers: [{ event: "start" }] }, async ({ step }) => {
      const end = await step.waitForEvent("end", {
        event: "inngest/function.finished",
        timeout: "1h",
        if: "async.data.function_id == 'app-watched'",
      });
      return end?.data.result;
    }),
  ]);
  await app.engine.send({ name: "start" });
  await app.engine.drain();
  await app.engine.send({ name: "go" });
  await app.engine.drain();
  expect(await app.runs("app-watcher")).toMatchObject([{ status: "completed", output: "result" }]);
});
