import { errorResponse } from "~/lib/api-errors.ts";
import type { Route } from "./+types/not-found";

export function loader({ url }: Route.LoaderArgs): never {
  throw errorResponse(404, `There is no page ${url.pathname}. It may have moved, or never been.`);
}

export const action = loader;

export default function NotFound() {
  return null;
}
