import { isPauseNote } from "./pause.ts";
import type { SyncItem } from "./queries.server.ts";
import { adviceFor } from "./run-words.ts";

/** What a status of a run means, whether data is lost by it, and what happens next. */
export type StatusWords = { means: string; data: string; next: string };

/** The statuses that need explaining, by what they ask of a person. */
export const STATUS_WORDS = {
  skipped: {
    means:
      "The run did not start, for the reason it names: an earlier run of the job is at work, the schedule is paused, nobody is followed, or a key is missing or refused.",
    data: "No data is lost: it read nothing and changed nothing.",
    next: "The next run starts once the reason is gone, and reads on from where the data ends. The same reason again only moves the time of its row.",
  },
  incomplete: {
    means:
      "A part of the work was not done: some wallets could not be read, or the run's time was over.",
    data: "No data is lost: what was read is stored, and where each read ended is kept.",
    next: "It heals by itself: the next run takes up what is left. Look closer only if it happens again and again.",
  },
  failed: {
    means: "The run gave up after all its attempts.",
    data: "No data is lost: what was stored stays, and the venue serves its history again.",
    next: "The next run reads on from where the data ends. The event is kept as a dead letter, from where it can be replayed.",
  },
} as const satisfies Record<string, StatusWords>;

/**
 * Why a run that was skipped, or is incomplete, has cost no data, and what does its work instead; from what the run itself says.
 * @returns null for a run of another status
 */
export function consequenceOf(
  run: Pick<SyncItem, "status" | "note" | "errorCode" | "partsFailed">,
): string | null {
  if (run.status === "incomplete") {
    return run.partsFailed > 0
      ? "No data is lost: the next run reads these wallets again, from where each read ended."
      : "No data is lost: the next run goes on where this one ended.";
  }
  if (run.status !== "skipped") return null;
  if (isPauseNote(run.note)) {
    return "No data is lost: the first run after the pause reads on from where the data ends.";
  }
  const advice = adviceFor(run.errorCode);
  if (advice) return `${advice} No data is lost meanwhile.`;
  return "No data is lost: it changed nothing, and the next run starts once the reason is gone.";
}
