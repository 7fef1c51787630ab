/** The demo venue by itself: `npx tsx demo/main.ts --port 4010 --data-dir .data/demo` */
import { parseArgs } from "node:util";
import { startDemoVenue } from "./server.ts";
import { readOrCreateWorld } from "./world-file.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "4010" },
    "data-dir": { type: "string", default: ".data/demo" },
  },
});
if (!/^\d{1,5}$/.test(values.port)) throw new Error("--port must be a number from 0 to 65535");
const world = await readOrCreateWorld(values["data-dir"], Date.now());
const venue = await startDemoVenue({ ...world, port: Number(values.port) });
process.stdout.write(
  `Demo venue: ${venue.apiUrl}\nFront end:  ${venue.frontendUrl}\nAPI key:    ${venue.apiKey}\nFaults:     ${venue.url}/__faults\n`,
);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void venue.close());
}
