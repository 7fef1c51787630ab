import { errorResponse } from "~/lib/api-errors.ts";
import type { Env } from "~/lib/env.server.ts";

const DEV_SERVER = "http://localhost:8288";
const CLOUD = "https://app.inngest.com";

/** Address of the dashboard of the Inngest server that does the work. */
export function dashboardUrl(env: Pick<Env, "INNGEST_BASE_URL" | "INNGEST_DEV">): string {
  if (env.INNGEST_BASE_URL) return env.INNGEST_BASE_URL;
  const dev = env.INNGEST_DEV;
  if (dev === undefined || /^(0|false)$/i.test(dev)) return CLOUD;
  return /^https?:\/\//i.test(dev) && URL.canParse(dev) ? dev : DEV_SERVER;
}

/** 404 for a list of runs that is kept by the Inngest server that does the work. */
export function runsElsewhere(env: Parameters<typeof dashboardUrl>[0]): Response {
  return errorResponse(
    404,
    `Runs are kept by the Inngest server that executes them: see ${dashboardUrl(env)}. What they brought is in the list of syncs.`,
  );
}
