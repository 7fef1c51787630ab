import { formatUtc } from "~/lib/format.ts";

/** A stopped schedule; `since` ISO UTC, `reason` as the person gave it. */
export type Pause = { since: string; reason: string | null };

/** Longest reason that is kept, in characters. */
export const REASON_LENGTH = 200;

const BEGIN = "The schedule is paused since";

/** Why a run of a paused job was skipped. */
export function pauseNote({ since, reason }: Pause): string {
  return `${BEGIN} ${formatUtc(since)}${reason ? `: ${reason}` : "."}`;
}

/** Whether a run's note says that it was skipped because its job was paused. */
export function isPauseNote(note: string | null): boolean {
  return note?.startsWith(BEGIN) ?? false;
}
