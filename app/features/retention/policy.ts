import type { Prisma } from "~/generated/prisma/client.ts";

/** What is removed, in the order in which it goes: parts before what they belong to. One and many of them, in words. */
const REMOVED = {
  trades: ["trade", "trades"],
  "prices-hourly": ["price of the last month", "prices of the last month"],
  "prices-daily": ["older price", "older prices"],
  "sync-parts": ["step of a sync", "steps of syncs"],
  "sync-logs": ["sync", "syncs"],
  quarantine: ["healed row", "healed rows"],
  attempts: ["successful attempt", "successful attempts"],
  "failed-attempts": ["failed attempt", "failed attempts"],
  runs: ["run", "runs"],
  "dead-letters": ["dead letter", "dead letters"],
  "dead-letter-groups": ["group of dead letters", "groups of dead letters"],
  replays: ["replay", "replays"],
  notifications: ["notification", "notifications"],
  "engine-leftovers": ["leftover of the job engine", "leftovers of the job engine"],
} as const satisfies Record<string, readonly [one: string, many: string]>;

export type RetentionTarget = keyof typeof REMOVED;

export const RETENTION_TARGETS = Object.keys(REMOVED) as RetentionTarget[];

/**
 * What a clean-up removed, in words.
 * @param unfinished of these, more is left than one clean-up may remove
 */
export function describeRemoved(
  removed: Partial<Record<RetentionTarget, number>>,
  unfinished: RetentionTarget[],
): string {
  const parts = RETENTION_TARGETS.flatMap((target) => {
    const count = removed[target] ?? 0;
    const [one, many] = REMOVED[target];
    return count > 0 ? [`${count.toLocaleString("en")} ${count === 1 ? one : many}`] : [];
  });
  const left = unfinished.map((target) => REMOVED[target][1]).join(", ");
  const rest = left ? ` Left for the next clean-up: more ${left}.` : "";
  return `${parts.length > 0 ? `Removed ${parts.join(", ")}` : "Nothing was past its retention"}.${rest}`;
}

/**
 * What becomes of the rows of every model: what removes them (a target of the clean-up, the rows they belong to, or the job engine), or
 * why they stay.
 */
export const RETENTION: Record<
  Prisma.ModelName,
  | { removedBy: readonly RetentionTarget[] }
  | { goesWith: Prisma.ModelName }
  | { removedByEngine: string }
  | { stays: string }
> = {
  Market: {
    stays: "The venue's catalog, a row for each of its markets; trades and positions name it.",
  },
  PricePoint: { removedBy: ["prices-hourly", "prices-daily"] },
  Whale: { stays: "A row for each wallet that was ever seen." },
  Trade: { removedBy: ["trades"] },
  WhaleStats: { stays: "Four rows for each whale, replaced every hour." },
  Position: { stays: "What a whale's fills add up to; outlives them." },
  WhaleDay: { stays: "A row for each day that a whale traded on; outlives the fills." },
  StreamState: { stays: "A row for each list of a venue: how far it has been read." },
  SyncLog: { removedBy: ["sync-logs"] },
  SyncPart: { removedBy: ["sync-parts", "sync-logs"] },
  QuarantinedRow: { removedBy: ["quarantine"] },
  Run: { removedBy: ["runs"] },
  RunAttempt: { removedBy: ["attempts", "failed-attempts"] },
  DeadLetterGroup: { removedBy: ["dead-letter-groups"] },
  DeadLetter: { removedBy: ["dead-letters"] },
  Replay: { removedBy: ["replays"] },
  Notification: { removedBy: ["notifications"] },
  Condition: { goesWith: "Notification" },
  JobPause: { stays: "A row for each job at most." },
  EngineApp: { stays: "A row for each app that is registered." },
  EngineFunction: { stays: "A row for each function that is registered." },
  EngineRun: { removedBy: ["engine-leftovers"] },
  EngineEvent: { removedBy: ["engine-leftovers"] },
  EngineRunEvent: { removedBy: ["engine-leftovers"] },
  EngineStep: { removedBy: ["engine-leftovers"] },
  EngineAttempt: { removedBy: ["engine-leftovers"] },
  EngineEventKey: { removedBy: ["engine-leftovers"] },
  EngineRate: { removedBy: ["engine-leftovers"] },
  EnginePause: { removedByEngine: "Removed when its run ends." },
  EngineJob: { removedByEngine: "Removed when it is done, or when its run ends." },
  EngineGathering: { removedByEngine: "Removed when it becomes a run." },
};
