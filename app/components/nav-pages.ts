import type { PageHandle } from "./page-handle.ts";

/** A page of the main navigation; its scope is that of the route's `handle`. */
export type NavPage = Pick<PageHandle, "venue" | "windows"> & {
  to: string;
  label: string;
  /** The key that, after g, goes there. */
  key: string;
};

/** The main navigation, in its order. */
export const NAV_PAGES: readonly NavPage[] = [
  {
    to: "/",
    label: "Feed",
    key: "f",
    venue: true,
    windows: { offered: ["1h", "24h", "7d", "30d", "all"], initial: "all" },
  },
  { to: "/markets", label: "Markets", key: "m", venue: true },
  {
    to: "/whales",
    label: "Whales",
    key: "w",
    venue: true,
    windows: { offered: ["24h", "7d", "30d", "all"], initial: "7d" },
  },
  {
    to: "/syncs",
    label: "Syncs",
    key: "s",
    windows: { offered: ["1h", "24h", "7d", "30d", "all"], initial: "all" },
  },
  {
    to: "/runs",
    label: "Runs",
    key: "r",
    windows: { offered: ["1h", "24h", "7d", "all"], initial: "all" },
  },
  {
    to: "/dead-letters",
    label: "Dead letters",
    key: "d",
    windows: { offered: ["1h", "24h", "7d", "30d", "all"], initial: "all" },
  },
];

/** The address of a page with as much of the current venue and window as that page takes. */
export function scopedPath(page: NavPage, current: URLSearchParams): string {
  const carried = new URLSearchParams();
  const venue = current.get("venue");
  if (page.venue && venue) carried.set("venue", venue);
  const window = page.windows?.offered.find((offered) => offered === current.get("window"));
  if (window) carried.set("window", window);
  return carried.size > 0 ? `${page.to}?${carried}` : page.to;
}
