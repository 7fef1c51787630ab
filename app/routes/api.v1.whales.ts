import { servicesContext } from "~/context.ts";
import { followWhale } from "~/features/whales/commands.server.ts";
import { followInput } from "~/features/whales/follow-input.ts";
import { apiWhaleOf, getWhale, listWhales, whaleSearch } from "~/features/whales/queries.server.ts";
import { notFound, parseInput, parseSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { readJson } from "~/lib/request-body.server.ts";

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db } = context.get(servicesContext);
    const page = await listWhales(db, parseSearch(url, whaleSearch));
    return Response.json({ ...page, data: page.data.map(apiWhaleOf) });
  },
  POST: async ({ request, context }) => {
    const services = context.get(servicesContext);
    const input = parseInput(followInput, await readJson(request));
    const { id, created } = await followWhale(services, input);
    const whale = await getWhale(services.db, id);
    if (!whale) throw notFound("whale");
    return Response.json({ data: apiWhaleOf(whale) }, { status: created ? 201 : 200 });
  },
});

export const action = loader;
