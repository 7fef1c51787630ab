import { servicesContext } from "~/context.ts";
import { WHALE_COLUMNS } from "~/features/whales/csv.ts";
import {
  leaderboardFileSearch,
  leaderboardFilterOf,
  listLeaderboard,
} from "~/features/whales/leaderboard.server.ts";
import { parsePageSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { csvResponse } from "~/lib/csv.server.ts";
import { guardApi } from "~/middleware/guard.server.ts";

export const middleware = [guardApi];

export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, venues, clock } = context.get(servicesContext);
    const filter = leaderboardFilterOf(parsePageSearch(url, leaderboardFileSearch), venues);
    return csvResponse(
      {
        name: `whales-${filter.window}`,
        columns: WHALE_COLUMNS,
        read: (place) => listLeaderboard(db, { ...filter, ...place }),
      },
      { now: clock.now() },
    );
  },
});

export const action = loader;
