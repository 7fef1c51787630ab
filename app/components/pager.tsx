import { Button, Group } from "@mantine/core";
import { Link, useSearchParams } from "react-router";

/**
 * Way on through a keyset list: to its start when inside it, and to the rows after these. The other search parameters stay.
 * @param param the search parameter that holds the place; its own for a second list of a page
 */
export function Pager({
  nextCursor,
  first,
  next,
  param = "cursor",
}: {
  nextCursor: string | null;
  /** Words for the two links, as "Newest" and "Older". */
  first: string;
  next: string;
  param?: string;
}) {
  const [search] = useSearchParams();
  const inside = search.has(param);
  if (!inside && nextCursor === null) return null;
  return (
    <Group component="nav" aria-label="Pages of this list" justify="space-between">
      {inside ? (
        <Button size="xs" variant="default" component={Link} to={hrefWith(search, param, null)}>
          {first}
        </Button>
      ) : (
        <span />
      )}
      {nextCursor !== null && (
        <Button
          size="xs"
          variant="default"
          component={Link}
          to={hrefWith(search, param, nextCursor)}
        >
          {next}
        </Button>
      )}
    </Group>
  );
}

function hrefWith(search: URLSearchParams, param: string, cursor: string | null): string {
  const changed = new URLSearchParams(search);
  for (const said of ["requested", "requestedAt", "unfollowed"]) changed.delete(said);
  if (cursor === null) changed.delete(param);
  else changed.set(param, cursor);
  return `?${changed}`;
}
