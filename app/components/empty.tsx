import type { ReactNode } from "react";
import classes from "./empty.module.css";

/**
 * Stands where rows or a chart would be: what is missing, why, and what to do about it.
 * @param action a button or link that helps
 * @param framed draws a border, for one that is not inside a `Panel`
 */
export function Empty({
  title,
  why,
  action,
  framed = false,
}: {
  title: string;
  why: ReactNode;
  action?: ReactNode;
  framed?: boolean;
}) {
  return (
    <div className={framed ? `${classes.empty} ${classes.framed}` : classes.empty}>
      <svg viewBox="0 0 40 28" width={40} height={28} aria-hidden="true" className={classes.icon}>
        <path
          d="M1 20h7l4-9 6 13 6-20 5 16h10"
          fill="none"
          stroke="currentColor"
          strokeWidth={1.75}
          strokeLinecap="round"
          strokeLinejoin="round"
          strokeDasharray="3 3"
        />
      </svg>
      <p className={classes.title}>{title}</p>
      <p className={classes.why}>{why}</p>
      {action && <div className={classes.action}>{action}</div>}
    </div>
  );
}
