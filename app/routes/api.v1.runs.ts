import { servicesContext } from "~/context.ts";
import { runsElsewhere } from "~/features/runs/dashboard-url.ts";
import { listRuns, runApiSearch, runFilterOf } from "~/features/runs/list.server.ts";
import { parseSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";

/** Runs of functions as the embedded engine keeps them. */
export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, clock, engine, env } = context.get(servicesContext);
    const { cursor, limit, ...search } = parseSearch(url, runApiSearch);
    if (engine === null) throw runsElsewhere(env);
    const filter = runFilterOf(search, clock.now());
    return Response.json(await listRuns(db, { ...filter, cursor, limit }));
  },
});

export const action = loader;
