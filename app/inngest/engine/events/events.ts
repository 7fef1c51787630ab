import { z } from "zod";
import { InvalidInputError, messageOf } from "../http/invalid-input.ts";
import type { RoutableEvent } from "./routing.ts";
import { receivedMeta } from "./sessions.ts";
import { isStorable } from "./storable.ts";
import { seededUlid, ulid } from "./ulid.ts";

const MAX_EVENTS = 5000;
const MAX_NAME_BYTES = 512;
const MAX_EVENT_BYTES = 512 * 1024;
/** The end of the year 9999. */
const MAX_TS = 253_402_300_799_999;

const eventSchema = z.object(
  {
    name: z
      .string("needs a name")
      .min(1, "needs a name")
      .refine(
        (name) => !name.startsWith("inngest/"),
        'has a name that starts with "inngest/", which is reserved',
      )
      .refine(
        (name) => Buffer.byteLength(name) <= MAX_NAME_BYTES,
        `has a name of more than ${MAX_NAME_BYTES} bytes`,
      )
      .refine(isStorable, "has a name with characters that cannot be stored"),
    data: z.record(z.string(), z.unknown(), "has data that is not an object").nullish(),
    id: z
      .string("has an id that is not a text")
      .refine(isStorable, "has an id with characters that cannot be stored")
      .nullish(),
    ts: z
      .number("has a ts that is not a number")
      .max(MAX_TS, "has a ts that is not a time in milliseconds")
      .nullish(),
    v: z.string("has a v that is not a text").nullish(),
    user: z.record(z.string(), z.unknown(), "has a user that is not an object").nullish(),
    meta: z.record(z.string(), z.unknown(), "has meta that is not an object").nullish(),
  },
  "is not an object",
);

/** The JSON that functions receive: what an event holds in this process (dates, undefined) is what JSON makes of it. */
function toJson(item: unknown, index: number): { value: unknown; bytes: number } {
  try {
    const text = JSON.stringify(item) ?? "null";
    return { value: JSON.parse(text), bytes: Buffer.byteLength(text) };
  } catch (error) {
    throw new InvalidInputError(`event ${index} is not JSON: ${messageOf(error)}`);
  }
}

/**
 * Checks what was posted to the event API: one event or an array of at most 5,000, each of at most 512 KB (usage limits of the server).
 * Throws `InvalidInputError`.
 */
export function parseEvents(body: unknown): z.infer<typeof eventSchema>[] {
  const list = Array.isArray(body) ? body : [body];
  if (list.length > MAX_EVENTS) {
    throw new InvalidInputError(
      `${list.length} events in one request; at most ${MAX_EVENTS} are taken`,
    );
  }
  return list.map((item, index) => {
    const { value, bytes } = toJson(item, index);
    const parsed = eventSchema.safeParse(value);
    if (!parsed.success) {
      throw new InvalidInputError(
        `event ${index} ${parsed.error.issues[0]?.message ?? "is not an event"}`,
      );
    }
    if (bytes > MAX_EVENT_BYTES) {
      throw new InvalidInputError(`event ${index} is larger than ${MAX_EVENT_BYTES} bytes`);
    }
    return parsed.data;
  });
}

/**
 * Completes checked events: ids (from the request's seed where there is one), times, and without what only the engine may write. `id` is
 * what the sender gets back; `key` is the sender's own id. `now` in epoch milliseconds.
 */
export function acceptEvents(
  events: ReturnType<typeof parseEvents>,
  now: number,
  seed: string | null,
): RoutableEvent[] {
  return events.map((sent, index) => {
    const meta = receivedMeta(sent.meta);
    const id = (seed === null ? null : seededUlid(seed, index)) ?? ulid(now);
    const { _inngest, ...data } = sent.data ?? {};
    return {
      id,
      key: sent.id || null,
      event: {
        name: sent.name,
        data,
        user: sent.user ?? {},
        id: sent.id || id,
        ts: sent.ts || now,
        ...(sent.v ? { v: sent.v } : {}),
        ...(meta && { meta }),
      },
    };
  });
}
