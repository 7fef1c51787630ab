const TABLES: Record<string, string> = {
  trades: "Trades",
  "prices-hourly": "Prices, thinned to hours",
  "prices-daily": "Prices, thinned to days",
  "sync-parts": "Steps of runs",
  "sync-logs": "Runs",
  quarantine: "Quarantined rows",
  attempts: "Successful attempts",
  "failed-attempts": "Failed attempts",
  runs: "Runs of actions",
  "dead-letters": "Dead letters",
  "dead-letter-groups": "Groups of dead letters",
  replays: "Replays",
  notifications: "Notifications",
  "engine-leftovers": "Leftovers of the job engine",
};

const LISTS: Record<string, string> = {
  walk: "Open markets",
  check: "Markets that left the list",
  prices: "Prices",
};

/** What a step does, in words, from its key ("opinion-walk-0", "trades-2"); a key of another form stands for itself. */
export function stepName(key: string): string {
  const numbered = /^(.+)-(\d+)$/.exec(key);
  if (!numbered) return key.endsWith("-leaderboard") ? "Leaderboard" : key;
  const [, what = "", place = "0"] = numbered;
  const name = what === "batch" ? "Whales" : (TABLES[what] ?? LISTS[what.replace(/^[^-]+-/, "")]);
  return name ? `${name} ${Number(place) + 1}` : key;
}
