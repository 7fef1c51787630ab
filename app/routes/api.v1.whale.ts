import { servicesContext } from "~/context.ts";
import { unfollowWhale } from "~/features/whales/commands.server.ts";
import { apiWhaleOf, getWhale } from "~/features/whales/queries.server.ts";
import { notFound, parseId } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";

export const loader = apiHandler({
  GET: async ({ params, context }) => {
    const { db } = context.get(servicesContext);
    const whale = await getWhale(db, parseId(params.id, "whale"));
    if (!whale) throw notFound("whale");
    return Response.json({ data: apiWhaleOf(whale) });
  },
  DELETE: async ({ params, context }) => {
    const { db } = context.get(servicesContext);
    if (!(await unfollowWhale(db, parseId(params.id, "whale")))) throw notFound("whale");
    return new Response(null, { status: 204 });
  },
});

export const action = loader;
