/** A text as an SQL literal. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * Values written into a statement's text: one message and one round trip for several statements, which parameters do not allow.
 * Backslashes are plain characters (`standard_conforming_strings` is on by default since Postgres 9.1).
 */
export const sql = {
  text: literal,
  time: (ms: number): string => `${literal(new Date(ms).toISOString())}::timestamptz`,
  json: (value: unknown): string => `${literal(JSON.stringify(value))}::json`,
};
