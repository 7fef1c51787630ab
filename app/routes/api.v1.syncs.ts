import { servicesContext } from "~/context.ts";
import { requestSync } from "~/features/syncs/commands.server.ts";
import { listSyncs, syncRequest, syncSearch } from "~/features/syncs/queries.server.ts";
import { parseInput, parseSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { readJson } from "~/lib/request-body.server.ts";

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db } = context.get(servicesContext);
    return Response.json(await listSyncs(db, parseSearch(url, syncSearch)));
  },
  POST: async ({ request, context }) => {
    const { type } = parseInput(syncRequest, await readJson(request));
    const eventId = await requestSync(context.get(servicesContext).send, type);
    return Response.json({ data: { eventId } }, { status: 202 });
  },
});

export const action = loader;
