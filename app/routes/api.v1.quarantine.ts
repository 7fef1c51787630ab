import { servicesContext } from "~/context.ts";
import { listQuarantine, quarantineSearch } from "~/features/quarantine/queries.server.ts";
import { parseSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db } = context.get(servicesContext);
    return Response.json(await listQuarantine(db, parseSearch(url, quarantineSearch)));
  },
});

export const action = loader;
