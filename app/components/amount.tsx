import { formatAmount, formatPrice } from "~/lib/format.ts";
import { Missing } from "./missing.tsx";

/** An exact decimal, shortened for reading, the whole of it as title; what is missing says why. */
export function Amount({ value, missing }: { value: string | null; missing: string }) {
  if (value === null) return <Missing why={missing} />;
  return <span title={value}>{formatAmount(value)}</span>;
}

/** A price of 0 to 1, likewise; in a column of figures the points of all of them align. */
export function Price({ value, missing }: { value: string | null; missing: string }) {
  if (value === null) return <Missing why={missing} />;
  const text = formatPrice(value);
  return (
    <span title={value} data-decimals={decimalsOf(text)}>
      {text}
    </span>
  );
}

/** How many decimals a formatted number has. */
export function decimalsOf(text: string): number {
  return text.split(".")[1]?.length ?? 0;
}
