import { attempts } from "./attempts.ts";
import { engine } from "./engine.ts";
import { ingest } from "./ingest.ts";
import { live } from "./live.ts";
import { markets } from "./markets.ts";
import { pages } from "./pages.ts";
import { seed } from "./seed.ts";

const BENCHES: Record<string, (only?: string) => Promise<void>> = {
  attempts,
  engine,
  ingest,
  live,
  markets,
  pages,
  seed,
};

// As the server's entries do.
process.env = { ...process.env };

const name = process.argv[2] ?? "";
const bench = BENCHES[name];
if (!bench) {
  process.stderr.write(`Usage: npm run bench -- ${Object.keys(BENCHES).join(" | ")}\n`);
  process.exit(1);
}
await bench(process.argv[3]);
