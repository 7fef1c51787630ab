/**
 * JSON that Postgres takes as `jsonb`: NUL characters and lone surrogates, which it refuses in text, become U+FFFD.
 */
export function toJsonb(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "string" ? part.replaceAll("\0", "\uFFFD").toWellFormed() : part,
  );
}
