import { servicesContext } from "~/context.ts";
import { NOTIFICATION_COLUMNS } from "~/features/notifications/csv.ts";
import { listNotifications, notificationSearch } from "~/features/notifications/queries.server.ts";
import { parsePageSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { csvResponse } from "~/lib/csv.server.ts";
import { guardApi } from "~/middleware/guard.server.ts";

const search = notificationSearch.omit({ cursor: true, limit: true });

export const middleware = [guardApi];

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, clock } = context.get(servicesContext);
    const filter = parsePageSearch(url, search);
    return csvResponse(
      {
        name: "notifications",
        columns: NOTIFICATION_COLUMNS,
        read: (place) => listNotifications(db, { ...filter, ...place }),
      },
      { now: clock.now() },
    );
  },
});

export const action = loader;
