import { z } from "zod";
import { servicesContext } from "~/context.ts";
import { getSync } from "~/features/syncs/queries.server.ts";
import { stepFields } from "~/features/syncs/step-csv.ts";
import { listSteps } from "~/features/syncs/steps.server.ts";
import { limitParameter, notFound, parseId, parseSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";

const search = stepFields.extend({ cursor: z.string().optional(), limit: limitParameter });

export const loader = apiHandler({
  GET: async ({ params, url, context }) => {
    const { db } = context.get(servicesContext);
    const syncLogId = parseId(params.id, "sync");
    const { steps, cursor, limit } = parseSearch(url, search);
    if (!(await getSync(db, syncLogId))) throw notFound("sync");
    const failed = steps === "failed";
    const page = await listSteps(db, { syncLogId, failed, cursor, limit });
    const data = page.data.map(({ whale, ...step }) => ({
      ...step,
      whale: whale && { ...whale, id: String(whale.id) },
    }));
    return Response.json({ ...page, data });
  },
});

export const action = loader;
