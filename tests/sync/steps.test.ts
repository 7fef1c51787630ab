import { afterEach, expect, test, vi } from "vitest";
import { demoRig, type Rig } from "./demo-rig.ts";

vi.setConfig({ testTimeout: 90_000 });

let rig: Rig;
afterEach(() => rig.close());

const FIGURES = ["requests", "pages", "fetched", "created", "updated", "duplicate", "quarantined"];

/** The newest run of a job with its steps. */
async function runOf(
  type: "markets" | "whales" | "discovery" | "stats" | "cleanup",
  trigger?: "manual",
) {
  return rig.db.syncLog.findFirstOrThrow({
    where: { type, trigger },
    orderBy: { id: "desc" },
    include: { parts: true, quarantinedRows: true },
  });
}

function expectSums(run: Awaited<ReturnType<typeof runOf>>) {
  const sumOf = (name: string) =>
    run.parts.reduce((sum, part) => sum + Number(Reflect.get(part, name)), 0);
  for (const name of FIGURES) expect(sumOf(name), name).toBe(Reflect.get(run, name));
}

test("every job shows its steps with start, end, pages and requests, which add up to the run", async () => {
  rig = await demoRig();
  await rig.run("sync/discovery.requested", { trigger: "start" });
  await rig.run("sync/markets.requested", { trigger: "manual" });
  await rig.run("stats/compute.requested", { trigger: "manual" });
  await rig.run("cleanup/requested", { trigger: "manual" });
  for (const type of ["markets", "whales", "discovery", "stats", "cleanup"] as const) {
    const run = await runOf(type);
    expect(run.parts.length, type).toBeGreaterThan(0);
    for (const part of run.parts) {
      expect(part).toMatchObject({ status: "completed", errorCode: null });
      expect(part.startedAt?.getTime()).toBeGreaterThanOrEqual(run.startedAt.getTime());
      expect(part.finishedAt?.getTime()).toBeGreaterThanOrEqual(part.startedAt?.getTime() ?? 0);
    }
    expectSums(run);
  }
  const whales = await runOf("whales");
  const stored = await rig.db.trade.count();
  expect(whales).toMatchObject({ partsTotal: 4, partsDone: 4, created: stored });
  expect(whales.pages).toBeGreaterThanOrEqual(Math.ceil(stored / 20));
  expect(await runOf("discovery")).toMatchObject({ pages: 1, partsTotal: 0, partsDone: 0 });
  const cleanup = await runOf("cleanup");
  expect(cleanup.parts.find(({ key }) => key === "trades-0")?.note).toBe("Removed 0 rows.");
});

test("bad rows name the run that met them last", async () => {
  rig = await demoRig();
  await rig.fault({ kind: "malformed-rows", match: "trades" });
  await rig.run("sync/discovery.requested", { trigger: "start" });
  const first = await runOf("whales");
  expect(first.quarantined).toBeGreaterThan(0);
  expect(first.quarantinedRows).toHaveLength(first.quarantined);
  expect(first.quarantinedRows.every(({ kind }) => kind === "trades")).toBe(true);
  rig.clock.advance(60_000);
  await rig.run("sync/whales.requested", { trigger: "manual", all: true });
  // A row that is bad again moves on to the run that met it last, and none is counted twice.
  const rows = await rig.db.quarantinedRow.findMany({ select: { syncLogId: true } });
  const runs = await rig.db.syncLog.findMany({ select: { id: true, quarantined: true } });
  expect(rows).toHaveLength(runs.reduce((sum, run) => sum + run.quarantined, 0));
  const ids = new Set<number | null>(runs.map(({ id }) => id));
  expect(rows.every(({ syncLogId }) => ids.has(syncLogId))).toBe(true);
});

test("a step that fails for a while says why, and what its attempts cost is counted once", async () => {
  rig = await demoRig();
  await rig.fault({ kind: "server-error", match: "markets" });
  await rig.run("sync/markets.requested", { trigger: "manual" });
  const during = await runOf("markets", "manual");
  expect(during.status).toBe("running");
  expect(during.parts).toMatchObject([
    { key: "opinion-walk-0", status: "running", errorCode: "SERVICE_UNAVAILABLE", pages: 0 },
  ]);
  expect(during.requests).toBe(2);
  expectSums(during);
  await rig.clearFaults();
  rig.clock.advance(61_000);
  await rig.engine.drain();
  const after = await runOf("markets", "manual");
  expect(after).toMatchObject({ status: "completed", id: during.id });
  const [walk] = after.parts;
  expect(walk).toMatchObject({ status: "completed", errorCode: null });
  expect(walk?.startedAt).toEqual(during.parts[0]?.startedAt);
  expectSums(after);
});

test("the step at which a run fails for good is failed with it", async () => {
  rig = await demoRig();
  await rig.fault({ kind: "server-error", match: "markets" });
  await rig.run("sync/markets.requested", { trigger: "manual" });
  for (let retry = 0; retry < 4; retry++) {
    rig.clock.advance(61_000);
    await rig.engine.drain();
  }
  const run = await runOf("markets", "manual");
  expect(run).toMatchObject({ status: "failed", errorCode: "SERVICE_UNAVAILABLE" });
  expect(run.parts).toMatchObject([
    { key: "opinion-walk-0", status: "failed", errorCode: "SERVICE_UNAVAILABLE" },
  ]);
  expectSums(run);
});
