import { Link } from "react-router";
import classes from "~/components/data-table.module.css";
import { shortAddress } from "~/lib/format.ts";

/** A whale by its label, or its short address; the whole address as title. */
export function WalletLink({
  whale,
}: {
  whale: { id: number; address: string; label: string | null };
}) {
  return (
    <Link to={`/whales/${whale.id}`} title={whale.address} prefetch="intent">
      {whale.label ?? <span className={classes.mono}>{shortAddress(whale.address)}</span>}
    </Link>
  );
}
