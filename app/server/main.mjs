// @ts-check
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { buildIfChanged } from "./build.mjs";

/**
 * The one server entry: `node app/server/main.mjs start|demo|dev`. `start` serves the build with live venues, `demo` builds what has
 * changed and serves it with the demo venue, `dev` is the demo with hot reload. Plain JavaScript, so that Node runs it as it is.
 */

/** @typedef {typeof import("./entry.ts")} Entry */

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Requests still open this long after a stop was asked for are cut. */
const CLOSE_GRACE_MS = 3_000;
/** One Ctrl-C arrives twice: from the terminal, and from npm, which passes it on. */
const SAME_SIGNAL_MS = 500;
/** How often connections that have nothing to answer any more are closed during a stop. */
const CLOSE_IDLE_MS = 50;

// The Inngest SDK copies the environment several times a call; a plain object is copied ten times as fast as the process's own.
process.env = { ...process.env };
process.chdir(root);
try {
  await main(readArguments());
} catch (error) {
  fail(error);
}

/** `--retry-interval SECONDS`: a fixed time before a failed step of the embedded engine is tried again, for trying things out. */
function readArguments() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    strict: false,
    options: { "retry-interval": { type: "string" } },
  });
  const mode = positionals[0] ?? "start";
  if (!["start", "demo", "dev"].includes(mode)) {
    throw expected(`Unknown mode "${mode}": use start, demo or dev.`);
  }
  const seconds = values["retry-interval"];
  if (seconds !== undefined && !(Number(seconds) > 0)) {
    throw expected("--retry-interval takes a number of seconds.");
  }
  return { mode, retryIntervalMs: seconds === undefined ? undefined : Number(seconds) * 1000 };
}

/** @param {{ mode: string, retryIntervalMs: number | undefined }} options */
async function main({ mode, retryIntervalMs }) {
  if (existsSync(".env")) process.loadEnvFile(".env");
  const development = mode === "dev";
  process.env.NODE_ENV ??= development ? "development" : "production";
  if (mode === "demo") await buildIfChanged(root);
  if (mode === "start" && !existsSync("build/server/index.js")) {
    throw expected("There is no build yet: run `npm run build` first.");
  }
  const startedAt = performance.now();
  const vite = development ? await startVite() : null;
  const entry = /** @type {Entry} */ (
    vite
      ? await vite.ssrLoadModule("/app/server/entry.ts")
      : await import(pathToFileURL(path.join(root, "build/server/index.js")).href)
  );
  const env = entry.parseEnv(process.env, mode === "start" ? "live" : "demo");
  const logger = entry.createLogger(env.LOG_LEVEL, entry.createRedactor(env));
  const server = createServer();
  await claimPort(server, env.PORT, env.HOST);

  const running = await entry
    .startServices({ env, root, clock: entry.systemClock, logger, retryIntervalMs, onFatal: fail })
    .catch((/** @type {unknown} */ error) => {
      server.close();
      throw error;
    });
  /** @type {import("./app.ts").AppOptions} */
  const options = {
    services: running.services,
    build: vite
      ? () =>
          /** @type {Promise<import("react-router").ServerBuild>} */ (
            vite.ssrLoadModule("virtual:react-router/server-build")
          )
      : entry.build,
    mode: development ? "development" : "production",
    clientDir: vite ? null : path.join(root, "build/client"),
  };
  const app = entry.createApp(options);
  server.removeAllListeners("request");
  server.on("request", vite ? (req, res) => vite.middlewares(req, res, () => app(req, res)) : app);
  const begun = running.begin(entry.createTransport(options));
  const stopping = stopOnSignal({ server, running, begun, vite });
  try {
    await begun;
  } catch (error) {
    if (!stopping.aborted) throw error;
  }
  if (stopping.aborted) return;

  announce(server, env, performance.now() - startedAt);
}

/**
 * @param {import("node:http").Server} server
 * @param {ReturnType<Entry["parseEnv"]>} env
 * @param {number} tookMs
 */
function announce(server, env, tookMs) {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : env.PORT;
  const host = env.HOST.includes(":") ? `[${env.HOST}]` : env.HOST;
  const seconds = (tookMs / 1000).toFixed(1);
  const demo = env.world === "demo" ? "It shows the demo venue; nothing here is real.\n" : "";
  process.stdout.write(
    `\nOpinion Scope is ready after ${seconds} s: http://${host}:${port}/\n${demo}\n`,
  );
}

async function startVite() {
  const { createServer: createViteServer } = await import("vite");
  const before = { SIGTERM: process.listeners("SIGTERM"), SIGINT: process.listeners("SIGINT") };
  const vite = await createViteServer({ server: { middlewareMode: true }, appType: "custom" });
  // Vite would exit the process before the engine and the database are closed.
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT"])) {
    for (const listener of process.listeners(signal)) {
      if (!before[signal].includes(listener)) process.removeListener(signal, listener);
    }
  }
  return vite;
}

/**
 * Listens before anything else is opened, so that a taken port costs nothing; until the app is there, requests are told to come back.
 * @param {import("node:http").Server} server
 * @param {number} port
 * @param {string} host
 */
async function claimPort(server, port, host) {
  server.on("request", (_request, response) => {
    response.writeHead(503, { "retry-after": "1", "content-type": "text/plain" });
    response.end("Opinion Scope is starting.\n");
  });
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code === "EADDRINUSE") {
      throw expected(
        `Port ${port} of ${host} is taken by another program: stop it, or set PORT to another number.`,
      );
    }
    if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      throw expected(
        `Cannot listen on ${host}, port ${port} (${code}): set HOST and PORT to others.`,
      );
    }
    throw error;
  }
}

/**
 * A first SIGTERM or SIGINT answers the requests that are open, lets the start and running steps end and closes the database; a second
 * one ends the process at once.
 * @param {{
 *   server: import("node:http").Server,
 *   running: import("./services.ts").RunningServices,
 *   begun: Promise<void>,
 *   vite: import("vite").ViteDevServer | null,
 * }} parts
 * @returns {AbortSignal} aborted once a stop was asked for
 */
function stopOnSignal({ server, running, begun, vite }) {
  const stopping = new AbortController();
  let stoppingSince = 0;
  const stop = async () => {
    if (stopping.signal.aborted) {
      if (performance.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    stopping.abort();
    running.endStreams();
    try {
      const grace = new Promise((resolve) => setTimeout(resolve, CLOSE_GRACE_MS).unref());
      // What the start could not do any more is no fault of the stop.
      await Promise.race([begun.catch(() => {}), grace]);
      await closeServer(server);
      await running.stop();
      await vite?.close();
      process.exit(0);
    } catch (error) {
      fail(error);
    }
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, stop);
  return stopping.signal;
}

/**
 * Takes no new connection and resolves when the open requests are answered or cut.
 * @param {import("node:http").Server} server
 */
async function closeServer(server) {
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection that is kept alive becomes idle with its last answer, which may be after this moment.
  const sweep = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

/** @param {string} message */
function expected(message) {
  return Object.assign(new Error(message), { name: "StartError" });
}

/**
 * What a person can mend is one message; anything else comes with its stack.
 * @param {unknown} error
 */
function fail(error) {
  const known =
    error instanceof Error && ["StartError", "EnvironmentError", "AppError"].includes(error.name);
  process.stderr.write(
    `\n${known ? error.message : error instanceof Error ? error.stack : error}\n\n`,
  );
  process.exit(1);
}
