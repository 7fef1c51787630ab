import { z } from "zod";

/** A stretch of a wallet's history, both ends included; ISO UTC. */
export type BackfillRange = { from: string; to: string };

const DAY_MS = 86_400_000;
/** Days that are offered at first. */
const OFFERED_DAYS = 7;

const MOMENT = "must be a date like 2026-01-31, or a time like 2026-01-31T12:00:00Z";
const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })], MOMENT);
/** Before any trade, and what Postgres and JavaScript both know. */
const EARLIEST = Date.parse("1970-01-01T00:00:00Z");

/**
 * A range as a form or the API gives it: dates (UTC days, the last one whole) or times. It comes out as times that have passed.
 * @param now epoch milliseconds
 */
export function backfillInput(now: number) {
  return z.strictObject({ from: moment, to: moment }).transform((given, context): BackfillRange => {
    const from = Date.parse(given.from);
    const day = given.to.length === 10;
    const to = Date.parse(given.to);
    const refuse = (path: "from" | "to", message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (!(from >= EARLIEST)) refuse("from", "must not be before 1970");
    else if (from > now) refuse("from", "must not be in the future");
    if (to > now) refuse("to", "must not be in the future");
    else if (from > to) refuse("from", "must not be after the end of the range");
    if (context.issues.length > 0) return z.NEVER;
    const end = day ? Math.min(now, to + DAY_MS - 1) : to;
    return { from: new Date(from).toISOString(), to: new Date(end).toISOString() };
  });
}

/**
 * The range that is offered at first, as UTC dates: today and the six days before.
 * @param now epoch milliseconds
 */
export function offeredRange(now: number): { from: string; to: string } {
  const date = (at: number) => new Date(at).toISOString().slice(0, 10);
  return { from: date(now - (OFFERED_DAYS - 1) * DAY_MS), to: date(now) };
}

/** What came of a range that a form gave: the range, or what is wrong with each field. */
type ParsedRange =
  | { range: BackfillRange; errors: null }
  | { range: null; errors: { from?: string; to?: string } };

/** Checks a range for a form. */
export function parseRange(given: { from: string; to: string }, now: number): ParsedRange {
  const parsed = backfillInput(now).safeParse(given);
  if (parsed.success) return { range: parsed.data, errors: null };
  const { fieldErrors } = z.flattenError(parsed.error);
  return { range: null, errors: { from: fieldErrors.from?.[0], to: fieldErrors.to?.[0] } };
}
