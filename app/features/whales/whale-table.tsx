import { Form } from "react-router";
import { Amount } from "~/components/amount.tsx";
import classes from "~/components/data-table.module.css";
import { DataTable } from "~/components/data-table.tsx";
import { Time } from "~/components/time.tsx";
import { WriteButton } from "~/components/writes.tsx";
import { shortAddress } from "~/lib/format.ts";
import type { WhaleListItem, WindowStats } from "./queries.server.ts";
import { WalletLink } from "./wallet-link.tsx";

const COLUMNS = [
  { label: "Whale" },
  { label: "Last trade" },
  { label: "Volume 24 h", numeric: true },
  { label: "Volume 7 d", numeric: true },
  { label: "Found by" },
  { label: "Following" },
];

/** Followed whales as rows, each with a button that unfollows it. */
export function WhaleTable({
  caption,
  whales,
}: {
  caption: string;
  whales: readonly WhaleListItem[];
}) {
  return (
    <DataTable caption={caption} columns={COLUMNS}>
      {whales.map((whale) => (
        <tr key={whale.id}>
          <td>
            <WalletLink whale={whale} />
            {whale.label && (
              <span className={`${classes.sub} ${classes.mono}`}>
                {shortAddress(whale.address)}
              </span>
            )}
          </td>
          <td>
            <Time at={whale.lastTradeAt} missing="no trade has been read yet" />
          </td>
          <td className={classes.num}>
            <StatVolume stats={whale.stats24h} />
          </td>
          <td className={classes.num}>
            <StatVolume stats={whale.stats7d} />
          </td>
          <td>{whale.source}</td>
          <td>
            <Form method="post" action="/whales">
              <input type="hidden" name="intent" value="unfollow" />
              <input type="hidden" name="id" value={whale.id} />
              <WriteButton label={`Unfollow ${whale.label ?? whale.address}`}>Unfollow</WriteButton>
            </Form>
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

/** The volume of a window; "withheld" with its reason where it is, a dash where it is not computed yet. */
export function StatVolume({ stats }: { stats: WindowStats }) {
  if (stats.volume === null && stats.withheld && stats.computed) {
    return (
      <abbr title={stats.withheld} className={classes.withheld}>
        withheld
      </abbr>
    );
  }
  return <Amount value={stats.volume} missing={stats.withheld ?? "not computed yet"} />;
}
