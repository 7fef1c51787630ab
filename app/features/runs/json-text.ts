/** A JSON text as a page shows it: what it has room for, and how much there is. */
export type JsonText = {
  /** Indented for reading; where it is cut off, as it is kept. */
  text: string;
  cut: boolean;
  /** Of the whole, in bytes. */
  bytes: number;
};

/** A JSON text as it was read: its beginning, and the size of the whole. */
export type StoredText = { head: string; cut: boolean; bytes: number };

/** A stored JSON text for reading. */
export function jsonText({ head, cut, bytes }: StoredText): JsonText {
  if (cut) return { text: head, cut, bytes };
  return { text: indented(parseJson(head)) ?? head, cut, bytes };
}

/** The value of a JSON text; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A JSON value as indented text; undefined where there is no value. */
export function indented(value: unknown): string | undefined {
  return JSON.stringify(value, null, 2);
}

/** The run that an event of the engine tells of ("inngest/function.failed"); null for other events. */
export function runToldOf(events: StoredText): string | null {
  const list = events.cut ? undefined : parseJson(events.head);
  const [event] = Array.isArray(list) ? list : [];
  const told = /^inngest\/function\.(failed|finished|cancelled)$/.test(event?.name);
  return told && typeof event.data?.run_id === "string" ? event.data.run_id : null;
}

/** The stored array of a run's events for reading: a single one by itself. */
export function eventsText(stored: StoredText): JsonText {
  const events = stored.cut ? undefined : parseJson(stored.head);
  if (!Array.isArray(events) || events.length !== 1) return jsonText(stored);
  return { text: indented(events[0]) ?? "", cut: false, bytes: stored.bytes };
}
