import { servicesContext } from "~/context.ts";
import { getSync } from "~/features/syncs/queries.server.ts";
import { STEP_COLUMNS, stepFields } from "~/features/syncs/step-csv.ts";
import { listSteps } from "~/features/syncs/steps.server.ts";
import { notFound, parseId, parsePageSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { csvResponse } from "~/lib/csv.server.ts";
import { guardApi } from "~/middleware/guard.server.ts";

export const middleware = [guardApi];

export const loader = apiHandler({
  GET: async ({ params, url, context }) => {
    const { db, clock } = context.get(servicesContext);
    const syncLogId = parseId(params.id, "sync");
    const failed = parsePageSearch(url, stepFields).steps === "failed";
    if (!(await getSync(db, syncLogId))) throw notFound("sync");
    return csvResponse(
      {
        name: `sync-${syncLogId}-steps`,
        columns: STEP_COLUMNS,
        read: (place) => listSteps(db, { syncLogId, failed, ...place }),
      },
      { now: clock.now() },
    );
  },
});

export const action = loader;
