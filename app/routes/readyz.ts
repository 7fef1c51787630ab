import { servicesContext } from "~/context.ts";
import type { Route } from "./+types/readyz";

/** Whether the process can serve and work: 200, or 503 with what is missing. */
export async function loader({ context }: Route.LoaderArgs) {
  const reasons = await context.get(servicesContext).readiness();
  const headers = { "Cache-Control": "no-store" };
  if (reasons.length === 0) return Response.json({ status: "ready" }, { headers });
  return Response.json({ status: "not ready", reasons }, { status: 503, headers });
}
