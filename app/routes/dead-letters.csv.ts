import { servicesContext } from "~/context.ts";
import { LETTER_COLUMNS } from "~/features/dead-letters/csv.ts";
import { letterPageSearch, listLetters } from "~/features/dead-letters/queries.server.ts";
import { parsePageSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { csvResponse } from "~/lib/csv.server.ts";
import { sinceOf } from "~/lib/windows.ts";
import { guardApi } from "~/middleware/guard.server.ts";

const search = letterPageSearch.omit({ cursor: true });

export const middleware = [guardApi];

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, clock } = context.get(servicesContext);
    const now = clock.now();
    const { window, ...filter } = parsePageSearch(url, search);
    const since = sinceOf(window, now);
    return csvResponse(
      {
        name: "dead-letters",
        columns: LETTER_COLUMNS,
        read: (place) => listLetters(db, { ...filter, since, ...place }),
      },
      { now },
    );
  },
});

export const action = loader;
