import { indented, type JsonText } from "~/features/runs/json-text.ts";

/** Characters of an event that a page shows. */
const SHOWN = 20_000;

/** A stored event for reading; of one that is very long, its beginning. */
export function storedText(event: unknown): JsonText {
  const text = indented(event) ?? "";
  const bytes = Buffer.byteLength(text);
  return { text: text.slice(0, SHOWN), cut: text.length > SHOWN, bytes };
}
