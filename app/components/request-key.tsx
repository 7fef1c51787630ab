import { useState } from "react";
import { useLocation, useRouteLoaderData } from "react-router";
import type { loader } from "~/root.tsx";

/**
 * Hidden field of a form that starts something: a click that is delivered twice carries the same key and starts it once. The key is the
 * server's, and a page that reloads its data by itself keeps it until the person has sent the form or gone elsewhere.
 */
export function RequestKey() {
  const { key: place } = useLocation();
  const value = useRouteLoaderData<typeof loader>("root")?.requestKey ?? "";
  const [held, hold] = useState({ place, value });
  if (held.place !== place) hold({ place, value });
  if (held.value === "") return null;
  return <input type="hidden" name="requestKey" value={held.value} />;
}
