import type { ComponentProps } from "react";
import { TradeFilters } from "./trade-filters.tsx";
import { TradeList } from "./trade-list.tsx";
import classes from "./trade-section.module.css";

/** The trades of a page that is about one market or whale: heading, filters and list. */
export function TradeSection({
  title,
  subjects,
  only,
  ...list
}: { title: string } & ComponentProps<typeof TradeFilters> & ComponentProps<typeof TradeList>) {
  return (
    <section className={classes.section} aria-labelledby="trades">
      <h2 id="trades" className={classes.title}>
        {title}
      </h2>
      <TradeFilters subjects={subjects} only={only} />
      <TradeList {...list} />
    </section>
  );
}
