import type { LiveTopic } from "~/lib/live-topics.ts";
import type { TimeWindow } from "~/lib/windows.ts";

/** What a page's route exports as `handle`: what the frame around it needs to know. */
export type PageHandle = {
  /** The page is loaded anew when one of these has changed. */
  live?: readonly LiveTopic[];
  /** The header offers the venue switch; the page reads the search parameter `venue` (an id; absent = every venue). */
  venue?: true;
  /** The header offers these windows; the page reads the search parameter `window` (absent = `initial`). */
  windows?: { offered: readonly TimeWindow[]; initial: TimeWindow };
};
