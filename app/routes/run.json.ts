import { servicesContext } from "~/context.ts";
import { parseRunId, runNotFound } from "~/features/runs/run.server.ts";
import { getWholeJson, wholeJsonSearch } from "~/features/runs/whole-json.server.ts";
import { parsePageSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { guardApi } from "~/middleware/guard.server.ts";

export const middleware = [guardApi];

/** The texts of a run that its page cuts off: events, output, error, a step's result, an attempt's error. */
export const loader = apiHandler({
  GET: async ({ params, url, context }) => {
    const runId = parseRunId(params.id);
    const what = parsePageSearch(url, wholeJsonSearch);
    const text = await getWholeJson(context.get(servicesContext).db, runId, what);
    if (text === null) throw runNotFound();
    return new Response(text, { headers: { "content-type": "application/json; charset=utf-8" } });
  },
});

export const action = loader;
