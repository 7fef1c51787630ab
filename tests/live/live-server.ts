import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServerBuild } from "react-router";
import type { AppServices } from "~/context.ts";
import { systemClock } from "~/lib/clock.ts";
import { parseEnv } from "~/lib/env.server.ts";
import type { Live } from "~/lib/live.server.ts";
import { createLogger } from "~/lib/logger.server.ts";
import * as route from "~/routes/live.ts";
import { createTransport } from "~/server/app.ts";
import { answer } from "../serve-transport.ts";

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
  const server = createServer((incoming, outgoing) => {
    answer(transport, incoming, outgoing).catch((error: Error) => outgoing.destroy(error));
  });
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
