import { createContext, type RouterContext } from "react-router";
import type { Channel } from "~/channels/channel.ts";
import type { PoolState } from "~/features/operations/figures.server.ts";
import type { FrameReader } from "~/features/operations/frame.server.ts";
import type { Readiness } from "~/features/operations/readiness.server.ts";
import type { ServiceLevelReader } from "~/features/syncs/service-levels.server.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { AppInngest } from "~/inngest/client.ts";
import type { Engine } from "~/inngest/engine/types.ts";
import type { Clock } from "~/lib/clock.ts";
import type { Env } from "~/lib/env.server.ts";
import type { Live } from "~/lib/live.server.ts";
import type { Logger } from "~/lib/logger.server.ts";
import type { Metrics } from "~/lib/metrics.server.ts";
import type { Send } from "~/lib/send.ts";
import type { Venue } from "~/venues/venue.ts";

/** Everything that lives as long as the process; built once by the server entry (or by a test). */
export type AppServices = {
  env: Env;
  clock: Clock;
  logger: Logger;
  db: PrismaClient;
  venues: Venue[];
  /** Where notifications go besides the pages. */
  channels: Channel[];
  inngest: AppInngest;
  send: Send;
  /** The embedded engine; null = an Inngest server does the work. */
  engine: Pick<Engine, "cancel" | "rerun" | "nextRunOf"> | null;
  /** What the frame of every page tells; kept until a change of it is told. */
  frame: FrameReader;
  /** How the jobs did over a day and a week; computed every five minutes at most. */
  serviceLevels: ServiceLevelReader;
  /** What the embedded engine has to do; null = an Inngest server keeps the queue. */
  queue: Engine["stats"] | null;
  /** Who is told of changes as they are committed. */
  live: Live;
  /** Whether the process can serve and work, part by part. */
  readiness(): Promise<Readiness>;
  /** What the process counts of itself. */
  metrics: Metrics;
  /** The connections to the database, by pool. */
  pools(): Record<string, PoolState>;
  /** Secret that the embedded engine's calls carry; null = an Inngest server signs its calls itself. */
  engineSecret: string | null;
};

const key = Symbol.for("opinion-scope.services-context");
const kept = globalThis as typeof globalThis & { [key]?: RouterContext<AppServices> };

/** The nonce of the page's content security policy; undefined where none is sent (development). */
export const nonceContext = createContext<string | undefined>(undefined);

/** Takes the pattern of the route that a request was matched to ("markets/:id"). */
export const routeMatchedContext = createContext<(pattern: string) => void>(() => {});

/**
 * Loaders and actions read the services with `context.get(servicesContext)`. Kept on `globalThis`, because the development server
 * evaluates modules again after an edit while the services live on.
 */
export const servicesContext = kept[key] ?? createContext<AppServices>();
kept[key] = servicesContext;
