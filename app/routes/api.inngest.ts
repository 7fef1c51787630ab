import { serve } from "inngest/remix";
import { type AppServices, servicesContext } from "~/context.ts";
import { carriesEngineSecret } from "~/inngest/engine-secret.ts";
import { createFunctions } from "~/inngest/functions/index.ts";
import { errorResponse } from "~/lib/api-errors.ts";
import { guardInngest } from "~/middleware/guard.server.ts";
import type { Route } from "./+types/api.inngest";

/** One handler per client; an edited module makes a new map, so that the dev server always runs the functions as they are now. */
const handlers = new WeakMap<AppServices["inngest"], ReturnType<typeof serve>>();

/**
 * The endpoint that an Inngest server, or the embedded engine, calls. With the embedded engine only its own calls pass: they carry a
 * secret made at start.
 */
async function handle({ request, context }: Route.LoaderArgs | Route.ActionArgs) {
  const { inngest, engineSecret } = context.get(servicesContext);
  if (engineSecret !== null && !carriesEngineSecret(request, engineSecret)) {
    return errorResponse(403, "Functions are run by the engine inside this process only.");
  }
  let handler = handlers.get(inngest);
  if (!handler) {
    handler = serve({ client: inngest, functions: createFunctions(inngest) });
    handlers.set(inngest, handler);
  }
  return handler({ request, context });
}

export const middleware = [guardInngest];

export { handle as action, handle as loader };
