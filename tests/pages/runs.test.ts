import { beforeEach, describe, expect, test } from "vitest";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { form, NOW, testApp } from "../api/app.tsx";
import { seedAttempt, seedJob, seedRun, seedStep } from "../api/seed-runs.ts";
import { testDatabase } from "../database.ts";
import { wordsOf } from "./words.ts";

let db: PrismaClient;

beforeEach(async () => {
  const database = await testDatabase();
  await database.reset();
  db = database.db;
});

type App = Awaited<ReturnType<typeof testApp>>;

const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);
const failure = (message: string) =>
  JSON.stringify({
    name: "TypeError",
    message,
    stack: `TypeError: ${message}\n    at the/stack.ts:1`,
  });

async function textOf(path: string, app?: App) {
  const { status, text } = await (app ?? (await testApp(db))).request(path);
  expect(status, path).toBe(200);
  return wordsOf(text);
}

describe("the list", () => {
  test("shows each run with its function, what started it, its length, its steps and its error", async () => {
    await seedRun(db, { createdAt: at(-60), endedAt: at(-58), stepCount: 3 });
    await seedRun(db, {
      createdAt: at(-50),
      endedAt: at(-45),
      functionId: "opinion-scope-sync-markets",
      eventName: "inngest/scheduled.timer",
      status: "failed",
      error: failure("the venue is <gone>"),
    });
    await seedRun(db, { createdAt: at(-40), startedAt: null, status: "cancelled" });
    const text = await textOf("/runs");
    expect(text).toContain("sync-whale sync/whale.requested Completed 2026-03-01 11:59Z 2.0 s 3");
    expect(text).toContain(
      "Schedule TypeError: the venue is &lt;gone&gt; Failed 2026-03-01 11:59Z 5.0 s 0 TypeError: the venue is &lt;gone&gt;",
    );
    expect(text).toContain("Cancelled 2026-03-01 11:59Z — it never began 0");
    expect(text).toContain("Completed runs are kept for 2 hours, failed and cancelled ones for 7");
  });

  test("says of a run that is under way what it does or waits for", async () => {
    const open = async (job: Partial<Parameters<typeof seedJob>[1]>, status = "running") => {
      const runId = await seedRun(db, { createdAt: at(-30), status, pending: 2 });
      await seedJob(db, { runId, dueAt: at(20), ...job });
    };
    await open({ state: "claimed", claimedAt: at(-4), dueAt: at(26) });
    await open({ state: "waiting", attempt: 1 });
    await open({ state: "blocked", blockedOn: "fn opinion-scope-sync-whale 0 key-7" });
    await open({ kind: "sleep", state: "waiting", stepId: "s" });
    await open({ state: "waiting", throttleKey: "t", rankAt: at(-30) }, "queued");
    const text = await textOf("/runs");
    expect(text).toContain("Running 2026-03-01 12:00Z 30.0 s 0 2 open Executing; began 4 s ago");
    expect(text).toContain("Attempt 2 begins in 20 s");
    expect(text).toContain("Held back by its concurrency limit for key-7: others are executing");
    expect(text).toContain("Asleep; wakes up in 20 s");
    expect(text).toContain("Queued 2026-03-01 12:00Z 30.0 s 0 2 open Held back by a throttle");
  });

  test("is narrowed by function, status and time, and the address holds it", async () => {
    const ids = [
      await seedRun(db, { createdAt: at(-10), status: "failed", error: "{}" }),
      await seedRun(db, { createdAt: at(-20), functionId: "opinion-scope-cleanup" }),
      await seedRun(db, { createdAt: at(-7_000), status: "failed", error: "{}" }),
    ];
    const app = await testApp(db);
    const found = async (query: string) => {
      const { text } = await app.request(`/runs?${query}`);
      const links = [...text.matchAll(/href="\/runs\/([0-9A-Z]{26})"/g)];
      return links.map(([, id]) => ids.indexOf(id ?? ""));
    };
    expect(await found("")).toEqual([0, 1, 2]);
    expect(await found("status=failed")).toEqual([0, 2]);
    expect(await found("function=opinion-scope-cleanup")).toEqual([1]);
    expect(await found("window=1h")).toEqual([0, 1]);
    expect(await found("window=1h&status=failed&function=opinion-scope-sync-whale")).toEqual([0]);
    expect(await found("function=&status=")).toEqual([0, 1, 2]);
    const { text } = await app.request("/runs?function=gone");
    expect(wordsOf(text)).toContain("No run matches");
    expect(text).toMatch(/<option value="gone"/);
    expect(text).toMatch(/<option value="opinion-scope-cleanup"[^>]*>cleanup</);
    for (const wrong of ["status=asleep", "window=30d", "cursor=W10", "page=2"]) {
      expect([wrong, (await app.request(`/runs?${wrong}`)).status]).toEqual([wrong, 400]);
    }
  });

  test("goes on to older runs, each once", async () => {
    for (let n = 0; n < 60; n++) await seedRun(db, { createdAt: at(-n) });
    const app = await testApp(db);
    const first = await app.request("/runs?status=completed");
    expect(first.text.match(/data-row/g)).toHaveLength(50);
    const next = /href="[^"]*(\?[^"]*cursor=[^"]+)"/
      .exec(first.text)?.[1]
      ?.replaceAll("&amp;", "&");
    expect(next).toContain("status=completed");
    const older = await app.request(`/runs${next}`);
    expect(older.text.match(/data-row/g)).toHaveLength(10);
    expect(older.text).toContain("Newest");
  });

  test("without a run says when one comes", async () => {
    expect(await textOf("/runs")).toContain("No run is kept A run turns up here when an event");
  });
});

describe("a run", () => {
  test("shows its steps in the order they began, with every attempt and its error", async () => {
    const runId = await seedRun(db, {
      createdAt: at(-60),
      startedAt: at(-59),
      endedAt: at(-20),
      output: '{"fetched":12}',
      stepCount: 2,
    });
    await seedStep(db, {
      runId,
      name: "write",
      position: 1,
      memo: '{"data":{"rows":[1,2]}}',
      createdAt: at(-30),
      endedAt: at(-29),
    });
    await seedStep(db, { runId, name: "read", memo: '{"data":null}', endedAt: at(-38) });
    for (const [number, seconds] of [-58, -40].entries()) {
      await seedAttempt(db, {
        runId,
        name: "read",
        number,
        startedAt: at(seconds),
        endedAt: at(seconds + 2),
        ...(number === 0 && { status: "failed", error: failure("no answer") }),
      });
    }
    const { status, text: html } = await (await testApp(db)).request(`/runs/${runId}`);
    expect(status).toBe(200);
    const text = wordsOf(html);
    expect(text).toContain("Run of sync-whale");
    expect(text).toContain("Completed Started by: sync/whale.requested. Took 39.0 s.");
    expect(text).toContain("read Step Completed after 2.0 s, took 20.0 s");
    expect(text).toContain(
      "Attempt 1 Failed after 2.0 s, took 2.0 s TypeError: no answer Stack TypeError: no answer at the/stack.ts:1 " +
        "Attempt 2 Completed after 20.0 s, took 2.0 s",
    );
    expect(text).toContain("write Step Completed after 30.0 s, took 1.0 s Output 14 B");
    expect(text.indexOf("read Step")).toBeLessThan(text.indexOf("write Step"));
    expect(text).toContain('Output { "fetched": 12 }');
    expect(text).toContain(
      'Trigger event { "name": "sync/whale.requested", "data": { "whaleId": 7 } }',
    );
    expect(text).toContain("Began 2026-03-01 11:59:31 UTC (after 1.0 s)");
    expect(html).not.toMatch(/>Cancel</);
  });

  test("that fails again and again shows its attempts before it has ended, and when the next comes", async () => {
    const runId = await seedRun(db, { createdAt: at(-60), status: "running" });
    await seedAttempt(db, {
      runId,
      name: "read",
      status: "failed",
      startedAt: at(-50),
      error: failure("first"),
    });
    await seedAttempt(db, {
      runId,
      name: "read",
      status: "interrupted",
      number: 1,
      startedAt: at(-30),
    });
    await seedAttempt(db, {
      runId,
      name: "read",
      status: "failed",
      number: 1,
      startedAt: at(-10),
      error: failure("second"),
    });
    await seedJob(db, { runId, attempt: 2, state: "waiting", dueAt: at(40) });
    const text = await textOf(`/runs/${runId}`);
    expect(text).toContain("read Step Retrying after 10.0 s Attempt 3 begins in 40 s");
    expect(text).toMatch(/Attempt 1 Failed .*first.* Attempt 2 Interrupted .*does not count/);
    expect(text).toMatch(/made again\. Attempt 2 Failed .*TypeError: second/);
    expect(text).toContain("Rerun Cancel");
  });

  test("has its attempts in the order they were made, however many there are", async () => {
    const runId = await seedRun(db, { createdAt: at(-60), endedAt: at(-1), status: "failed" });
    for (let number = 0; number < 12; number++) {
      const startedAt = at(number - 50);
      await seedAttempt(db, { runId, name: "read", number, status: "failed", startedAt });
    }
    const shown = (await textOf(`/runs/${runId}`)).match(/Attempt \d+/g);
    expect(shown).toEqual(Array.from({ length: 12 }, (_, n) => `Attempt ${n + 1}`));
  });

  test("says what is executing now, what sleeps, what waits for what, and until when", async () => {
    const runId = await seedRun(db, { createdAt: at(-60), status: "running", pending: 4 });
    const open = { runId, position: null, createdAt: at(-50) };
    const childId = await seedRun(db, { createdAt: at(-50), functionId: "opinion-scope-child" });
    await seedStep(db, { ...open, name: "planned", op: "StepPlanned" });
    await seedStep(db, {
      ...open,
      name: "nap",
      op: "Sleep",
      details: JSON.stringify({ until: at(90) }),
    });
    await seedStep(db, {
      ...open,
      name: "paid",
      op: "WaitForEvent",
      details: JSON.stringify({ event: "shop/paid", until: at(600) }),
    });
    await seedStep(db, {
      ...open,
      name: "ask",
      op: "InvokeFunction",
      details: JSON.stringify({ functionId: "opinion-scope-child", runId: childId }),
    });
    const job = { runId, state: "waiting" };
    await seedJob(db, {
      ...job,
      state: "claimed",
      stepId: "id-of-planned",
      claimedAt: at(-5),
      dueAt: at(25),
    });
    await seedJob(db, { ...job, kind: "sleep", stepId: "id-of-nap", dueAt: at(90) });
    await seedJob(db, { ...job, kind: "wait", stepId: "id-of-paid", dueAt: at(600) });
    await seedJob(db, { ...job, kind: "timeout", stepId: "timeout:finish", dueAt: at(700) });
    await db.enginePause.create({ data: { runId, eventName: "shop/gone" } });
    const { text: html } = await (await testApp(db)).request(`/runs/${runId}`);
    const text = wordsOf(html);
    expect(text).toContain("planned Step Running after 10.0 s Executing; began 5 s ago");
    expect(text).toContain(
      "nap Sleep Waiting after 10.0 s Until 2026-03-01 12:02:00 UTC Asleep; wakes up in 1 min",
    );
    expect(text).toContain(
      "paid Wait for an event Waiting after 10.0 s shop/paid, until 2026-03-01 12:10:30 UTC Waits for an event; gives up in 10 min",
    );
    expect(text).toContain(
      "ask Invoke a function Waiting after 10.0 s child (completed) Waits for the run it invoked",
    );
    expect(html).toContain(`href="/runs/${childId}"`);
    expect(text).toContain("Cancelled by the event shop/gone");
    expect(text).toContain("Cancelled unless ended by 2026-03-01 12:12:10 UTC");
  });

  test("shows how waits ended and how steps failed for good", async () => {
    const runId = await seedRun(db, {
      createdAt: at(-60),
      endedAt: at(-1),
      status: "failed",
      error: failure("gave up"),
    });
    const done = { runId, createdAt: at(-50), endedAt: at(-40) };
    const details = JSON.stringify({ event: "shop/paid" });
    await seedStep(db, {
      ...done,
      name: "came",
      op: "WaitForEvent",
      details,
      memo: '{"name":"shop/paid"}',
    });
    await seedStep(db, {
      ...done,
      name: "never",
      op: "WaitForEvent",
      details,
      memo: "null",
      position: 1,
    });
    await seedStep(db, {
      ...done,
      name: "broke",
      memo: `{"error":${failure("for good")}}`,
      position: 2,
    });
    await seedAttempt(db, {
      runId,
      name: "sync-whale",
      stepId: "step",
      status: "failed",
      startedAt: at(-2),
      error: failure("gave up"),
    });
    const text = await textOf(`/runs/${runId}`);
    expect(text).toMatch(/Error TypeError: gave up Stack/);
    expect(text).toContain("shop/paid: it came Event");
    expect(text).toContain("shop/paid: none came");
    expect(text).toContain("broke Step Failed after 10.0 s, took 10.0 s TypeError: for good");
    expect(text).toMatch(/Function What is outside its steps Failed .* Attempt 1 Failed/);
  });

  test("links to the run that invoked it, the one it repeats and those that repeat it", async () => {
    const parent = await seedRun(db, { createdAt: at(-90), functionId: "opinion-scope-parent" });
    const original = await seedRun(db, { createdAt: at(-80), status: "failed" });
    const gone = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const id = await seedRun(db, {
      createdAt: at(-70),
      parentRunId: parent,
      originalRunId: original,
    });
    const app = await testApp(db);
    const { text } = await app.request(`/runs/${id}`);
    expect(wordsOf(text)).toContain("Invoked by parent (completed)");
    expect(wordsOf(text)).toContain("Repeats sync-whale (failed)");
    expect(text).toContain(`href="/runs/${parent}"`);
    expect(wordsOf((await app.request(`/runs/${original}`)).text)).toContain(
      `Repeated by …${id.slice(-6)} (completed)`,
    );
    const events = JSON.stringify([
      { name: "inngest/function.failed", data: { run_id: original } },
    ]);
    const told = await seedRun(db, {
      createdAt: at(-70),
      eventName: "inngest/function.failed",
      events,
    });
    expect(await textOf(`/runs/${told}`, app)).toContain(
      "Started by the end of sync-whale (failed)",
    );
    const orphan = await seedRun(db, { createdAt: at(-60), parentRunId: gone });
    expect(await textOf(`/runs/${orphan}`, app)).toContain(
      `Invoked by A run past its time (${gone})`,
    );
  });

  test("cuts long texts off, and the whole is an address away", async () => {
    const long = JSON.stringify({ text: "x".repeat(30_000) });
    const runId = await seedRun(db, { createdAt: at(-60), output: long, error: null });
    await seedStep(db, { runId, name: "big", memo: `{"data":${long}}`, endedAt: at(-1) });
    await seedAttempt(db, {
      runId,
      name: "big",
      status: "failed",
      startedAt: at(-9),
      error: failure("y".repeat(9_000)),
    });
    const app = await testApp(db);
    const { text } = await app.request(`/runs/${runId}`);
    expect(text.length).toBeLessThan(80_000);
    expect(wordsOf(text)).toContain("The beginning of 30.0 kB. The whole");
    expect(wordsOf(text)).toContain("TypeError: yyyy");
    const whole = [...text.matchAll(/href="(\/runs\/[^"]*json[^"]*)"/g)].map(([, path]) =>
      (path ?? "").replaceAll("&amp;", "&"),
    );
    const answers = await Promise.all(whole.map((path) => app.request(path)));
    expect(answers.map(({ status }) => status)).toEqual(whole.map(() => 200));
    expect(whole.map((path) => new URL(path, "http://x").searchParams.get("part")).sort()).toEqual([
      "attempt",
      "events",
      "output",
      "step",
    ]);
    expect(answers.map(({ text: body }) => body)).toContain(long);
    expect(answers[0]?.headers.get("content-type")).toContain("application/json");
  });

  test("has its steps on pages where they are many", async () => {
    const runId = await seedRun(db, { createdAt: at(-60), stepCount: 60 });
    await db.engineStep.createMany({
      data: Array.from({ length: 60 }, (_, n) => ({
        runId,
        stepId: `s${n}`,
        op: "StepRun",
        name: `part ${n}`,
        position: n,
        createdAt: at(-60 + n / 100),
        endedAt: at(-50),
      })),
    });
    const app = await testApp(db);
    const { text } = await app.request(`/runs/${runId}`);
    expect(text.match(/part \d+/g)).toHaveLength(50);
    const next = /href="[^"]*(\?steps=[^"]+)"/.exec(text)?.[1];
    const more = await app.request(`/runs/${runId}${next}`);
    expect(more.text.match(/part \d+/g)?.[0]).toBe("part 50");
    expect(more.text.match(/part \d+/g)).toHaveLength(10);
  });

  test("that is queued says so; one that is not kept is a 404 that says why", async () => {
    const runId = await seedRun(db, { createdAt: at(-5), startedAt: null, status: "queued" });
    const app = await testApp(db);
    const text = await textOf(`/runs/${runId}`, app);
    expect(text).toContain("The run has not begun");
    for (const id of ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "1", "nonsense"]) {
      const answer = await app.request(`/runs/${id}`);
      expect(answer.status).toBe(404);
      expect(answer.text).toContain("completed runs are kept for 2 hours");
      expect((await app.request(`/runs/${id}/json?part=events`)).status).toBe(404);
    }
    expect((await app.request(`/runs/${runId}/json`)).status).toBe(400);
    expect((await app.request(`/runs/${runId}/json?part=output`)).status).toBe(404);
  });
});

describe("a person", () => {
  const engine = { nextRunOf: () => at(3_600) };

  test("reruns a run and is led to the new one", async () => {
    const runId = await seedRun(db, { createdAt: at(-60) });
    const repeated: string[] = [];
    const rerun = async (id: string) => {
      repeated.push(id);
      return "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    };
    const app = await testApp(db, { engine: { ...engine, cancel: async () => true, rerun } });
    const { id } = await db.run.create({
      data: {
        action: "sync-markets",
        idempotencyKey: "click",
        correlationId: runId,
        inngestRunId: runId,
        status: "completed",
        startedAt: at(-60),
        endedAt: at(-60),
        expiresAt: at(-60),
      },
    });
    const answer = await app.request(`/runs/${runId}`, form({ intent: "rerun" }));
    // What is done may be done again, since a person wants it.
    expect(await db.run.findUnique({ where: { id } })).toMatchObject({ released: true });
    expect([answer.status, answer.headers.get("location")]).toEqual([
      302,
      "/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV",
    ]);
    expect(repeated).toEqual([runId]);
    expect(await textOf(`/runs/${runId}`, app)).toContain("Next by its schedule 2026-03-01 13:00");
  });

  test("cancels a run that is under way; what cannot be cancelled or run again, the page says so", async () => {
    const runId = await seedRun(db, { createdAt: at(-60), status: "running" });
    const answers = [true, false];
    const cancel = async () => answers.shift() ?? false;
    const app = await testApp(db, { engine: { ...engine, cancel, rerun: async () => null } });
    const first = await app.request(`/runs/${runId}`, form({ intent: "cancel" }));
    expect([first.status, first.headers.get("location")]).toEqual([302, `/runs/${runId}`]);
    const second = await app.request(`/runs/${runId}`, form({ intent: "cancel" }));
    expect(second.status).toBe(409);
    expect(wordsOf(second.text)).toContain("There is nothing to cancel: the run has ended.");
    expect((await app.request(`/runs/${runId}`, form({ intent: "pause" }))).status).toBe(400);
    const rerun = await app.request(`/runs/${runId}`, form({ intent: "rerun" }));
    expect(rerun.status).toBe(409);
    expect(wordsOf(rerun.text)).toContain("It was not run again: its function is not registered");
    const gone = `/runs/01${"X".repeat(24)}`;
    expect((await app.request(gone, form({ intent: "rerun" }))).status).toBe(404);
  });

  test("who has not signed in can neither rerun nor cancel nor send", async () => {
    const runId = await seedRun(db, { createdAt: at(-60), status: "running" });
    const app = await testApp(db, { environment: { ADMIN_TOKEN: "a-long-enough-token" } });
    const { text } = await app.request(`/runs/${runId}`);
    expect(text.match(/<button[^>]*type="submit"[^>]*disabled=""/g)).toHaveLength(2);
    expect(wordsOf(text)).toContain("Sign in to make changes.");
    expect((await app.request(`/runs/${runId}`, form({ intent: "rerun" }))).status).toBe(401);
    expect((await app.request("/runs/send", form({ intent: "send" }))).status).toBe(401);
  });
});

describe("an event", () => {
  const whale = "/runs/send?event=sync/whale.requested";

  test("is sent from fields made of its schema, and leads to the runs it started", async () => {
    const app = await testApp(db);
    const { text } = await app.request(whale);
    for (const name of ["syncLogId", "whaleId", "rereadNow"]) {
      expect(text).toContain(`name="data.${name}"`);
    }
    const markets = await app.request("/runs/send?event=sync/markets.requested");
    expect(markets.text).toMatch(/<option[^>]*value="replay"/);
    const event = { event: "sync/whale.requested", mode: "fields", id: " mine " };
    const answer = await app.request(
      "/runs/send",
      form({
        ...event,
        intent: "send",
        "data.syncLogId": "3",
        "data.whaleId": "8",
        "data.rereadNow": "true",
      }),
    );
    expect(answer.status).toBe(302);
    expect(app.sent).toEqual([
      { name: event.event, data: { syncLogId: 3, whaleId: 8, rereadNow: true }, id: "mine" },
    ]);
    const location = answer.headers.get("location") ?? "";
    expect(await textOf(location, app)).toContain("No run has come of it");
    const runId = await seedRun(db, { createdAt: NOW, status: "queued" });
    await db.engineRunEvent.create({ data: { eventId: "event-1", runId } });
    const after = await app.request(location);
    expect(wordsOf(after.text)).toContain("The event was accepted");
    expect(after.text).toContain(`href="/runs/${runId}"`);
  });

  test("that does not fit its schema is refused beside the fields, and nothing typed is lost", async () => {
    const app = await testApp(db);
    const answer = await app.request(
      whale,
      form({
        event: "sync/whale.requested",
        intent: "send",
        mode: "fields",
        id: "x".repeat(300),
        "data.syncLogId": "three",
        "data.whaleId": "",
      }),
    );
    expect(answer.status).toBe(400);
    expect(app.sent).toEqual([]);
    expect(answer.text).toContain('value="three"');
    expect(answer.text).toContain(`value="${"x".repeat(300)}"`);
    const text = wordsOf(answer.text);
    expect(text).toMatch(/syncLogId .*must be a number/);
    expect(text).toMatch(/whaleId .*must be filled in/);
    expect(text).toContain("must have at most 200 characters");
    expect((await app.request("/runs/send?event=nothing/known")).status).toBe(400);
  });

  test("can be edited as JSON and back, without losing what was typed", async () => {
    const app = await testApp(db);
    const send = (fields: Record<string, string>) =>
      app.request(whale, form({ event: "sync/whale.requested", ...fields }));
    const asJson = await send({ intent: "switch", mode: "fields", "data.whaleId": "8" });
    expect(asJson.status).toBe(200);
    expect(wordsOf(asJson.text)).toContain('{ "whaleId": 8 }');
    const back = await send({ intent: "switch", mode: "json", text: '{"whaleId": 9}' });
    expect(back.text).toMatch(
      /name="data.whaleId"[^>]*value="9"|value="9"[^>]*name="data.whaleId"/,
    );
    const broken = await send({ intent: "switch", mode: "json", text: "{whaleId" });
    expect(wordsOf(broken.text)).toContain("must be a JSON object");
    expect(broken.text).toContain("{whaleId");
    const more = await send({ intent: "switch", mode: "json", text: '{"other": 1}' });
    expect(wordsOf(more.text)).toContain("no room for all of this");
    const refused = await send({ intent: "send", mode: "json", text: '{"whaleId": "x"}' });
    expect(refused.status).toBe(400);
    expect(wordsOf(refused.text)).toMatch(/whaleId: must be a number/);
    const text = '{"syncLogId":1,"whaleId":2,"rereadNow":false,"more":"kept"}';
    expect((await send({ intent: "send", mode: "json", text })).status).toBe(302);
    expect(app.sent).toEqual([{ name: "sync/whale.requested", data: JSON.parse(text) }]);
  });

  test("of a run is the form's beginning, to be sent changed", async () => {
    const runId = await seedRun(db, { createdAt: at(-60) });
    const app = await testApp(db);
    const { text } = await app.request(`/runs/${runId}`);
    const link = /href="(\/runs\/send[^"]*)"/.exec(text)?.[1]?.replaceAll("&amp;", "&");
    expect((await app.request(link ?? "")).text).toMatch(/value="7"/);
    const schedule = await seedRun(db, {
      createdAt: at(-60),
      eventName: "inngest/scheduled.timer",
    });
    expect(await textOf(`/runs/${schedule}`, app)).not.toContain("Send its event");
  });
});

describe("with an Inngest server in use", () => {
  test.each([
    [{ INNGEST_BASE_URL: "https://inngest.example/" }, "https://inngest.example"],
    [{ INNGEST_DEV: "1" }, "http://localhost:8288"],
    [{ INNGEST_DEV: "http://10.0.0.2:9000" }, "http://10.0.0.2:9000"],
    [{ INNGEST_EVENT_KEY: "k" }, "https://app.inngest.com"],
  ])("%o the pages say so and link to its dashboard", async (environment, dashboard) => {
    const app = await testApp(db, {
      environment: environment as Record<string, string>,
      engine: null,
    });
    for (const path of ["/runs", "/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV"]) {
      const { status, text } = await app.request(path);
      expect([path, status]).toEqual([path, 200]);
      expect(wordsOf(text)).toContain("An Inngest server does the work");
      expect(text).toContain(`href="${dashboard}"`);
      expect(text).not.toContain("<table");
    }
    const answer = await app.request("/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV", form({ intent: "rerun" }));
    expect(answer.status).toBe(409);
    const fields = { event: "cleanup/requested", mode: "fields", "data.trigger": "manual" };
    const sent = await app.request("/runs/send", form({ ...fields, intent: "send" }));
    expect(app.sent).toHaveLength(1);
    const after = await app.request(sent.headers.get("location") ?? "");
    expect(after.text).toContain(`href="${dashboard}"`);
  });
});
