import { servicesContext } from "~/context.ts";
import { followWhale } from "~/features/whales/commands.server.ts";
import { followInput } from "~/features/whales/follow-input.ts";
import {
  apiRankedWhaleOf,
  leaderboardApiSearch,
  leaderboardFilterOf,
  listLeaderboard,
} from "~/features/whales/leaderboard.server.ts";
import { apiWhaleOf, getWhale, listWhales, whaleSearch } from "~/features/whales/queries.server.ts";
import { notFound, parseInput, parseSearch } from "~/lib/api-errors.ts";
import { apiHandler } from "~/lib/api-handler.server.ts";
import { readJson } from "~/lib/request-body.server.ts";

/** Every whale in an order that stays; with `sort` the ranking of the page /whales. */
export const loader = apiHandler({
  GET: async ({ url, context }) => {
    const { db, venues } = context.get(servicesContext);
    if (!url.searchParams.has("sort")) {
      const page = await listWhales(db, parseSearch(url, whaleSearch));
      return Response.json({ ...page, data: page.data.map(apiWhaleOf) });
    }
    const { cursor, limit, ...search } = parseSearch(url, leaderboardApiSearch);
    const filter = leaderboardFilterOf(search, venues);
    const page = await listLeaderboard(db, { ...filter, cursor, limit });
    return Response.json({ ...page, data: page.data.map(apiRankedWhaleOf) });
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
