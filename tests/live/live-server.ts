import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { writeReadableStreamToWritable } from "@react-router/node";
import type { ServerBuild } from "react-router";
import type { AppServices } from "~/context.ts";
import { systemClock } from "~/lib/clock.ts";
import { parseEnv } from "~/lib/env.server.ts";
import type { Live } from "~/lib/live.server.ts";
import { createLogger } from "~/lib/logger.server.ts";
import * as route from "~/routes/live.ts";
import { createTransport } from "~/server/app.ts";
import type { Transport } from "~/server/services.ts";

/** `/live` as the only route of a web server on a free port of this machine. */
export async function serveLive(live: Live): Promise<{ url: string; close(): Promise<void> }> {
  const env = parseEnv({ LOG_LEVEL: "silent" }, "live");
  const services = { env, live, clock: systemClock, logger: createLogger("silent") };
  const transport = createTransport({
    services: services as AppServices,
    build: BUILD,
    mode: "production",
    clientDir: null,
  });
  const server = createServer((incoming, outgoing) => answer(transport, incoming, outgoing));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** As the adapter for Express does it, which comes with a second copy of the router under Vitest. */
async function answer(transport: Transport, incoming: IncomingMessage, outgoing: ServerResponse) {
  const leaving = new AbortController();
  outgoing.on("close", () => leaving.abort());
  const { method, url, headers } = incoming;
  const request = new Request(`http://127.0.0.1${url}`, { method, signal: leaving.signal });
  if (headers.host) request.headers.set("host", headers.host);
  const response = await transport(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (!response.body) return outgoing.end();
  outgoing.flushHeaders();
  await writeReadableStreamToWritable(response.body, outgoing).catch(() => {});
}

const BUILD = {
  entry: { module: { default: () => new Response(null, { status: 500 }) } },
  routes: { live: { id: "live", path: "live", module: route } },
  assets: { entry: { imports: [], module: "" }, routes: {}, url: "", version: "" },
  publicPath: "/",
  assetsBuildDirectory: "",
  future: {
    v8_middleware: true,
    v8_passThroughRequests: true,
    v8_trailingSlashAwareDataRequests: true,
  },
  ssr: true,
  isSpaMode: false,
  prerender: [],
  routeDiscovery: { mode: "initial", manifestPath: "/__manifest" },
} as unknown as ServerBuild;
