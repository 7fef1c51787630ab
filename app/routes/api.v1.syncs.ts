import { servicesContext } from "~/context.ts";
import { requestSync } from "~/features/syncs/commands.server.ts";
import {
  listSyncs,
  syncFilterOf,
  syncRequest,
  syncSearch,
} from "~/features/syncs/queries.server.ts";
import { parseInput, parseSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { readJson } from "~/lib/request-body.server.ts";
import { idempotencyKeyOf } from "~/lib/request-key.server.ts";

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, clock } = context.get(servicesContext);
    const { cursor, limit, ...search } = parseSearch(url, syncSearch);
    const filter = syncFilterOf(search, clock.now());
    return Response.json(await listSyncs(db, { ...filter, cursor, limit }));
  },
  POST: async ({ request, context }) => {
    const { type } = parseInput(syncRequest, await readJson(request));
    const requestKey = idempotencyKeyOf(request);
    const eventId = await requestSync(context.get(servicesContext).send, type, { requestKey });
    return Response.json({ data: { eventId } }, { status: 202 });
  },
});

export const action = loader;
