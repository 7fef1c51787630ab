import { buildIfChanged } from "../../app/server/build.mjs";
import { runEngineChaos } from "./engine-main.ts";
import { runChaos } from "./run.ts";

/**
 * `npm run test:chaos [-- MINUTES]`: every fault in turn for ten minutes, five kills, the whole demo world, Inngest's own backoff; then the
 * embedded engine under kills. `npm run test:chaos -- engine [SEED]`: only that.
 */
const [first = "10", second] = process.argv.slice(2);
const minutes = Number(first);
if (first !== "engine" && !(minutes > 0)) {
  process.stderr.write("Usage: npm run test:chaos [-- MINUTES | engine [SEED]]\n");
  process.exit(1);
}
const started = Date.now();
const checks: [string, boolean][] = [
  ...(first === "engine" ? [] : await runArchiveChaos()),
  ...(await runEngineChaos(second ?? String(started), log)),
];
for (const [name, holds] of checks)
  process.stdout.write(`${holds ? "ok    " : "FAILED"} ${name}\n`);
const failed = checks.filter(([, holds]) => !holds).length;
process.stdout.write(`${checks.length - failed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

function log(line: string): void {
  const elapsed = String(Math.round((Date.now() - started) / 1000)).padStart(4);
  process.stdout.write(`${elapsed} s  ${line}\n`);
}

async function runArchiveChaos(): Promise<[string, boolean][]> {
  await buildIfChanged(process.cwd());
  const result = await runChaos({
    seconds: minutes * 60,
    kills: 5,
    whales: 60,
    historyFills: 20_000,
    tradesPerSecond: 1,
    settleSeconds: 900,
    log,
  });
  const { difference, ...figures } = result;
  const { missing, extra, duplicates, rows } = difference;
  process.stdout.write(`${JSON.stringify({ ...figures, rows, duplicates }, null, 2)}\n`);
  for (const row of missing.slice(0, 10)) process.stdout.write(`missing: ${row}\n`);
  for (const row of extra.slice(0, 10)) process.stdout.write(`not in the truth: ${row}\n`);
  return [
    ["every fill of the venue is in the archive", missing.length === 0],
    ["the archive holds nothing else", extra.length === 0],
    ["no fill is stored twice", duplicates === 0],
    ["never more requests in a second than allowed", result.busiestSecond <= result.allowed],
  ];
}
