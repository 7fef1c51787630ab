/** Days for which the history of work is kept: what went well, and what a person may have to look into. */
export const KEPT_DAYS = { success: 1, failure: 90 } as const;
