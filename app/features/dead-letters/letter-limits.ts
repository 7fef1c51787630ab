import { KEPT_DAYS } from "~/reliability/kept-days.ts";

/** A replay or a discard takes so many letters at a time, the oldest first; the rest are left as they are. */
export const MOST_LETTERS = 10_000;

/** Days after its failure for which a letter is kept. */
export const LETTER_DAYS = KEPT_DAYS.failure;

/** Open letters older than so many days are warned of. */
export const OLD_DAYS = 80;
