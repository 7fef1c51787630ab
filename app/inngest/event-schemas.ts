import type { z } from "zod";
import * as events from "./types.ts";

/** An event that starts jobs of the app: its name, and the schema of its data. */
export type EventSchema = { name: string; schema: z.ZodObject };

/** Every event of the app, by name. */
export function eventSchemas(): EventSchema[] {
  return Object.values(events)
    .map(({ name, schema }) => ({ name, schema }))
    .toSorted((one, other) => one.name.localeCompare(other.name));
}
