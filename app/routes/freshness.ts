import { servicesContext } from "~/context.ts";
import { getFreshness } from "~/features/syncs/freshness.server.ts";
import type { Route } from "./+types/freshness";

/** How old the data is; asked again and again by the frame of an open page. */
export async function loader({ context }: Route.LoaderArgs) {
  const { db, clock } = context.get(servicesContext);
  return Response.json(await getFreshness(db, clock.now()), {
    headers: { "Cache-Control": "no-store" },
  });
}
