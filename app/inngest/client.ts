import { dependencyInjectionMiddleware, type GetStepTools, Inngest } from "inngest";
import type { Channel } from "~/channels/channel.ts";
import type { PrismaClient } from "~/generated/prisma/client.ts";
import type { Clock } from "~/lib/clock.ts";
import type { Env } from "~/lib/env.server.ts";
import type { Logger } from "~/lib/logger.server.ts";
import type { Metrics } from "~/lib/metrics.server.ts";
import type { Venue } from "~/venues/venue.ts";

/** What the functions use; the same objects the pages use. */
export type JobDeps = {
  env: Env;
  clock: Clock;
  logger: Logger;
  db: PrismaClient;
  venues: Venue[];
  metrics: Pick<Metrics, "runEnded" | "attemptEnded">;
  /** Where notifications go besides the app's own pages. */
  channels: Channel[];
  /** Takes the secrets of the environment out of a text. */
  redact: (text: string) => string;
};

/** Where events go and who calls: left out with an Inngest server, which the SDK finds by its own environment variables. */
export type EngineConnection = { isDev: true; baseUrl: string; fetch: typeof fetch };

export function createInngest(deps: JobDeps, connection?: EngineConnection) {
  const logger = deps.logger.child({ part: "inngest" });
  return new Inngest({
    id: "opinion-scope",
    logger,
    internalLogger: logger,
    ...connection,
    middleware: [dependencyInjectionMiddleware({ deps })],
  });
}

export type AppInngest = ReturnType<typeof createInngest>;
export type Step = GetStepTools<AppInngest>;
