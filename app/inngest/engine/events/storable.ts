/** What Postgres does not store in a text: NUL, and halves of a surrogate pair. */
const UNSTORABLE = /\0|\p{Surrogate}/gu;
/** The same as JSON escapes them, after whole escapes of backslashes. */
const UNSTORABLE_ESCAPE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/gi;

/** Whether Postgres can store a text. */
export const isStorable = (text: string): boolean => text.search(UNSTORABLE) === -1;

/** A text that Postgres can store. */
export const storable = (text: string): string => text.replace(UNSTORABLE, "\u{FFFD}");

/** JSON whose texts Postgres can read. */
export const storableJson = (json: string): string => json.replace(UNSTORABLE_ESCAPE, "$1\\ufffd");
