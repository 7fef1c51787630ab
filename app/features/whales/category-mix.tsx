import { formatAmount } from "~/lib/format.ts";
import classes from "./category-mix.module.css";
import type { Category } from "./record.ts";

/** Where a whale trades: its volume by category, as bars with their figures. */
export function CategoryMix({ categories }: { categories: readonly Category[] }) {
  const volumes = categories.map(({ volume }) => Number(volume));
  const total = volumes.reduce((sum, volume) => sum + volume, 0);
  return (
    <ul className={classes.list}>
      {categories.map((category, place) => {
        const share = total > 0 ? (volumes[place] ?? 0) / total : 0;
        return (
          <li key={nameOf(category)} className={classes.row}>
            <span className={classes.name}>{nameOf(category)}</span>
            <span className={classes.figure} title={category.volume}>
              {formatAmount(category.volume)}{" "}
              <span className={classes.share}>{percent(share)}</span>
            </span>
            <span className={classes.track} aria-hidden="true">
              <span className={classes.bar} style={{ width: `${share * 100}%` }} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function nameOf({ label, others }: Category): string {
  if (others > 0) return `${others} more`;
  return label ?? "Without a category";
}

function percent(share: number): string {
  return share < 0.01 ? "<1 %" : `${Math.round(share * 100)} %`;
}
