/** What a change can be about; an open page names those it shows and is told of no others. */
export const LIVE_TOPICS = ["trades", "markets", "whales", "syncs"] as const;

export type LiveTopic = (typeof LIVE_TOPICS)[number];
