import { ERROR_CODES, isErrorCode } from "~/reliability/errors.ts";
import type { SyncItem } from "./queries.server.ts";
import { SYNC_SCHEDULE } from "./schedule.ts";

type Run = Pick<SyncItem, "type" | "status" | "errorCode" | "quarantined">;

/** What a status of a run means and what follows from it. */
export type RunWords = { meaning: string; next: string };

/** Explains how a run stands, for a person who has to decide whether to do something. */
export function runWords(run: Run): RunWords {
  const schedule = `The job runs ${SYNC_SCHEDULE[run.type].words}.`;
  switch (run.status) {
    case "running":
      return {
        meaning: "The run is under way; its figures grow as its steps report.",
        next: run.errorCode ? `An attempt failed: ${adviceFor(run.errorCode)}` : "",
      };
    case "completed":
      return {
        meaning:
          run.quarantined > 0
            ? "Everything was read; rows that failed their schema are kept below and read again."
            : "Everything that was asked for was done.",
        next: "",
      };
    case "incomplete":
      return {
        meaning: "A part of the work was not done; what was stored is kept.",
        next: `It heals by itself: the next run takes up what is left. ${schedule}`,
      };
    case "failed":
      return {
        meaning: "The run gave up; what it had stored until then is kept.",
        next: `${adviceFor(run.errorCode)} ${schedule} Each run takes up where the data ends, so nothing is lost.`,
      };
    case "skipped":
      return {
        meaning: "The run had a reason not to start, and left the data as it was.",
        next: run.errorCode ? adviceFor(run.errorCode) : schedule,
      };
  }
}

/** The error of a run or step as its code and message; empty where there is none. */
export function errorText({
  errorCode,
  errorMessage,
}: Pick<SyncItem, "errorCode" | "errorMessage">): string {
  return [errorCode, errorMessage].filter(Boolean).join(": ");
}

/** What a person can do about an error of the taxonomy; empty for none and for a code that is not of it. */
export function adviceFor(code: string | null): string {
  return code !== null && isErrorCode(code) ? ERROR_CODES[code].advice : "";
}
