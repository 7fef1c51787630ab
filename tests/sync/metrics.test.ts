import { afterAll, beforeAll, expect, test } from "vitest";
import { createMetrics } from "~/lib/metrics.server.ts";
import { parseMetrics } from "../api/metrics-text.ts";
import { demoRig, type Rig } from "./demo-rig.ts";

const metrics = createMetrics();
let rig: Rig;
let refused = false;

beforeAll(async () => {
  const intercept = () => (refused ? new Response("gone", { status: 404 }) : null);
  rig = await demoRig({ intercept });
  Object.assign(rig.deps.metrics, metrics);
}, 60_000);
afterAll(() => rig?.close());

async function counted(name: string, labels: Record<string, string>): Promise<number> {
  const { samples } = parseMetrics(await metrics.render({}));
  return samples
    .filter((sample) => sample.name === `opinion_scope_${name}`)
    .filter((sample) =>
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);
}

test("runs, attempts and errors of a sync are counted once each", async () => {
  await rig.run("sync/markets.requested", { trigger: "manual" });
  const action = "sync-markets";
  expect(await counted("runs_total", { action })).toBe(1);
  expect(await counted("runs_total", { action, status: "completed" })).toBe(1);
  const rows = async (where: object) =>
    rig.db.runAttempt.count({ where: { run: { action }, ...where } });
  const requests = await counted("attempts_total", { action, kind: "request" });
  expect(requests).toBeGreaterThan(0);
  expect(requests).toBe(await rows({ request: { not: null } }));
  expect(await counted("attempts_total", { action, kind: "step" })).toBe(
    await rows({ request: null }),
  );
  expect(await counted("errors_total", {})).toBe(0);
});

test("a run that fails for good is counted as failed, its errors by code", async () => {
  refused = true;
  await rig.run("sync/markets.requested", { trigger: "manual" });
  const action = "sync-markets";
  expect(await counted("runs_total", { action, status: "failed" })).toBe(1);
  const failed = await rig.db.runAttempt.groupBy({
    by: ["code"],
    where: { code: { not: null } },
    _count: true,
  });
  expect(failed.length).toBeGreaterThan(0);
  for (const { code, _count } of failed) {
    expect([code, await counted("errors_total", { code: code ?? "" })]).toEqual([code, _count]);
  }
});
