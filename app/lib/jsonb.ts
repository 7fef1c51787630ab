/**
 * JSON that Postgres takes as `jsonb`: NUL characters and lone surrogates, which it refuses in text, become U+FFFD.
 */
export function toJsonb(value: unknown): string {
  const json = JSON.stringify(value);
  // Both are written as escapes; looking for them in the whole is much cheaper than at every string.
  if (!/\\u0000|\\ud[89a-f]/i.test(json)) return json;
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "string" ? toStorable(part) : part,
  );
}

/** Text that Postgres takes: what it refuses in JSON it refuses in text too. */
export function toStorable(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}
