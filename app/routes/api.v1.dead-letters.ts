import { servicesContext } from "~/context.ts";
import { letterSearch, listLetters } from "~/features/dead-letters/queries.server.ts";
import { parseSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { sinceOf } from "~/lib/windows.ts";

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, clock } = context.get(servicesContext);
    const { window, ...query } = parseSearch(url, letterSearch);
    return Response.json(await listLetters(db, { ...query, since: sinceOf(window, clock.now()) }));
  },
});

export const action = loader;
