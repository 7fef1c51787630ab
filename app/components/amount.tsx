import { formatAmount, formatPrice } from "~/lib/format.ts";
import { Missing } from "./missing.tsx";

/** An exact decimal, shortened for reading, the whole of it as title; what is missing says why. */
export function Amount({ value, missing }: { value: string | null; missing: string }) {
  if (value === null) return <Missing why={missing} />;
  return <span title={value}>{formatAmount(value)}</span>;
}

/** A price of 0 to 1, likewise. */
export function Price({ value, missing }: { value: string | null; missing: string }) {
  if (value === null) return <Missing why={missing} />;
  return <span title={value}>{formatPrice(value)}</span>;
}
