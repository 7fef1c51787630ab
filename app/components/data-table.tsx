import type { ReactNode } from "react";
import classes from "./data-table.module.css";

export type Column = { label: string; numeric?: boolean };

/**
 * A table of data rows: plain cells with the classes of data-table.module.css, because kit cells cost too much in long lists. It
 * scrolls sideways inside its own box, which takes the keyboard's focus for that.
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
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section className={classes.box} aria-label={caption} tabIndex={0}>
      <table className={classes.table}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ label, numeric }) => (
              <th key={label} scope="col" className={numeric ? classes.num : undefined}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
