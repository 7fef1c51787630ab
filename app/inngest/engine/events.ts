import { z } from "zod";
import { functionsFor } from "./triggers.ts";
import type { EngineEvent, FunctionDefinition, NewRun } from "./types.ts";
import { seededUlid, ulid } from "./ulid.ts";

const MAX_EVENTS = 5000;
const MAX_NAME_BYTES = 512;
const MAX_EVENT_BYTES = 512 * 1024;
const KEY_LIFETIME_MS = 24 * 3_600_000;

/** What was sent is not an event; `message` says what is wrong with which one. */
export class InvalidEventError extends Error {
  override name = "InvalidEventError";
}

/** Postgres stores neither NUL nor half a surrogate pair in a text. */
const storable = (text: string) => !text.includes("\0") && !/\p{Surrogate}/u.test(text);

const eventSchema = z.object({
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
    .refine(storable, "has a name with characters that cannot be stored"),
  data: z.record(z.string(), z.unknown(), "has data that is not an object").nullish(),
  id: z
    .string("has an id that is not a text")
    .refine(storable, "has an id with characters that cannot be stored")
    .nullish(),
  ts: z.number("has a ts that is not a number").nullish(),
  v: z.string("has a v that is not a text").nullish(),
  user: z.record(z.string(), z.unknown(), "has a user that is not an object").nullish(),
});

/** Checks what was posted to the event API: one event or an array of them. Throws `InvalidEventError`. */
export function parseEvents(body: unknown): z.infer<typeof eventSchema>[] {
  const list = Array.isArray(body) ? body : [body];
  if (list.length > MAX_EVENTS) {
    throw new InvalidEventError(
      `${list.length} events in one request; at most ${MAX_EVENTS} are taken`,
    );
  }
  return list.map((item, index) => {
    const parsed = eventSchema.safeParse(item);
    if (!parsed.success) {
      throw new InvalidEventError(
        `event ${index} ${parsed.error.issues[0]?.message ?? "is not an event"}`,
      );
    }
    if (Buffer.byteLength(JSON.stringify(item)) > MAX_EVENT_BYTES) {
      throw new InvalidEventError(`event ${index} is larger than ${MAX_EVENT_BYTES} bytes`);
    }
    return parsed.data;
  });
}

/** An accepted event: `internalId` is what the sender gets back, `event` what functions receive. */
type AcceptedEvent = { internalId: string; hasOwnId: boolean; event: EngineEvent };

/** Completes checked events: ids (from the request's seed where there is one), times, and without what only the engine may write. */
export function acceptEvents(
  events: ReturnType<typeof parseEvents>,
  now: number,
  seed: string | null,
): AcceptedEvent[] {
  return events.map((sent, index) => {
    const internalId = (seed === null ? null : seededUlid(seed, index)) ?? ulid(now);
    const { _inngest, ...data } = sent.data ?? {};
    return {
      internalId,
      hasOwnId: Boolean(sent.id),
      event: {
        name: sent.name,
        data,
        user: sent.user ?? {},
        id: sent.id || internalId,
        ts: sent.ts || now,
        ...(sent.v ? { v: sent.v } : {}),
      },
    };
  });
}

/** The run that an event starts of a function. `key` limits it to one run per function and key. */
export function newRun(
  definition: FunctionDefinition,
  event: EngineEvent,
  origin: { eventId: string | null; key: string | null; now: number },
): NewRun {
  const dueAt = Math.max(origin.now, event.ts);
  return {
    id: ulid(origin.now),
    functionId: definition.id,
    eventId: origin.eventId,
    key: origin.key,
    events: JSON.stringify([event]),
    dueAt,
    finishAfterMs: definition.finishTimeoutMs,
    startBy: definition.startTimeoutMs === null ? null : dueAt + definition.startTimeoutMs,
  };
}

/** The runs that accepted events start; of several events with the same id only the first counts for a function. */
export function runsFor(
  accepted: AcceptedEvent[],
  functions: Iterable<FunctionDefinition>,
  now: number,
): NewRun[] {
  const definitions = [...functions];
  const keys = new Set<string>();
  return accepted.flatMap(({ internalId, hasOwnId, event }) =>
    functionsFor(definitions, event).flatMap((definition) => {
      const key = hasOwnId ? event.id : null;
      if (key !== null) {
        const place = `${definition.id} ${key}`;
        if (keys.has(place)) return [];
        keys.add(place);
      }
      return [newRun(definition, event, { eventId: internalId, key, now })];
    }),
  );
}

/** When an idempotency key that is used now may be used again: Inngest keeps event ids for 24 hours. */
export const keyExpiry = (now: number): number => now + KEY_LIFETIME_MS;
