import { createHash } from "node:crypto";
import { z } from "zod";
import { errorResponse } from "./api-errors.ts";

const LONGEST = 200;

/** The field of a form that is equal in every delivery of one click (`RequestKey`); left out, each delivery counts. */
export const requestKeyField = z
  .string()
  .regex(/^[\w-]{8,64}$/, "must be the key of the form, as the page has it")
  .optional();

/**
 * What the caller of an API names its request by, so that a second delivery is known: the header Idempotency-Key, as 32 hexadecimal
 * digits; undefined = none.
 * @throws {Response} 400 for one that is empty, longer than 200 characters, or not plain ASCII
 */
export function idempotencyKeyOf(request: Request): string | undefined {
  const key = request.headers.get("idempotency-key");
  if (key === null) return undefined;
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > LONGEST) {
    throw errorResponse(
      400,
      `Idempotency-Key: must be 1 to ${LONGEST} ASCII characters without spaces`,
    );
  }
  return createHash("sha256").update(key).digest("hex").slice(0, 32);
}
