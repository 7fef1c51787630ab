import { MantineProvider } from "@mantine/core";
import type { RouteConfigEntry } from "@react-router/dev/routes";
import { renderToString } from "react-dom/server";
import {
  createStaticHandler,
  createStaticRouter,
  matchRoutes,
  type RouteObject,
  RouterContextProvider,
  type StaticHandlerContext,
  StaticRouterProvider,
  UNSAFE_withComponentProps as withComponentProps,
  UNSAFE_withErrorBoundaryProps as withErrorBoundaryProps,
} from "react-router";
import { createChannels } from "~/channels/index.ts";
import { NowProvider } from "~/components/now.tsx";
import { type AppServices, servicesContext } from "~/context.ts";
import { readFrame } from "~/features/operations/frame.server.ts";
import { readReadiness } from "~/features/operations/readiness.server.ts";
import { createServiceLevels } from "~/features/syncs/service-levels.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import { createInngest } from "~/inngest/client.ts";
import { parseEnv } from "~/lib/env.server.ts";
import { createLive } from "~/lib/live.server.ts";
import { createLogger } from "~/lib/logger.server.ts";
import { createMetrics } from "~/lib/metrics.server.ts";
import type { OutgoingEvent } from "~/lib/send.ts";
import { createRedactor } from "~/reliability/redaction.ts";
import * as root from "~/root.tsx";
import routes from "~/routes.ts";
import { createVenues } from "~/venues/index.ts";

/** The moment at which the test app lives. */
export const NOW = new Date("2026-03-01T12:00:30.000Z");

const ORIGIN = "http://127.0.0.1:3000";

export type Answer = {
  status: number;
  headers: Headers;
  /** The rendered page, or the body as it is. */
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  json: any;
};

/**
 * The app of app/routes.ts with its middleware, loaders, actions and components, served without a build.
 * @param environment variables of the process
 */
export async function testApp(
  db: PrismaClient,
  {
    environment = { OPINION_API_KEY: "key-of-a-test" },
    ...overrides
  }: Partial<AppServices> & { environment?: Record<string, string> } = {},
) {
  const env = parseEnv({ LOG_LEVEL: "silent", ...environment }, "live");
  const logger = createLogger(env.LOG_LEVEL);
  const clock = { now: () => NOW.getTime() };
  const venues = createVenues(env, { clock, logger });
  const metrics = createMetrics();
  const redact = createRedactor(env);
  const channels = createChannels(env, { clock });
  const sent: OutgoingEvent[] = [];
  const services: AppServices = {
    env,
    clock,
    logger,
    db,
    venues,
    channels,
    inngest: createInngest({ env, clock, logger, db, venues, metrics, channels, redact }),
    send: async (event) => {
      sent.push(event);
      return `event-${sent.length}`;
    },
    engine: { cancel: async () => false, rerun: async () => null, nextRunOf: () => null },
    queue: async () => ({ due: 1, scheduled: 2, blocked: 0, executing: 3 }),
    frame: (now) => readFrame(db, now),
    serviceLevels: createServiceLevels(db, clock),
    live: createLive(),
    metrics,
    pools: () => ({ pages: { total: 2, idle: 1, waiting: 0 } }),
    readiness: () =>
      readReadiness({
        db,
        logger,
        health: async () => {},
        engine: { state: "ready" },
        now: clock.now(),
      }),
    engineSecret: null,
    ...overrides,
  };
  const tree = await routeTree();
  const handler = createStaticHandler(tree);

  async function request(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (!headers.has("host")) headers.set("host", new URL(ORIGIN).host);
    const incoming = new Request(`${ORIGIN}${path}`, { ...init, headers });
    const requestContext = new RouterContextProvider();
    requestContext.set(servicesContext, services);
    const leaf = matchRoutes(tree, new URL(incoming.url).pathname)?.at(-1)?.route;
    const response =
      leaf?.Component || !leaf
        ? await handler.query(incoming, {
            requestContext,
            generateMiddlewareResponse: async (query) => render(await query(incoming)),
          })
        : await handler.queryRoute(incoming, {
            routeId: leaf.id,
            requestContext,
            generateMiddlewareResponse: (query) => query(incoming),
          });
    if (!(response instanceof Response)) throw new Error(`${path} gave no response`);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("application/json");
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
  }

  function render(context: StaticHandlerContext | Response): Response {
    if (context instanceof Response) return context;
    const router = createStaticRouter(handler.dataRoutes, context);
    const html = renderToString(
      <MantineProvider>
        <NowProvider ofServer={services.clock.now()}>
          <StaticRouterProvider router={router} context={context} hydrate={false} />
        </NowProvider>
      </MantineProvider>,
    );
    return new Response(html, { status: context.statusCode });
  }

  return { request, sent };
}

/** Sends JSON. */
export function json(method: string, body: unknown, headers: Record<string, string> = {}) {
  return {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/** Submits a form of a page. */
export function form(fields: Record<string, string>) {
  return {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  };
}

async function routeTree(): Promise<RouteObject[]> {
  return [
    {
      id: "root",
      loader: root.loader as RouteObject["loader"],
      Component: root.default,
      ErrorBoundary: withErrorBoundaryProps(root.ErrorBoundary as never),
      children: await Promise.all(routes.filter(isServedHere).map(routeOf)),
    },
  ];
}

// The job engine's own endpoint brings the whole engine with it.
const isServedHere = ({ file }: RouteConfigEntry) => file !== "routes/api.inngest.ts";

// biome-ignore lint/suspicious/noExplicitAny: what a route module exports is the router's business
const modules = import.meta.glob<any>("../../app/routes/*.{ts,tsx}");

async function routeOf(entry: RouteConfigEntry): Promise<RouteObject> {
  const module = await modules[`../../app/${entry.file}`]?.();
  const common = {
    id: entry.id ?? entry.file,
    path: entry.path,
    loader: module.loader,
    action: module.action,
    middleware: module.middleware,
    ...(module.default && { Component: withComponentProps(module.default) }),
  };
  if (entry.index) return { ...common, index: true };
  return { ...common, children: await Promise.all((entry.children ?? []).map(routeOf)) };
}
