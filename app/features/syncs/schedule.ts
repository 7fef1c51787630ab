/**
 * The jobs a person can see and start, by their name, with their schedule (UTC). `intervalMs`: how old the last success may get.
 * `objective`: percent of the runs with work that should complete, and why so many.
 */
export const SYNC_SCHEDULE = {
  markets: {
    name: "Markets",
    cron: "*/5 * * * *",
    words: "every 5 minutes",
    intervalMs: 300_000,
    purpose: "Reads the venue's markets and their prices.",
    readsVenue: true,
    objective: 99,
    objectiveWhy:
      "The next run makes up for a failed one; at this rate prices are ten minutes old three times a day.",
  },
  whales: {
    name: "Whale trades",
    cron: "* * * * *",
    words: "every minute",
    intervalMs: 60_000,
    purpose: "Reads new trades of every followed wallet that is due.",
    readsVenue: true,
    objective: 99,
    objectiveWhy:
      "The next run reads what a failed one left; at this rate trades come a minute late a quarter of an hour a day.",
  },
  discovery: {
    name: "Discovery",
    cron: "0 0 * * *",
    words: "daily at 00:00 UTC",
    intervalMs: 86_400_000,
    purpose: "Finds large traders on the venue's leaderboard.",
    readsVenue: true,
    objective: 80,
    objectiveWhy:
      "The leaderboard is read as well as it can be; who is missed one day is found the next.",
  },
  stats: {
    name: "Statistics",
    cron: "0 * * * *",
    words: "hourly, on the hour",
    intervalMs: 3_600_000,
    purpose: "Computes volumes and counts per whale.",
    readsVenue: false,
    objective: 95,
    objectiveWhy: "Figures may be an hour older once a day.",
  },
  cleanup: {
    name: "Clean-up",
    cron: "0 3 * * *",
    words: "daily at 03:00 UTC",
    intervalMs: 86_400_000,
    purpose: "Removes what is older than the retention.",
    readsVenue: false,
    objective: 80,
    objectiveWhy: "What one night leaves is removed the next.",
  },
} as const;

export type SyncType = keyof typeof SYNC_SCHEDULE;

export const SYNC_TYPES = [
  "markets",
  "whales",
  "discovery",
  "stats",
  "cleanup",
] as const satisfies readonly SyncType[];
