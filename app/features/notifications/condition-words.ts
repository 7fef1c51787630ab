import { SYNC_SCHEDULE, SYNC_TYPES } from "~/features/syncs/schedule.ts";

const WORDS: Record<string, string> = {
  "job-failing": "failing",
  "data-old": "late",
  quarantine: "rows that cannot be read",
  "host-paused": "requests paused",
};

/** The key of a condition that stands in words: "job-failing:whales" as "Whale trades failing". */
export function conditionWords(key: string): string {
  const [kind = "", of = ""] = key.split(":");
  const type = SYNC_TYPES.find((name) => name === of);
  return `${type ? SYNC_SCHEDULE[type].name : of} ${WORDS[kind] ?? kind}`.trim();
}
