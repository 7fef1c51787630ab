import { z } from "zod";
import { servicesContext } from "~/context.ts";
import { TRADE_COLUMNS } from "~/features/trades/csv.ts";
import { listTrades } from "~/features/trades/queries.server.ts";
import {
  getTradeSubjects,
  tradeFilterFields,
  tradeFilterOf,
} from "~/features/trades/trade-search.server.ts";
import { parsePageSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { csvResponse } from "~/lib/csv.server.ts";
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
    return csvResponse(
      {
        name: "trades",
        columns: TRADE_COLUMNS,
        read: (place) => listTrades(db, { ...filter, ...place }),
      },
      { now },
    );
  },
});

export const action = loader;
