import { z } from "zod";

const id = z.union([z.string(), z.number()]).transform(String);

/** What the SDK sends of the sessions that group runs; anything else is no error, and means none. */
const metaSchema = z.object({
  sessions: z.record(z.string(), id.nullable()).nullish(),
  propagated_sessions: z.record(z.string(), id).nullish(),
});

/**
 * The `meta` with which functions receive an event: the sessions handed on to it, changed by its own as RFC 7386 (JSON Merge Patch) has
 * it. Undefined where it has none.
 */
export function receivedMeta(meta: unknown): { sessions: Record<string, string> } | undefined {
  const { sessions, propagated_sessions: propagated } = metaSchema.catch({}).parse(meta);
  if (sessions === null) return undefined;
  const merged = Object.entries({ ...propagated, ...sessions }).flatMap(([key, value]) =>
    value === null ? [] : [[key, value] as const],
  );
  return merged.length === 0 ? undefined : { sessions: Object.fromEntries(merged) };
}
