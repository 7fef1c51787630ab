import type { Tone } from "~/components/status.tsx";
import type { LetterStatus } from "./letter-filter.ts";
import type { Outcome, ReplayItem } from "./replays.server.ts";

/** How the status of a letter is to be taken. */
export const LETTER_TONES: Record<LetterStatus, Tone> = {
  open: "bad",
  replayed: "good",
  discarded: "neutral",
};

/** How the status of a replay is to be taken. */
export const REPLAY_TONES: Record<ReplayItem["status"], Tone> = {
  running: "busy",
  completed: "good",
  aborted: "warn",
};

/** What became of a letter in a replay, in words and how it is to be taken. */
export const OUTCOME_WORDS: Record<Outcome, { word: string; tone: Tone }> = {
  waiting: { word: "waiting", tone: "neutral" },
  running: { word: "running", tone: "busy" },
  succeeded: { word: "succeeded", tone: "good" },
  failed: { word: "failed again", tone: "bad" },
};
