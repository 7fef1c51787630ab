import { Button } from "@mantine/core";
import type { HeldRows } from "./held-rows.ts";
import classes from "./new-rows.module.css";

/**
 * Offers what has changed in a held list, without moving it: "12 new", or "Order changed" where only the order did.
 * @param noun what the rows are, in the plural: "trades"
 */
export function NewRows<Row>({ held, noun }: { held: HeldRows<Row>; noun: string }) {
  const words =
    held.fresh > 0
      ? `${held.fresh === held.rows.length ? `${held.fresh}+` : held.fresh} new ${noun}`
      : `The order of the ${noun} has changed`;
  return (
    <div className={classes.place} role="status">
      {held.changed && (
        <Button
          size="compact-sm"
          radius="xl"
          className={classes.pill}
          onClick={() => {
            held.show();
            window.scrollTo({ top: 0 });
          }}
        >
          {words}
        </Button>
      )}
    </div>
  );
}
