import { servicesContext } from "~/context.ts";
import { getUnread } from "~/features/notifications/queries.server.ts";
import { getFreshness } from "~/features/syncs/freshness.server.ts";
import type { Route } from "./+types/freshness";

/** How old the data is, and what was not read; asked again and again by the frame of an open page. */
export async function loader({ context }: Route.LoaderArgs) {
  const { db, clock } = context.get(servicesContext);
  const [freshness, unread] = await Promise.all([getFreshness(db, clock.now()), getUnread(db)]);
  const headers = { "Cache-Control": "no-store" };
  return Response.json({ ...freshness, unread }, { headers });
}
