import { servicesContext } from "~/context.ts";
import { SYNC_COLUMNS } from "~/features/syncs/csv.ts";
import { listSyncs, syncFileSearch, syncFilterOf } from "~/features/syncs/queries.server.ts";
import { parsePageSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { csvResponse } from "~/lib/csv.server.ts";
import { guardApi } from "~/middleware/guard.server.ts";

export const middleware = [guardApi];

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, clock } = context.get(servicesContext);
    const now = clock.now();
    const filter = syncFilterOf(parsePageSearch(url, syncFileSearch), now);
    return csvResponse(
      {
        name: "syncs",
        columns: SYNC_COLUMNS,
        read: (place) => listSyncs(db, { ...filter, ...place }),
      },
      { now },
    );
  },
});

export const action = loader;
