import type { Clock } from "~/lib/clock.ts";
import type { Env } from "~/lib/env.server.ts";
import type { Logger } from "~/lib/logger.server.ts";
import type { Elapsed } from "~/reliability/pacer.server.ts";
import { createRedactor } from "~/reliability/redaction.ts";
import type { Preset } from "~/reliability/retry.server.ts";
import { createOpinionVenue } from "./opinion/index.ts";
import type { Venue } from "./venue.ts";

/** The venues that the environment names, each with its own request budget; to be created once per process. */
export function createVenues(
  env: Env,
  deps: {
    clock: Clock;
    logger: Logger;
    fetch?: typeof globalThis.fetch | undefined;
    /** How often and after what a hiccup is tried again; default: each venue's own presets. */
    retry?: Preset | undefined;
    /** What the pacers measure their waits by; default: the machine's monotonic clock. */
    elapsed?: Elapsed | undefined;
  },
): Venue[] {
  const { clock, logger, fetch, retry, elapsed } = deps;
  const create = {
    opinion: () =>
      createOpinionVenue({
        apiUrl: env.OPINION_API_URL,
        frontendUrl: env.OPINION_FRONTEND_URL,
        apiKey: env.OPINION_API_KEY,
        requestsPerSecond: env.OPINION_REQUESTS_PER_SECOND,
        clock,
        elapsed,
        logger: logger.child({ venue: "opinion" }),
        redact: createRedactor(env),
        ...(fetch ? { fetch } : {}),
        ...(retry ? { retry } : {}),
      }),
  };
  return [...new Set(env.VENUES)].map((id) => create[id]());
}
