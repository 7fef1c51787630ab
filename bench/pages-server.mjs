// @ts-check
// The built server on the seeded database, without its jobs: what remains is the cost of the pages. Tells the parent process its address
// and, when asked, how long each request took.
import { once } from "node:events";
import { createServer } from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = process.cwd();
const entry = await import(pathToFileURL(path.join(root, "build/server/index.js")).href);
const env = entry.parseEnv(process.env, "demo");
const logger = entry.createLogger(env.LOG_LEVEL);
const running = await entry.startServices({
  env,
  root,
  clock: entry.systemClock,
  logger,
  onFatal: (/** @type {Error} */ error) => {
    throw error;
  },
});
const app = entry.createApp({
  services: running.services,
  build: entry.build,
  mode: "production",
  clientDir: path.join(root, "build/client"),
});

/** @type {Record<string, number[]>} milliseconds from a request's arrival to the end of its answer, by the page that asked */
let took = {};
const server = createServer((request, response) => {
  const startedAt = performance.now();
  const name = String(request.headers["x-bench"] ?? "");
  response.on("finish", () => {
    took[name] ??= [];
    took[name]?.push(performance.now() - startedAt);
  });
  app(request, response);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
process.send?.({ url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}` });

// The parent is gone: nobody will ask for anything.
process.on("disconnect", () => process.exit(1));
process.on("message", async (message) => {
  if (message === "samples") {
    process.send?.({ took, memory: process.memoryUsage().rss });
    took = {};
    return;
  }
  server.close();
  server.closeAllConnections();
  await running.stop();
  process.exit(0);
});
