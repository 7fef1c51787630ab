import { Link } from "react-router";
import classes from "~/components/data-table.module.css";
import { shortAddress } from "~/lib/format.ts";

/**
 * A whale by its label, or its short address; the whole address as title.
 * @param row the link stands for its row of a table
 */
export function WalletLink({
  whale,
  row = false,
}: {
  whale: { id: number; address: string; label: string | null };
  row?: boolean;
}) {
  return (
    <Link to={`/whales/${whale.id}`} title={whale.address} data-row={row ? "" : undefined}>
      {whale.label ?? <span className={classes.mono}>{shortAddress(whale.address)}</span>}
    </Link>
  );
}
