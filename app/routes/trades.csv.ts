import { z } from "zod";
import { servicesContext } from "~/context.ts";
import { tradesCsv } from "~/features/trades/csv.server.ts";
import {
  getTradeSubjects,
  tradeFilterFields,
  tradeFilterOf,
} from "~/features/trades/trade-search.server.ts";
import { parsePageSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { guardApi } from "~/middleware/guard.server.ts";

const search = z.strictObject(tradeFilterFields);

export const middleware = [guardApi];

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, venues, clock } = context.get(servicesContext);
    const now = clock.now();
    const filter = tradeFilterOf(parsePageSearch(url, search), { now, venues });
    // Refuses ids that name nothing, rather than sending an empty file.
    await getTradeSubjects(db, filter);
    const day = new Date(now).toISOString().slice(0, 10);
    return new Response(tradesCsv(db, filter), {
      headers: {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": `attachment; filename="trades-${day}.csv"`,
        // As it is: the server's compression keeps a listener for every batch of a long file.
        "cache-control": "no-store, no-transform",
      },
    });
  },
});

export const action = loader;
