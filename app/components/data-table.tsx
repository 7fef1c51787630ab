import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import classes from "./data-table.module.css";

export type Column = {
  label: string;
  numeric?: boolean;
  /** Left out on narrow screens, where the row says it elsewhere; its cells carry the class `roomy`. */
  roomy?: boolean;
  /** What the column means, where its label is too short to say; shown on hover. */
  title?: string;
  /** The heading is a link that sorts by this column; `active` is the order the rows have by it, null = sorted by another. */
  sort?: { to: string; active: "asc" | "desc" | null };
};

/**
 * A table of data rows: plain cells with the classes of data-table.module.css, because kit cells cost too much in long lists. Where
 * it is wider than its box it scrolls sideways in there, and the box takes the keyboard's focus for that; where it is not, its head
 * stays in view. The keys j and k go from row to row: to the link with `data-row`, otherwise to the row's first link.
 */
export function DataTable({
  caption,
  columns,
  children,
}: {
  /** Says what the rows are; read out, not shown. */
  caption: string;
  columns: readonly Column[];
  children: ReactNode;
}) {
  const box = useRef<HTMLElement>(null);
  const fits = useFits(box);
  return (
    <section
      ref={box}
      className={classes.box}
      aria-label={caption}
      // A box that scrolls must be reachable by keyboard.
      tabIndex={fits ? undefined : 0}
      data-table=""
      data-fits={fits || undefined}
    >
      <table className={classes.table}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.label} {...column} />
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

const SORTED = { asc: "ascending", desc: "descending" } as const;
const MARKS = { asc: "▲", desc: "▼" } as const;

function Heading({ label, numeric, roomy, title, sort }: Column) {
  const names = [numeric && classes.num, roomy && classes.roomy].filter(Boolean);
  return (
    <th
      scope="col"
      className={names.join(" ") || undefined}
      title={title}
      aria-sort={sort?.active ? SORTED[sort.active] : undefined}
    >
      {sort ? (
        <Link to={sort.to} className={classes.sort} preventScrollReset>
          {label}
          <span className={classes.mark} aria-hidden="true">
            {sort.active ? MARKS[sort.active] : ""}
          </span>
        </Link>
      ) : (
        label
      )}
    </th>
  );
}

/** Whether the table is no wider than its box; false on the server and until it was measured. */
function useFits(box: RefObject<HTMLElement | null>): boolean {
  const [fits, setFits] = useState(false);
  useEffect(() => {
    const outer = box.current;
    const table = outer?.querySelector("table");
    if (!outer || !table) return;
    const observer = new ResizeObserver(() => setFits(table.offsetWidth <= outer.clientWidth));
    observer.observe(outer);
    observer.observe(table);
    return () => observer.disconnect();
  }, [box]);
  return fits;
}
