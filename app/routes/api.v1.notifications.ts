import { servicesContext } from "~/context.ts";
import { listNotifications, notificationSearch } from "~/features/notifications/queries.server.ts";
import { parseSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db } = context.get(servicesContext);
    return Response.json(await listNotifications(db, parseSearch(url, notificationSearch)));
  },
});

export const action = loader;
