import { decimalsOf } from "~/components/amount.tsx";
import classes from "~/components/data-table.module.css";
import { Missing } from "~/components/missing.tsx";
import { formatPrice } from "~/lib/format.ts";

/** By how much a price has moved, exact: with arrow and sign, so that the colour is not needed. */
export function PriceChange({ change, missing }: { change: string | null; missing: string }) {
  if (change === null) return <Missing why={missing} />;
  const isDown = change.startsWith("-");
  if (!/[1-9]/.test(change))
    return (
      <span className={classes.muted} data-decimals={3}>
        0.000
      </span>
    );
  const size = formatPrice(isDown ? change.slice(1) : change);
  return (
    <span
      className={isDown ? classes.negative : classes.positive}
      title={change}
      data-decimals={decimalsOf(size)}
    >
      <span aria-hidden="true">{isDown ? "▼ " : "▲ "}</span>
      {isDown ? "−" : "+"}
      {size}
    </span>
  );
}
