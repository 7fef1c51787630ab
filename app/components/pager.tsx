import { Link, useSearchParams } from "react-router";
import button from "./button.module.css";
import classes from "./pager.module.css";
import { searchWith } from "./search-with.ts";

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
    <nav aria-label="Pages of this list" className={classes.pager}>
      {inside ? (
        <Link className={button.button} to={searchWith(search, { ...SAID, [param]: null })}>
          {first}
        </Link>
      ) : (
        <span />
      )}
      {nextCursor !== null && (
        <Link className={button.button} to={searchWith(search, { ...SAID, [param]: nextCursor })}>
          {next}
        </Link>
      )}
    </nav>
  );
}

/** What a page said once, of a write, is not carried along. */
const SAID = { requested: null, requestedAt: null, unfollowed: null };
