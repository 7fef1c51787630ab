import type { ReactNode } from "react";
import classes from "./notice.module.css";

/**
 * Tells something that matters for the whole page or form.
 * @param tone how it is to be taken; the words say it too
 * @param role `alert` for what answers the person, `status` for what the page knows
 */
export function Notice({
  tone,
  role,
  id,
  title,
  children,
}: {
  tone: "bad" | "warn" | "info" | "neutral";
  role: "alert" | "status";
  id?: string;
  title?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div id={id} role={role} className={classes.notice} data-tone={tone}>
      {title && <p className={classes.title}>{title}</p>}
      {children && <div>{children}</div>}
    </div>
  );
}
