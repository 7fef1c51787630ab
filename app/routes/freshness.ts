import { servicesContext } from "~/context.ts";
import type { Route } from "./+types/freshness";

/** How old the data is, and what was not read; asked again and again by the frame of an open page. */
export async function loader({ context }: Route.LoaderArgs) {
  const { clock, frame } = context.get(servicesContext);
  const { openLetters: _, ...facts } = await frame(clock.now());
  const headers = { "Cache-Control": "no-store" };
  return Response.json(facts, { headers });
}
