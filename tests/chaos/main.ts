import { buildIfChanged } from "../../app/server/build.mjs";
import { runChaos } from "./run.ts";

/** `npm run test:chaos [-- MINUTES]`: every fault in turn for ten minutes, five kills, the whole demo world, Inngest's own backoff. */
const minutes = Number(process.argv[2] ?? 10);
if (!(minutes > 0)) {
  process.stderr.write("Usage: npm run test:chaos [-- MINUTES]\n");
  process.exit(1);
}
await buildIfChanged(process.cwd());
const started = Date.now();
const result = await runChaos({
  seconds: minutes * 60,
  kills: 5,
  whales: 60,
  historyFills: 20_000,
  tradesPerSecond: 1,
  settleSeconds: 900,
  log: (line) => {
    const elapsed = String(Math.round((Date.now() - started) / 1000)).padStart(4);
    process.stdout.write(`${elapsed} s  ${line}\n`);
  },
});
const { difference, ...figures } = result;
const { missing, extra, duplicates, rows } = difference;
process.stdout.write(`${JSON.stringify({ ...figures, rows, duplicates }, null, 2)}\n`);
for (const row of missing.slice(0, 10)) process.stdout.write(`missing: ${row}\n`);
for (const row of extra.slice(0, 10)) process.stdout.write(`not in the truth: ${row}\n`);
const checks: [string, boolean][] = [
  ["every fill of the venue is in the archive", missing.length === 0],
  ["the archive holds nothing else", extra.length === 0],
  ["no fill is stored twice", duplicates === 0],
  ["never more requests in a second than allowed", result.busiestSecond <= result.allowed],
];
for (const [name, holds] of checks)
  process.stdout.write(`${holds ? "ok    " : "FAILED"} ${name}\n`);
const failed = checks.filter(([, holds]) => !holds).length;
process.stdout.write(`${checks.length - failed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
