import { servicesContext } from "~/context.ts";
import { QUARANTINE_COLUMNS } from "~/features/quarantine/csv.ts";
import { listQuarantine, quarantineFileSearch } from "~/features/quarantine/queries.server.ts";
import { parsePageSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { csvResponse } from "~/lib/csv.server.ts";
import { guardApi } from "~/middleware/guard.server.ts";

export const middleware = [guardApi];

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, clock } = context.get(servicesContext);
    const filter = parsePageSearch(url, quarantineFileSearch);
    return csvResponse(
      {
        name: "quarantine",
        columns: QUARANTINE_COLUMNS,
        read: (place) => listQuarantine(db, { ...filter, ...place }),
      },
      { now: clock.now() },
    );
  },
});

export const action = loader;
