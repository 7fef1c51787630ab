/**
 * A link to this page with some of its search parameters changed; the others stay.
 * @param changes null or "" = taken off
 */
export function searchWith(
  search: URLSearchParams,
  changes: Record<string, string | null>,
): string {
  const changed = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) changed.set(name, value);
    else changed.delete(name);
  }
  return `?${changed}`;
}
