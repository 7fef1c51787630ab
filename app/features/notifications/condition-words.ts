const WORDS: Record<string, string> = {
  "job-failing": "failing",
  "data-old": "late",
  quarantine: "rows that cannot be read",
  "host-paused": "requests paused",
};

/** The key of a condition that stands in words: "job-failing:markets" as "markets failing". */
export function conditionWords(key: string): string {
  const [kind = "", of = ""] = key.split(":");
  return `${of} ${WORDS[kind] ?? kind}`.trim();
}
