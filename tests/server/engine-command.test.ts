import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Inngest } from "inngest";
import { beforeAll, expect, test, vi } from "vitest";
import { type EngineProcess, enginesOfFile, read, runOf, startApp } from "./engine-process.ts";
import { ask, postJson, waitFor } from "./server-process.ts";

vi.setConfig({ testTimeout: 90_000 });

const engines = enginesOfFile();
/** For the tests that need nothing of their own. */
let shared: EngineProcess;

beforeAll(async () => {
  shared = await engines.start(["--retry-interval", "0.2"]);
}, 90_000);

const send = async (client: Inngest, name: string, data = {}): Promise<string> => {
  const { ids } = await client.send({ name, data });
  return ids[0] ?? "";
};

const threeSteps = (client: Inngest) =>
  client.createFunction(
    { id: "fulfil", triggers: [{ event: `${client.id}/paid` }] },
    async ({ step, event }) => {
      const order = await step.run("load", () => ({ id: event.data.order as string }));
      await step.sleep("settle", "1s");
      const [sent] = await Promise.all([
        step.run("send", () => `sent ${order.id}`),
        step.run("bill", () => true),
      ]);
      return { sent };
    },
  );

test.each([true, false])(
  "an app that registers itself by PUT has its functions executed (checkpointing: %s)",
  async (checkpointing) => {
    const app = await startApp();
    const client = app.serve(shared.url, (own) => [threeSteps(own)], checkpointing);
    expect(await app.register()).toMatchObject({ status: 200 });
    const eventId = await send(client, `${app.id}/paid`, { order: "17" });
    const run = await runOf(shared, eventId);
    expect(run).toMatchObject({
      function_id: `${app.id}-fulfil`,
      event_id: eventId,
      output: { sent: "sent 17" },
    });
    const { steps } = await read(shared, `/v1/runs/${run.run_id}`);
    const byName = Object.fromEntries(
      steps.map((step: { name: string; output: unknown }) => [step.name, step.output]),
    );
    expect(byName).toMatchObject({ load: { id: "17" }, send: "sent 17", bill: true });
    expect(shared.output()).toMatch(new RegExp(`Inngest functions registered .*${app.id}-fulfil`));
    // One for each step found, in place of one for each executed.
    expect(app.calls).toHaveLength(checkpointing ? 5 : 6);
  },
);

test("an app named by --app is registered once it answers, and again when its functions change", async () => {
  const app = await startApp();
  const engine = await engines.start(["--app", app.url]);
  await waitFor(
    async () => engine.output(),
    (text) => text.includes("not registered yet"),
  );
  const one = (client: Inngest) => client.createFunction({ id: "one", triggers: [] }, () => 1);
  const two = (client: Inngest) =>
    client.createFunction({ id: "two", triggers: [{ event: "go" }] }, () => 2);
  const functionsOf = async () =>
    (await (await fetch(`${engine.url}/dev`)).json()).functions.map(({ id }: { id: string }) => id);
  app.serve(engine.url, (client) => [one(client)]);
  await waitFor(functionsOf, (ids) => ids.join() === `${app.id}-one`);
  const client = app.serve(engine.url, (own) => [one(own), two(own)]);
  await waitFor(functionsOf, (ids) => ids.join() === `${app.id}-one,${app.id}-two`);
  expect((await runOf(engine, await send(client, "go"))).output).toBe(2);
  expect(engine.output().match(/not registered yet/g)).toHaveLength(1);
});

test("with --data a sleeping run goes on after a kill -9 and after a stop, and the app is still known", async () => {
  const data = engines.folder();
  const app = await startApp();
  const bodies: string[] = [];
  const functions = (client: Inngest) => [
    client.createFunction({ id: "slow", triggers: [{ event: "go" }] }, async ({ step }) => {
      await step.run("before", () => bodies.push("before"));
      await step.sleep("long", "4s");
      await step.run("middle", () => bodies.push("middle"));
      await step.sleep("again", "4s");
      return step.run("after", () => bodies.push("after"));
    }),
  ];
  const first = await engines.start(["--data", data]);
  const client = app.serve(first.url, functions);
  await app.register();
  const eventId = await send(client, "go");
  const sleeping = (name: string) => async (engine: { url: string }) => {
    const [run] = await read(engine, `/v1/events/${eventId}/runs`);
    const { steps } = await read(engine, `/v1/runs/${run.run_id}`);
    return steps.find((step: { name: string }) => step.name === name)?.status === "Waiting";
  };
  const { port } = new URL(first.url);
  await waitFor(() => sleeping("long")(first), Boolean);
  expect(await first.end("SIGKILL")).toBeNull();

  const second = await engines.start(["--data", data, "--port", port]);
  await waitFor(() => sleeping("again")(second), Boolean);
  expect(await second.end("SIGTERM")).toBe(0);

  const third = await engines.start(["--data", data, "--port", port]);
  expect((await runOf(third, eventId)).output).toBe(3);
  expect(bodies).toEqual(["before", "middle", "after"]);
});

test("a stop lets the call that is being executed end, and its steps count", async () => {
  const data = engines.folder();
  const app = await startApp();
  let entered = 0;
  const first = await engines.start(["--data", data]);
  const client = app.serve(first.url, (own) => [
    own.createFunction({ id: "busy", triggers: [{ event: "go" }] }, async ({ step }) => {
      await step.run("work", async () => {
        entered += 1;
        await new Promise((resolve) => setTimeout(resolve, 1_500));
      });
      return "done";
    }),
  ]);
  await app.register();
  const eventId = await send(client, "go");
  await waitFor(
    async () => entered,
    (times) => times === 1,
  );
  expect(await first.end("SIGINT")).toBe(0);
  const second = await engines.start(["--data", data, "--port", new URL(first.url).port]);
  expect((await runOf(second, eventId)).output).toBe("done");
  expect(entered).toBe(1);
});

test("without --data nothing is left behind", async () => {
  const TMPDIR = engines.folder();
  const engine = await engines.start([], { TMPDIR });
  expect(engine.output()).toContain("gone when it ends; --data DIR keeps them");
  // tsx keeps its own cache there.
  const left = () => readdirSync(TMPDIR).filter((name) => name.startsWith("opinion-scope"));
  expect(left()).toHaveLength(1);
  expect(await engine.end("SIGTERM")).toBe(0);
  expect(left()).toEqual([]);
});

test("--retry-interval replaces the backoff; a run that fails for good is named with its error", async () => {
  const app = await startApp();
  const client = app.serve(shared.url, (own) => [
    own.createFunction(
      { id: "bad", retries: 2, triggers: [{ event: `${own.id}/go` }] },
      async ({ step }) => {
        await step.run("charge", () => {
          throw new Error("card declined");
        });
      },
    ),
  ]);
  await app.register();
  const run = await runOf(shared, await send(client, `${app.id}/go`), ["Failed"]);
  expect(run.output).toMatchObject({ message: "card declined" });
  const { steps } = await read(shared, `/v1/runs/${run.run_id}`);
  expect(steps).toMatchObject([{ name: "charge", status: "Failed", attempts: [{}, {}, {}] }]);
  const starts = steps[0].attempts.map(({ started_at }: { started_at: string }) =>
    Date.parse(started_at),
  );
  expect(starts[2] - starts[0]).toBeGreaterThanOrEqual(400);
  expect(shared.output()).toMatch(
    new RegExp(`warn .*${run.run_id}.*${app.id}-bad.*\\n.*card declined`),
  );
});

test("a sleeping run is cancelled, and run again, over HTTP", async () => {
  const app = await startApp();
  let naps = 0;
  const client = app.serve(shared.url, (own) => [
    own.createFunction({ id: "nap", triggers: [{ event: `${own.id}/go` }] }, async ({ step }) => {
      naps += 1;
      await step.sleep("long", naps === 1 ? "1h" : "1s");
      return "rested";
    }),
  ]);
  await app.register();
  const eventId = await send(client, `${app.id}/go`);
  const { run_id } = await runOf(shared, eventId, ["Running"]);
  const cancelled = await ask(shared.url, { method: "DELETE", path: `/v1/runs/${run_id}` });
  expect([cancelled.status, (await read(shared, `/v1/runs/${run_id}`)).status]).toEqual([
    200,
    "Cancelled",
  ]);
  const again = await ask(shared.url, { method: "POST", path: `/v1/runs/${run_id}/rerun` });
  expect(again.status).toBe(201);
  const run = await runOf(shared, eventId);
  expect(run).toMatchObject({
    run_id: JSON.parse(again.text).data.run_id,
    original_run_id: run_id,
    output: "rested",
  });
});

test("a function that cannot be run is refused, and the SDK says why", async () => {
  const app = await startApp();
  app.serve(shared.url, (own) => [
    own.createFunction({ id: "late", triggers: [{ cron: "@daily" }] }, () => null),
  ]);
  const { status, body } = await app.register();
  expect(status).toBe(400);
  expect(body.message).toMatch(/late.*@daily/s);
});

test("other sites' pages and other names are refused; programs are not", async () => {
  const event = postJson("/e/key", { name: "hello" });
  const posted = await ask(shared.url, event);
  expect([posted.status, JSON.parse(posted.text).ids]).toEqual([200, [expect.any(String)]]);
  for (const origin of ["http://evil.example", shared.url, "null"]) {
    const { headers } = event;
    const answer = await ask(shared.url, { ...event, headers: { ...headers, origin } });
    expect([origin, answer.status]).toEqual([origin, 403]);
  }
  for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8288"]) {
    const answer = await ask(shared.url, { path: "/v1/events", headers: { host } });
    expect([host, answer.status]).toEqual([host, 403]);
  }
  const local = await ask(shared.url, {
    path: "/v1/events?limit=1",
    headers: { host: "localhost:1" },
  });
  expect([local.status, JSON.parse(local.text).data.length]).toEqual([200, 1]);
  expect((await ask(shared.url, { path: "/v1/nothing" })).status).toBe(404);
  expect((await ask(shared.url, { path: "/" })).text).toContain("POST /e/{key}");
});

test("with --allow-host it listens for other machines, under the given names alone", async () => {
  const engine = await engines.start(["--host", "0.0.0.0", "--allow-host", "Engine.lan"]);
  for (const [host, status] of [
    ["engine.lan:8288", 200],
    ["127.0.0.1", 200],
    ["evil.example", 403],
  ] as const) {
    const answer = await ask(engine.url, { path: "/health", headers: { host } });
    expect([host, answer.status]).toEqual([host, status]);
  }
});

test("every wrong argument is listed, with the usage", async () => {
  const { code, stdout, stderr } = await engines.run(
    "--app localhost:3000 --port 99999 --host 0.0.0.0 --retry-interval soon --verbose extra --data".split(
      " ",
    ),
  );
  expect([code, stdout]).toEqual([1, ""]);
  for (const problem of [
    "- --app localhost:3000 must be a URL such as http://localhost:3000/api/inngest",
    "- --port 99999 must be a port number",
    "- --host 0.0.0.0 can be reached from other machines",
    "- --retry-interval soon must be a number of seconds",
    "- --verbose is not an option",
    '- "extra" belongs to no option',
    "- --data needs a value",
    "Usage: npm run engine -- ",
  ]) {
    expect(stderr).toContain(problem);
  }
  expect(stderr).not.toMatch(/^\s+at /m);
});

test("a taken port and a folder in use are named", async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const port = String((holder.address() as AddressInfo).port);
  const busy = await engines.run(["--port", port]);
  holder.close();
  expect(busy).toMatchObject({ code: 1, stdout: "" });
  expect(busy.stderr.trim()).toMatch(
    new RegExp(`^Port ${port} of 127.0.0.1 is taken by another program.*--port`),
  );

  const data = engines.folder();
  const first = await engines.start(["--data", data]);
  const second = await engines.run(["--data", data, "--port", "0"]);
  expect(second).toMatchObject({ code: 1, stdout: "" });
  expect(second.stderr.trim()).toMatch(new RegExp(`in use by process ${first.pid}\\. .*--data`));
});
