import { z } from "zod";
import type { Prisma } from "~/generated/prisma/client.ts";
import { oneOf, timeParameter } from "~/lib/api-errors.ts";
import { sinceOf, WINDOWS } from "~/lib/windows.ts";

export const LETTER_STATUSES = ["open", "replayed", "discarded"] as const;

export type LetterStatus = (typeof LETTER_STATUSES)[number];

const words = z.string().regex(/^\P{Cc}{1,200}$/u, "must have 1 to 200 characters");

/** What letters can be chosen by, as search parameters. */
export const letterFields = {
  code: words.optional(),
  function: words.optional(),
  fingerprint: words.optional(),
  stream: words.optional(),
};

/**
 * The open letters that a replay or a discard is about, frozen in time: a letter that fails after `until` is not of them, however often
 * the filter is looked at.
 */
export const frozenFilter = z.strictObject({
  ...letterFields,
  /** One letter alone. */
  letter: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, "must be the id of a letter")
    .optional(),
  from: timeParameter.optional(),
  until: timeParameter,
});

export type FrozenFilter = z.output<typeof frozenFilter>;

/** Query string of the pages that say what would be done with letters: a filter that may still have to be frozen. */
export const chosenSearch = frozenFilter.extend({
  until: timeParameter.optional(),
  window: oneOf(WINDOWS).optional(),
});

/** A choice of letters as it stands at this moment (epoch milliseconds). */
export function freeze(
  { window, ...chosen }: Partial<z.output<typeof chosenSearch>>,
  now: number,
): FrozenFilter {
  const from = chosen.from ?? sinceOf(window, now)?.toISOString();
  return { ...chosen, from, until: chosen.until ?? new Date(now).toISOString() };
}

/** A filter as the query string of a page. */
export function searchOf(filter: Partial<Record<string, string | undefined>>): string {
  const fields = Object.entries(filter).filter((field): field is [string, string] => !!field[1]);
  return new URLSearchParams(fields).toString();
}

/** The open letters of the filter that no running replay has. */
export function freeLetters(filter: FrozenFilter): Prisma.DeadLetterWhereInput {
  return {
    ...lettersOf(filter),
    OR: [{ replayId: null }, { replay: { status: { not: "running" } } }],
  };
}

/** The open letters of the filter. */
export function lettersOf(filter: FrozenFilter): Prisma.DeadLetterWhereInput {
  return {
    status: "open",
    id: filter.letter === undefined ? undefined : Number(filter.letter),
    errorCode: filter.code,
    functionId: filter.function,
    fingerprint: filter.fingerprint,
    stream: filter.stream,
    failedAt: { gte: filter.from, lte: filter.until },
  };
}
