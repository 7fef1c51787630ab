import { afterEach, describe, expect, test, vi } from "vitest";
import { releaseRun } from "~/reliability/idempotency.server.ts";
import { demoRig, type Rig } from "./demo-rig.ts";
import { runIdOf, servedRun } from "./inngest-server.ts";

vi.setConfig({ testTimeout: 90_000 });

let rig: Rig;
afterEach(() => rig.close());

const marketsEvent = {
  id: "click-1",
  name: "sync/markets.requested",
  data: { trigger: "manual" },
};
const tick = {
  id: "2100-03-01T12:05:00Z",
  name: "inngest/scheduled.timer",
  data: { cron: "*/5 * * * *" },
};

/** Requests that the venue has been sent. */
const asked = () => rig.venue.world.requests().total;
const runsOf = (action: string) =>
  rig.db.run.findMany({ where: { action }, orderBy: { id: "asc" } });

describe("with the calls that an Inngest server makes", () => {
  const served = (event: typeof marketsEvent | typeof tick, run: string) =>
    servedRun(rig.serve, { functionId: "sync-markets", runId: runIdOf(run), event });

  test.each([
    ["an event", marketsEvent],
    ["a tick of the schedule", tick],
  ])("%s that is delivered as two runs is worked once", async (_, event) => {
    rig = await demoRig();
    const first = served(event, "first");
    const second = served(event, "second");
    // Both begin at the same moment; which of them gets the work does not matter.
    const begun = await Promise.all([first.call(), second.call()]);
    first.keep(begun[0]);
    second.keep(begun[1]);
    const results = [await first.finish(), await second.finish()];
    const requests = asked();
    const [run, ...others] = await runsOf("sync-markets");
    expect(others).toEqual([]);
    expect(run).toMatchObject({ status: "completed", idempotencyKey: event.id });
    expect(results).toContainEqual({ duplicateOf: run?.inngestRunId });
    expect(results).toContainEqual({ syncLogId: expect.any(Number) });
    const trigger = event === tick ? "cron" : "manual";
    expect(await rig.db.syncLog.findMany()).toMatchObject([{ status: "completed", trigger }]);
    // A third delivery, long after the work is done.
    expect(await served(event, "third").finish()).toEqual({ duplicateOf: run?.inngestRunId });
    expect(asked()).toBe(requests);
  });

  test("a step whose answer is lost is executed again and counts once", async () => {
    rig = await demoRig();
    const run = served(marketsEvent, "first");
    for (let done = false; !done; ) {
      await run.call();
      const called = await run.call();
      run.keep(called);
      done = called.status !== 206;
    }
    const markets = await rig.db.market.count();
    expect(await rig.db.syncLog.findMany()).toMatchObject([
      { status: "completed", created: markets },
    ]);
    expect(await runsOf("sync-markets")).toMatchObject([{ status: "completed" }]);
  });

  test("a step that is executed twice at the same moment is one step of one sync", async () => {
    rig = await demoRig();
    const run = served(marketsEvent, "first");
    for (let done = false; !done; ) {
      const [called] = await Promise.all([run.call(), run.call()]);
      if (called) run.keep(called);
      done = called?.status !== 206;
    }
    expect(await rig.db.market.count()).toBeGreaterThan(0);
    const [sync, ...others] = await rig.db.syncLog.findMany({ include: { parts: true } });
    expect(others).toEqual([]);
    expect(sync).toMatchObject({ status: "completed", partsFailed: 0 });
    const requests = sync?.parts.reduce((sum, part) => sum + part.requests, 0);
    expect(sync?.requests).toBe(requests);
    expect(await runsOf("sync-markets")).toMatchObject([{ status: "completed" }]);
  });

  test("a delivery after one that failed for good does the work, although its failure has not been recorded yet", async () => {
    rig = await demoRig();
    await rig.fault({ kind: "geo" });
    const failed = (await served(marketsEvent, "first").finish()) as { message: string };
    expect(failed.message).toContain("Invalid area");
    await rig.clearFaults();
    const done = (await served(marketsEvent, "second").finish()) as { syncLogId: number };
    const [first, second] = await runsOf("sync-markets");
    expect(first).toMatchObject({ status: "failed", errorCode: "UNAUTHORIZED" });
    expect(second).toMatchObject({ status: "completed", previousId: first?.id });
    const sync = await rig.db.syncLog.findUnique({ where: { id: done.syncLogId } });
    expect(sync).toMatchObject({ trigger: "replay", status: "completed" });
  });

  /** A run that an Inngest server begins at a later step of one that failed: with the results of the steps before. */
  async function failedAndFromStep(event: typeof marketsEvent) {
    rig = await demoRig();
    await rig.fault({ kind: "geo" });
    const first = served(event, "first");
    const again = served(event, "again");
    for (let called = await first.call(); called.status === 206; called = await first.call()) {
      first.keep(called);
      const failed = called.ops.some(({ op }) => op === "StepFailed");
      if (!failed && called.ops.every(({ displayName }) => displayName !== "give-up")) {
        again.keep(called);
      }
    }
    await servedRun(rig.serve, {
      functionId: "record-failure",
      runId: runIdOf("record"),
      event: {
        id: runIdOf("first"),
        name: "inngest/function.failed",
        data: {
          function_id: "opinion-scope-sync-markets",
          run_id: runIdOf("first"),
          error: { name: "UNAUTHORIZED", message: "Invalid area" },
          event,
        },
      },
    }).finish();
    await rig.clearFaults();
    return again;
  }

  test("a rerun from a later step does the work under its own name, and its letter is replayed", async () => {
    const again = await failedAndFromStep(marketsEvent);
    expect(await rig.db.deadLetter.findFirst()).toMatchObject({ status: "open" });
    await again.finish();
    const [first, second, ...others] = await runsOf("sync-markets");
    expect(others).toEqual([]);
    expect(second).toMatchObject({
      status: "completed",
      inngestRunId: runIdOf("again"),
      previousId: first?.id,
    });
    expect(await rig.db.deadLetter.findFirst()).toMatchObject({
      status: "replayed",
      replayRunId: runIdOf("again"),
    });
  });

  test("a rerun from a later step does nothing once another run has done the work", async () => {
    const again = await failedAndFromStep(marketsEvent);
    await served(marketsEvent, "other").finish();
    const requests = asked();
    expect(await again.finish()).toEqual({ duplicateOf: runIdOf("other") });
    expect(asked()).toBe(requests);
  });

  test("a letter that was discarded while its work was done again is replayed by whoever asks for it next", async () => {
    await failedAndFromStep(marketsEvent);
    await rig.db.deadLetter.updateMany({ data: { status: "discarded" } });
    await served(marketsEvent, "second").finish();
    await rig.db.deadLetter.updateMany({ data: { status: "open" } });
    expect(await served(marketsEvent, "third").finish()).toEqual({
      duplicateOf: runIdOf("second"),
    });
    expect(await rig.db.deadLetter.findFirst()).toMatchObject({
      status: "replayed",
      replayRunId: runIdOf("second"),
    });
  });

  test("one process is told of the work that another one does", async () => {
    rig = await demoRig();
    const first = served(marketsEvent, "first");
    first.keep(await first.call());
    expect(await served(marketsEvent, "second").finish()).toEqual({
      duplicateOf: runIdOf("first"),
    });
    expect(asked()).toBe(0);
  });
});

describe("on the embedded engine", () => {
  test("an event that is sent twice is worked once", async () => {
    rig = await demoRig();
    await rig.send(marketsEvent);
    const requests = asked();
    await rig.send(marketsEvent);
    expect(asked()).toBe(requests);
    expect(await runsOf("sync-markets")).toHaveLength(1);
  });

  test("a rerun of what is done does nothing, unless a person wants it done again", async () => {
    rig = await demoRig();
    await rig.send(marketsEvent);
    const [first] = await runsOf("sync-markets");
    const requests = asked();
    await rig.engine.rerun(String(first?.inngestRunId));
    await rig.engine.drain();
    expect(asked()).toBe(requests);
    await releaseRun(rig.db, String(first?.inngestRunId));
    const again = await rig.engine.rerun(String(first?.inngestRunId));
    await rig.engine.drain();
    expect(asked()).toBeGreaterThan(requests);
    expect(await runsOf("sync-markets")).toMatchObject([
      { status: "completed", released: true },
      { status: "completed", inngestRunId: again, previousId: first?.id },
    ]);
    expect(await rig.db.syncLog.findMany({ orderBy: { id: "asc" } })).toMatchObject([
      { trigger: "manual", status: "completed" },
      { trigger: "replay", status: "completed" },
    ]);
  });

  test("everything that one cause led to has its correlation id, and what was done is told by attempts", async () => {
    rig = await demoRig();
    await rig.send({ name: "sync/discovery.requested", data: { trigger: "start" }, id: "start-1" });
    const [cause] = await runsOf("discover-whales");
    const correlationId = String(cause?.inngestRunId);
    const caused = await rig.db.run.findMany({ where: { correlationId }, orderBy: { id: "asc" } });
    const whales = await rig.db.whale.findMany({ where: { followed: true } });
    const reads = caused.filter(({ action }) => action === "sync-whale");
    expect(reads.map(({ subject }) => subject).sort()).toEqual(
      whales.map(({ id }) => String(id)).sort(),
    );
    expect(caused.every(({ status }) => status === "completed")).toBe(true);
    const syncs = await rig.db.syncLog.findMany({ where: { correlationId } });
    expect(syncs.map(({ type }) => type)).toEqual(["discovery", "whales"]);
    const attempts = await rig.db.runAttempt.findMany({
      where: { runId: reads[0]?.id },
      orderBy: { id: "asc" },
    });
    const steps = attempts.filter(({ request }) => request === null);
    expect(steps.map(({ step, number, status }) => [step, number, status])).toEqual(
      steps.map((_, n) => [`read-${n}`, 1, "success"]),
    );
    const pages = attempts.filter(({ request }) => request !== null);
    expect(pages.length).toBeGreaterThan(0);
    expect(pages.every(({ request }) => request?.startsWith("GET /"))).toBe(true);
  });
});
