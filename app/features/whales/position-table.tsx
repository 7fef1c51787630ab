import type { ReactNode } from "react";
import { Link } from "react-router";
import { Amount, Price } from "~/components/amount.tsx";
import classes from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Status } from "~/components/status.tsx";
import { Time } from "~/components/time.tsx";
import { formatCount } from "~/lib/format.ts";
import type { PositionItem } from "./positions.server.ts";
import { Signed } from "./signed.tsx";
import { Withheld } from "./withheld.tsx";

const MARKET: Column = { label: "Market" };
const OUTCOME: Column = { label: "Outcome", roomy: true };
const REALISED: Column = {
  label: "Realised PnL",
  numeric: true,
  title: "What was sold or paid out, less what that had cost on average",
};
const TRADES: Column = { label: "Trades", numeric: true, title: "Shows them below" };
const OPEN_COLUMNS: Column[] = [
  MARKET,
  OUTCOME,
  { label: "Value (USD)", numeric: true, title: "Shares at the last price" },
  {
    label: "Unrealised PnL",
    numeric: true,
    title: "Value less what the shares had cost on average",
  },
  { label: "Shares", numeric: true },
  { label: "Average cost", numeric: true, title: "Fees included" },
  { label: "Last price", numeric: true },
  REALISED,
  TRADES,
];
const DONE_COLUMNS: Column[] = [
  MARKET,
  OUTCOME,
  REALISED,
  { label: "End" },
  { label: "Last trade" },
  { label: "Average cost", numeric: true, title: "Fees included" },
  TRADES,
];

const ENDS = { open: "", resolved: "resolved", ended: "no result", closed: "sold" };

/** Positions as rows, all of them open ones or all of them over. */
export function PositionTable({
  caption,
  positions,
  open,
}: {
  caption: string;
  positions: readonly PositionItem[];
  open: boolean;
}) {
  return (
    <DataTable caption={caption} columns={open ? OPEN_COLUMNS : DONE_COLUMNS}>
      {positions.map((position) => (
        <tr key={`${position.market.id} ${position.outcomeSide}`}>
          <td className={classes.wide}>
            <Link to={`/markets/${position.market.id}`} data-row>
              {position.market.title}
            </Link>
            {position.market.parentTitle && (
              <span className={classes.sub}>{position.market.parentTitle}</span>
            )}
            <span className={classes.folded}>{outcomeOf(position)}</span>
          </td>
          <td className={classes.roomy} title={position.outcomeSide}>
            {outcomeOf(position)}
          </td>
          {open ? <OpenCells position={position} /> : <DoneCells position={position} />}
          <td className={classes.num}>
            <Link
              to={`?${new URLSearchParams({ market: String(position.market.id) })}#trades`}
              aria-label={`${position.tradeCount} trades in ${position.market.title}`}
            >
              {formatCount(position.tradeCount)}
            </Link>
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function outcomeOf({ market, outcomeSide }: PositionItem): string {
  return market.outcomeLabel ?? outcomeSide;
}

function OpenCells({ position }: { position: PositionItem }) {
  const { shares, averageCost, price, value, unrealised, why, whyPrice } = position;
  return (
    <>
      <td className={classes.num}>
        <Amount value={value} missing={why ?? whyPrice ?? ""} />
      </td>
      <Cell why={why === null ? whyPrice : null}>
        <Signed value={unrealised} missing={why ?? ""} />
      </Cell>
      <td className={classes.num}>
        <Amount value={shares} missing={why ?? ""} />
      </td>
      <td className={classes.num}>
        <Price value={averageCost} missing={why ?? "nothing was bought"} />
      </td>
      <td className={classes.num}>
        <Price value={price} missing="no price has been measured yet" />
      </td>
      <Realised position={position} />
    </>
  );
}

function DoneCells({ position }: { position: PositionItem }) {
  const { averageCost, state, lastAt, why } = position;
  return (
    <>
      <Realised position={position} />
      <td>
        <Status value={ENDS[state]} tone="neutral" />
      </td>
      <td>
        <Time at={lastAt} missing="" />
      </td>
      <td className={classes.num}>
        <Price value={averageCost} missing={why ?? "nothing was bought"} />
      </td>
    </>
  );
}

function Realised({ position: { realised, why } }: { position: PositionItem }) {
  return (
    <Cell why={why}>
      <Signed value={realised} missing="" />
    </Cell>
  );
}

/** A figure, or that it is withheld and why. */
function Cell({ why, children }: { why: string | null; children: ReactNode }) {
  return <td className={classes.num}>{why === null ? children : <Withheld why={why} />}</td>;
}
