import { Outlet } from "react-router";
import { guardPages } from "~/middleware/guard.server.ts";

export const middleware = [guardPages];

// A loader of its own makes the guard run for every navigation too.
export const loader = () => null;

export default function Pages() {
  return <Outlet />;
}
