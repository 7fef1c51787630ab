/** What a change can be about; an open page names those it shows and is told of no others. */
export const LIVE_TOPICS = [
  "trades",
  "markets",
  "whales",
  "syncs",
  "runs",
  "dead-letters",
  "notifications",
] as const;

export type LiveTopic = (typeof LIVE_TOPICS)[number];

/** The Postgres channel on which a committed change is told; the payload is its topic. */
export const LIVE_CHANNEL = "opinion_scope";
