import * as build from "virtual:react-router/server-build";

export { systemClock } from "~/lib/clock.ts";
export { parseEnv } from "~/lib/env.server.ts";
/** What the built server consists of; `app/server/main.mjs` puts it together. */
export { createLogger } from "~/lib/logger.server.ts";
export { createRedactor } from "~/reliability/redaction.ts";
export { createApp, createTransport } from "./app.ts";
export { startServices } from "./services.ts";
export { build };
