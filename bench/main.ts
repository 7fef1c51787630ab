import { ingest } from "./ingest.ts";
import { markets } from "./markets.ts";

const BENCHES: Record<string, () => Promise<void>> = { ingest, markets };

const name = process.argv[2] ?? "";
const bench = BENCHES[name];
if (!bench) {
  process.stderr.write(`Usage: npm run bench -- ${Object.keys(BENCHES).join(" | ")}\n`);
  process.exit(1);
}
await bench();
