import { servicesContext } from "~/context.ts";
import { RUN_COLUMNS } from "~/features/runs/csv.ts";
import { runsElsewhere } from "~/features/runs/dashboard-url.ts";
import { listRuns, runFileSearch, runFilterOf } from "~/features/runs/list.server.ts";
import { parsePageSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { csvResponse } from "~/lib/csv.server.ts";
import { guardApi } from "~/middleware/guard.server.ts";

export const middleware = [guardApi];

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, clock, engine, env } = context.get(servicesContext);
    const now = clock.now();
    const filter = runFilterOf(parsePageSearch(url, runFileSearch), now);
    if (engine === null) throw runsElsewhere(env);
    return csvResponse(
      {
        name: "runs",
        columns: RUN_COLUMNS,
        read: (place) => listRuns(db, { ...filter, ...place }),
      },
      { now },
    );
  },
});

export const action = loader;
