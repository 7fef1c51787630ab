import { Button, Group } from "@mantine/core";
import { Link, useSearchParams } from "react-router";

/** Way on through a keyset list: to its start when inside it, and to the rows after these. The other search parameters stay. */
export function Pager({
  nextCursor,
  first,
  next,
}: {
  nextCursor: string | null;
  /** Words for the two links, as "Newest" and "Older". */
  first: string;
  next: string;
}) {
  const [search] = useSearchParams();
  const inside = search.has("cursor");
  if (!inside && nextCursor === null) return null;
  return (
    <Group component="nav" aria-label="Pages of this list" justify="space-between">
      {inside ? (
        <Button variant="default" component={Link} to={hrefWith(search, null)}>
          {first}
        </Button>
      ) : (
        <span />
      )}
      {nextCursor !== null && (
        <Button variant="default" component={Link} to={hrefWith(search, nextCursor)}>
          {next}
        </Button>
      )}
    </Group>
  );
}

function hrefWith(search: URLSearchParams, cursor: string | null): string {
  const changed = new URLSearchParams(search);
  changed.delete("requested");
  if (cursor === null) changed.delete("cursor");
  else changed.set("cursor", cursor);
  return `?${changed}`;
}
