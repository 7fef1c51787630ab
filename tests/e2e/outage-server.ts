import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { AppServices } from "~/context.ts";
import { readFrame } from "~/features/operations/frame.server.ts";
import { readReadiness } from "~/features/operations/readiness.server.ts";
import { createServiceLevels } from "~/features/syncs/service-levels.server.ts";
import { createLive } from "~/lib/live.server.ts";
import { createMetrics } from "~/lib/metrics.server.ts";
import type { Transport } from "~/server/services.ts";
import { testDatabase } from "../database.ts";
import { answer } from "../serve-transport.ts";
import type { OutageRig } from "../sync/outage-rig.ts";

type Entry = typeof import("~/server/entry.ts");

const CLIENT = path.resolve("build/client");
const TYPES: Record<string, string> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** The built pages on the database, the jobs and the clock of a rig, on a free port of this machine. */
export async function serveRig(rig: OutageRig): Promise<{ url: string; close(): Promise<void> }> {
  const build = path.resolve("build/server/index.js");
  const entry: Entry = await import(/* @vite-ignore */ pathToFileURL(build).href);
  const { listen } = await testDatabase();
  const live = createLive();
  const stopListening = listen({ notified: live.changed, interrupted: live.allChanged });
  const services: AppServices = {
    ...rig.deps,
    metrics: createMetrics(),
    inngest: rig.inngest,
    send: rig.sendEvent,
    engine: rig.engine,
    queue: rig.engine.stats,
    frame: (now) => readFrame(rig.db, now),
    serviceLevels: createServiceLevels(rig.db, rig.time),
    live,
    readiness: () =>
      readReadiness({
        db: rig.db,
        logger: rig.deps.logger,
        health: async () => {},
        engine: { state: "ready" },
        now: rig.time.now(),
      }),
    pools: () => ({}),
    engineSecret: "not called over HTTP",
  };
  const transport = entry.createTransport({
    services,
    build: entry.build,
    mode: "production",
    clientDir: CLIENT,
  });
  const server = createServer((incoming, outgoing) => {
    serve(transport, incoming, outgoing).catch((error: Error) => outgoing.destroy(error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      live.close();
      await stopListening();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The file of the built client that is asked for; null where it is a page. */
function fileOf(url: string): { type: string; path: string } | null {
  const { pathname } = new URL(url, "http://file.local");
  const type = TYPES[path.extname(pathname)];
  return type === undefined ? null : { type, path: path.join(CLIENT, pathname) };
}

async function serve(transport: Transport, incoming: IncomingMessage, outgoing: ServerResponse) {
  const file = fileOf(incoming.url ?? "/");
  if (!file) return answer(transport, incoming, outgoing);
  outgoing.writeHead(200, { "content-type": file.type }).end(await readFile(file.path));
}
