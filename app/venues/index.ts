import type { Clock } from "~/lib/clock.ts";
import type { Env } from "~/lib/env.server.ts";
import type { Logger } from "~/lib/logger.server.ts";
import { createOpinionVenue } from "./opinion/index.ts";
import type { Venue } from "./venue.ts";

/** The venues that the environment names, each with its own request budget; to be created once per process. */
export function createVenues(
  env: Env,
  { clock, logger, fetch }: { clock: Clock; logger: Logger; fetch?: typeof globalThis.fetch },
): Venue[] {
  const create = {
    opinion: () =>
      createOpinionVenue({
        apiUrl: env.OPINION_API_URL,
        frontendUrl: env.OPINION_FRONTEND_URL,
        apiKey: env.OPINION_API_KEY,
        requestsPerSecond: env.OPINION_REQUESTS_PER_SECOND,
        clock,
        logger: logger.child({ venue: "opinion" }),
        ...(fetch ? { fetch } : {}),
      }),
  };
  return [...new Set(env.VENUES)].map((id) => create[id]());
}
