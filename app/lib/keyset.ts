import { z } from "zod";
import { errorResponse, timeParameter } from "./api-errors.ts";

/** One page of a list; `nextCursor` continues it, null = this was the end. */
export type Page<Row> = { data: Row[]; nextCursor: string | null };

const id = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, { abort: true })
  .refine((value) => BigInt(value) <= 9_223_372_036_854_775_807n);

const intId = z
  .string()
  .regex(/^[1-9]\d{0,9}$/)
  .refine((value) => Number(value) <= 2_147_483_647);

const decimal = z.string().regex(/^-?\d{1,29}(\.\d{1,36})?$/);

/** Lists by time and id, newest first: [ISO time, id]. */
export const timeCursor = z.tuple([timeParameter, id]);
/** As `timeCursor`, of a table whose ids are int4. */
export const timeIntCursor = z.tuple([timeParameter, intId]);
/** As `timeIntCursor`; a null time means the rows without one, which come last. */
export const nullableTimeCursor = z.tuple([timeParameter.nullable(), intId]);
/** Lists by id: [id]. */
export const idCursor = z.tuple([intId]);
/** Lists by a decimal that may be missing, largest first, missing ones last: [decimal or null, id]. */
export const decimalCursor = z.tuple([decimal.nullable(), intId]);
/** Lists by time, oldest first, and a text key; a null time means the rows without one, which come last: [ISO time or null, key]. */
export const timeKeyCursor = z.tuple([
  timeParameter.nullable(),
  z.string().regex(/^\P{Cc}{1,200}$/u),
]);

/** The place after a row, opaque to callers and safe in a URL. */
export function encodeCursor(place: readonly (string | null)[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/**
 * The place a cursor stands for; null when there is none.
 * @param schema the shape that the list in question makes
 * @throws {Response} 400 for anything that list did not make
 */
export function decodeCursor<Schema extends z.ZodType>(
  cursor: string | undefined,
  schema: Schema,
): z.output<Schema> | null {
  if (cursor === undefined) return null;
  const parsed = schema.safeParse(jsonOf(cursor));
  if (!parsed.success) {
    throw errorResponse(400, "cursor: is not one that this list gave; leave it out to start anew");
  }
  return parsed.data;
}

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Cuts a page out of rows that were read with `limit + 1`.
 * @param place the cursor values of a row
 */
export function pageOf<Row>(
  rows: Row[],
  limit: number,
  place: (row: Row) => readonly (string | null)[],
): Page<Row> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return {
    data,
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(place(last)) : null,
  };
}
