import { Link, useSearchParams } from "react-router";
import { Amount, Price } from "~/components/amount.tsx";
import classes from "~/components/data-table.module.css";
import { DataTable } from "~/components/data-table.tsx";
import { Empty } from "~/components/empty.tsx";
import { Panel } from "~/components/panel.tsx";
import { searchWith } from "~/components/search-with.ts";
import { Time } from "~/components/time.tsx";
import { WalletLink } from "~/features/whales/wallet-link.tsx";
import type { MarketWhale } from "./market-whales.server.ts";

const COLUMNS = [
  { label: "Whale" },
  { label: "Outcome" },
  { label: "Bought", numeric: true },
  { label: "Sold", numeric: true },
  { label: "Shares held", numeric: true, title: "Bought and split, less sold and merged" },
  { label: "Average cost", numeric: true, title: "Fees included" },
  {
    label: "Worth",
    numeric: true,
    title:
      "The shares held at the market's last price, or at what they pay once the result is known",
  },
  { label: "Last trade" },
];

/** The whales that traded most in a market, with what they hold of it. */
export function MarketWhalesPanel({
  rows,
  more,
  labels,
}: {
  rows: readonly MarketWhale[];
  more: boolean;
  labels: Record<string, string | null>;
}) {
  const [search] = useSearchParams();
  const all = search.get("whales") === "all";
  if (rows.length === 0) {
    return (
      <Panel title="Whales in it">
        <Empty
          title="None yet"
          why="The trades are being added up; what the whales hold follows."
        />
      </Panel>
    );
  }
  const shown = all && more ? `the ${rows.length} largest are shown` : "largest first";
  return (
    <Panel
      title="Whales in it"
      description={`By what they bought and sold of an outcome in all; ${shown}.`}
      actions={
        (more || all) && (
          <Link to={searchWith(search, { whales: all ? null : "all" })} preventScrollReset>
            {all ? "Show the largest 20" : "Show all"}
          </Link>
        )
      }
    >
      <DataTable caption="Whales in this market" columns={COLUMNS}>
        {rows.map((row) => (
          <WhaleRow
            key={`${row.whale.id} ${row.outcomeSide}`}
            row={row}
            outcome={labels[row.outcomeSide] ?? row.outcomeSide}
          />
        ))}
      </DataTable>
    </Panel>
  );
}

function WhaleRow({ row, outcome }: { row: MarketWhale; outcome: string }) {
  const { shares, averageCost, value, why, whyValue } = row;
  return (
    <tr>
      <td>
        <WalletLink whale={row.whale} />
      </td>
      <td>{outcome}</td>
      <td className={classes.num}>
        <Amount value={row.bought} missing="" />
      </td>
      <td className={classes.num}>
        <Amount value={row.sold} missing="" />
      </td>
      <td className={classes.num}>
        <Amount value={shares} missing={why ?? ""} />
      </td>
      <td className={classes.num}>
        <Price value={averageCost} missing={why ?? "nothing was bought"} />
      </td>
      <td className={classes.num}>
        <Amount value={value} missing={why ?? whyValue ?? ""} />
      </td>
      <td>
        <Time at={row.lastAt} missing="" />
      </td>
    </tr>
  );
}
