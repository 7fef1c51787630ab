import { randomBytes, randomUUID } from "node:crypto";
import path from "node:path";
import { createRequestHandler } from "@react-router/express";
import compression from "compression";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import {
  createRequestHandler as createFetchHandler,
  RouterContextProvider,
  type ServerBuild,
} from "react-router";
import { type AppServices, nonceContext, routeMatchedContext, servicesContext } from "~/context.ts";
import { errorBody } from "~/lib/api-errors.ts";
import type { Transport } from "./services.ts";

export type AppOptions = {
  services: AppServices;
  /** The routes: the built ones, or in development whatever they are now. */
  build: ServerBuild | (() => Promise<ServerBuild>);
  mode: "production" | "development";
  /** Folder of the built client; null in development, where Vite serves it. */
  clientDir: string | null;
};

/** Route of what the router has not seen: files of the built client, and what is refused before it. */
const UNMATCHED = "file";

/** Headers every answer carries. */
const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

/**
 * Only what comes from this server runs; of inline scripts and styles those with the page's nonce. Style attributes are allowed: the kit
 * sets sizes by them.
 */
function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** The web server: request ids, security headers, compression (SSE opts out by `no-transform`), static files, routes. */
export function createApp(options: AppOptions): Express {
  const { services, mode, clientDir } = options;
  const app = express();
  app.disable("x-powered-by");
  app.use(identify(services, mode));
  app.use(refuseUnreadable);
  app.use(compression());
  if (clientDir) {
    const assets = path.join(clientDir, "assets");
    app.use(
      "/assets",
      express.static(assets, { immutable: true, maxAge: "1y", fallthrough: false }),
    );
    app.use(express.static(clientDir, { maxAge: "1h", index: false }));
  }
  app.use(
    createRequestHandler({
      build: options.build,
      mode,
      getLoadContext: (_request, { locals }) => {
        const context = contextOf(services, locals.nonce);
        context.set(routeMatchedContext, (pattern) => {
          locals.route = `/${pattern.replace(/^\//, "")}`;
        });
        return context;
      },
    }),
  );
  app.use(answerFailure(services));
  return app;
}

/** The same routes without a socket, for the engine's calls. */
export function createTransport({ services, build, mode }: AppOptions): Transport {
  const handler = createFetchHandler(build, mode);
  return (request) => handler(request, contextOf(services));
}

function contextOf(services: AppServices, nonce?: string): RouterContextProvider {
  const context = new RouterContextProvider();
  context.set(nonceContext, nonce);
  context.set(servicesContext, services);
  return context;
}

function identify({ logger, metrics }: AppServices, mode: AppOptions["mode"]): RequestHandler {
  return (request, response, next) => {
    const given = request.get("x-request-id");
    const id = given && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
    request.headers["x-request-id"] = id;
    response.setHeader("x-request-id", id);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    if (mode === "production") {
      const nonce = randomBytes(16).toString("base64");
      response.locals.nonce = nonce;
      response.setHeader("content-security-policy", contentSecurityPolicy(nonce));
    }
    const startedAt = performance.now();
    response.on("close", () => {
      const durationMs = performance.now() - startedAt;
      const status = response.writableFinished ? response.statusCode : null;
      const route = response.locals.route ?? UNMATCHED;
      const method = METHODS.includes(request.method) ? request.method : "other";
      // An event stream lasts as long as its page is open.
      if (route !== "/live") metrics.requestAnswered({ method, route, status, durationMs });
      const ms = Math.round(durationMs);
      const line = { requestId: id, method: request.method, url: request.originalUrl, route, ms };
      if (status === null) logger.debug(line, "request aborted");
      // That something is not ready is what a probe asks for.
      else if (status >= 500 && route !== "/readyz")
        logger.error({ ...line, status }, "request failed");
      else logger.debug({ ...line, status }, "request");
    });
    next();
  };
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** What neither the file server nor the router can read is refused here, in the error shape. */
const refuseUnreadable: RequestHandler = (request, response, next) => {
  if (!METHODS.includes(request.method)) {
    response.status(405).set("allow", METHODS.join(", "));
    response.json(errorBody(405, `${request.method} is not known here.`));
    return;
  }
  try {
    decodeURIComponent(request.path);
    next();
  } catch {
    response.status(400).json(errorBody(400, "The address has a malformed % escape."));
  }
};

function answerFailure({ logger }: AppServices): ErrorRequestHandler {
  return (error, request, response, next) => {
    const status = Number(error?.status ?? error?.statusCode) || 500;
    if (status >= 500) logger.error({ err: error, url: request.originalUrl }, "request failed");
    if (response.headersSent) return next(error);
    response.status(status).type("text/plain");
    response.send(status === 404 ? "Not found." : "The request could not be answered.");
  };
}
