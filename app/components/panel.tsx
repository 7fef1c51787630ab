import { type ReactNode, useId } from "react";
import classes from "./panel.module.css";

/**
 * A titled block of a page; every page is made of these. A `DataTable` that is a direct child reaches the panel's edges.
 * @param actions what belongs to the block, shown beside its title: links, a switch, a button
 */
export function Panel({
  title,
  description,
  actions,
  children,
}: {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section className={classes.panel} aria-labelledby={id}>
      <header className={classes.head}>
        <div className={classes.words}>
          <h2 id={id} className={classes.title}>
            {title}
          </h2>
          {description && <p className={classes.description}>{description}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      <div className={classes.body}>{children}</div>
    </section>
  );
}
