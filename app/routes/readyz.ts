import { servicesContext } from "~/context.ts";
import type { Route } from "./+types/readyz";

/** Whether the process can serve and work: 200, or 503 with what is missing. */
export async function loader({ context }: Route.LoaderArgs) {
  const readiness = await context.get(servicesContext).readiness();
  return Response.json(readiness, {
    status: readiness.status === "ready" ? 200 : 503,
    headers: { "Cache-Control": "no-store" },
  });
}
