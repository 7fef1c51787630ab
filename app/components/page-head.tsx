import type { ReactNode } from "react";
import classes from "./page-head.module.css";
import { ScopeSwitches } from "./scope.tsx";

/**
 * Title and description of a page, for the document and for the reader, and beside them the switches that the page's `handle` asks
 * for. `title` is also the heading unless one is given.
 */
export function PageHead({
  title,
  description,
  heading,
  children,
}: {
  title: string;
  description: string;
  heading?: ReactNode;
  /** Shown below the heading in place of the description. */
  children?: ReactNode;
}) {
  return (
    <header className={classes.head}>
      <title>{`${title} · Opinion Scope`}</title>
      <meta name="description" content={description} />
      <div className={classes.words}>
        <h1 className={classes.title}>{heading ?? title}</h1>
        {children ?? <p className={classes.description}>{description}</p>}
      </div>
      <ScopeSwitches />
    </header>
  );
}
