import type { ReactNode } from "react";
import classes from "./stat.module.css";

/** A row of `Stat` tiles, as many side by side as there is room for. */
export function Stats({ children }: { children: ReactNode }) {
  return <dl className={classes.stats}>{children}</dl>;
}

/**
 * One big figure with its name; inside `Stats`.
 * @param note what the figure rests on, or why it is withheld; small, below it
 */
export function Stat({ name, value, note }: { name: string; value: ReactNode; note?: ReactNode }) {
  return (
    <div className={classes.stat}>
      <dt className={classes.name}>{name}</dt>
      <dd className={classes.value}>{value}</dd>
      {note && <dd className={classes.note}>{note}</dd>}
    </div>
  );
}
