import { Missing } from "~/components/missing.tsx";
import { formatAmount } from "~/lib/format.ts";
import classes from "./signed.module.css";

/** A gain or loss, an exact decimal, with its sign; what is missing says why. */
export function Signed({ value, missing }: { value: string | null; missing: string }) {
  if (value === null) return <Missing why={missing} />;
  const loss = value.startsWith("-");
  const gain = !loss && /[1-9]/.test(value);
  const words = formatAmount(loss ? value.slice(1) : value);
  return (
    <span title={value} className={gain ? classes.gain : loss ? classes.loss : undefined}>
      {gain ? "+" : loss ? "−" : ""}
      {words}
    </span>
  );
}
