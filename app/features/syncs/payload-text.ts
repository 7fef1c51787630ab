/** Characters of a payload that a page shows. */
const SHOWN = 4_000;

/** A JSON value as indented text for reading, cut off where it is long. */
export function payloadText(payload: unknown): { payload: string; cut: boolean } {
  const text = JSON.stringify(payload, null, 2) ?? "";
  return { payload: text.slice(0, SHOWN), cut: text.length > SHOWN };
}
