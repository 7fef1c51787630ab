import { z } from "zod";
import { requestKeyField } from "~/lib/request-key.server.ts";
import { RATES } from "./replay-pace.ts";

const rate = `must be a whole number from ${RATES.least} to ${RATES.most}`;

const reason = z
  .string({ error: "must say why" })
  .trim()
  .min(1, "must say why")
  .max(500, "must have at most 500 characters")
  .regex(/^\P{Cc}*$/u, "must not contain control characters");

const name = z
  .string({ error: "must name the replay" })
  .trim()
  .min(1, "must name the replay")
  .max(100, "must have at most 100 characters")
  .regex(/^\P{Cc}*$/u, "must not contain control characters");

/** The form that starts a replay. */
export const replayInput = z.strictObject({
  name,
  perMinute: z
    .string({ error: rate })
    .trim()
    .regex(/^\d{1,3}$/, rate)
    .transform(Number)
    .refine((value) => value >= RATES.least && value <= RATES.most, rate),
  requestKey: requestKeyField,
});

/** The form that discards letters. */
export const discardInput = z.strictObject({ reason, requestKey: requestKeyField });

/** What the page of one letter sends. */
export const letterInput = z.discriminatedUnion(
  "intent",
  [
    discardInput.extend({ intent: z.literal("discard") }),
    z.strictObject({ intent: z.literal("undo"), all: z.literal("yes").optional() }),
  ],
  { error: "must be discard or undo" },
);

/** Body of POST /api/v1/dead-letters/{id}/replay. */
export const replayBody = z.strictObject({
  name: name.optional(),
});

/** Body of POST /api/v1/dead-letters/{id}/discard. */
export const discardBody = z.strictObject({ reason });

/** What is wrong with a form, by its fields: the first problem of each. */
export function problemsByField(error: z.ZodError): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const { path, message } of error.issues) problems[String(path[0])] ??= message;
  return problems;
}
