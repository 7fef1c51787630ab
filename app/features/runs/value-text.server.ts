import { indented, type JsonText } from "./json-text.ts";

/** Characters that a page shows. */
const SHOWN = 20_000;

/** A JSON value for reading; of one that is very long, its beginning. */
export function valueText(value: unknown): JsonText {
  const text = indented(value) ?? "";
  return {
    text: text.slice(0, SHOWN),
    cut: text.length > SHOWN,
    bytes: Buffer.byteLength(text),
  };
}
