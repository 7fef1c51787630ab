import { redirect } from "react-router";
import { servicesContext } from "~/context.ts";
import { guardSource } from "~/middleware/guard.server.ts";
import { endSession } from "~/middleware/session.server.ts";
import type { Route } from "./+types/sign-out";

export const middleware = [guardSource];

export const loader = () => redirect("/");

export async function action({ request, context }: Route.ActionArgs) {
  const { ADMIN_TOKEN } = context.get(servicesContext).env;
  if (!ADMIN_TOKEN) return redirect("/");
  return redirect("/", { headers: { "Set-Cookie": await endSession(request, ADMIN_TOKEN) } });
}
