import { Link, useRouteLoaderData } from "react-router";
import { Amount, Price } from "~/components/amount.tsx";
import classes from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Time } from "~/components/time.tsx";
import { WalletLink } from "~/features/whales/wallet-link.tsx";
import { formatDuration, formatUtc, shortAddress } from "~/lib/format.ts";
import type { loader } from "~/root.tsx";
import type { TradeItem } from "./queries.server.ts";
import { SizedAmount } from "./sized-amount.tsx";
import { txUrlOf } from "./tx-url.ts";

const COLUMNS = {
  time: { label: "Time", title: "When it was traded, by the venue's clock" },
  whale: { label: "Whale", roomy: true },
  side: { label: "Side", roomy: true },
  outcome: { label: "Outcome", roomy: true },
  market: { label: "Market" },
  amount: {
    label: "Amount (USD)",
    numeric: true,
    title: "Value in the market's currency (a dollar coin); a buy's fee is included",
  },
  price: { label: "Price", numeric: true, title: "Price of one share, 0 to 1" },
  shares: { label: "Shares", numeric: true },
  lag: {
    label: "Seen after",
    numeric: true,
    title:
      "How long after the trade it was stored here. Long for what was read later: a wallet's history at the first follow, or after an outage",
  },
  transaction: { label: "Transaction" },
} satisfies Record<string, Column>;

/**
 * Trades as rows, in the order given. On narrow screens who did what stands below the market; without a market it stands below the whale.
 * @param without the column that the page has already said
 */
export function TradeTable({
  caption,
  trades,
  without,
}: {
  caption: string;
  trades: readonly TradeItem[];
  without?: "whale" | "market";
}) {
  const { [without ?? "none"]: _, ...columns } = COLUMNS as Record<string, Column>;
  if (without === "market") columns.whale = { label: "Whale" };
  return (
    <DataTable caption={caption} columns={Object.values(columns)}>
      {trades.map((trade) => (
        <TradeRow key={trade.id} trade={trade} without={without} />
      ))}
    </DataTable>
  );
}

function TradeRow({ trade, without }: { trade: TradeItem; without?: "whale" | "market" }) {
  return (
    <tr>
      <td>
        <Time at={trade.tradedAt} missing="" />
      </td>
      {without !== "whale" && (
        <td className={without === "market" ? undefined : classes.roomy}>
          <WalletLink whale={trade.whale} />
          {without === "market" && <Folded trade={trade} />}
        </td>
      )}
      <td className={classes.roomy}>
        <Side side={trade.side} />
      </td>
      <td className={`${classes.roomy} ${classes.short}`} title={outcomeTitle(trade)}>
        {outcomeOf(trade)}
      </td>
      {without !== "market" && (
        <td className={classes.wide}>
          <Link to={`/markets/${trade.market.id}`} data-row>
            {trade.market.title}
          </Link>
          {trade.market.parentTitle && (
            <span className={classes.sub}>{trade.market.parentTitle}</span>
          )}
          <Folded trade={trade} by={without !== "whale"} />
        </td>
      )}
      <td className={classes.num}>
        <SizedAmount trade={trade} />
      </td>
      <td className={classes.num}>
        <Price value={trade.price} missing="" />
      </td>
      <td className={classes.num}>
        <Shares trade={trade} />
      </td>
      <td className={classes.num} title={`Seen ${formatUtc(trade.seenAt)}`}>
        {formatDuration(lagOf(trade))}
      </td>
      <td>
        <Transaction trade={trade} />
      </td>
    </tr>
  );
}

/** What the columns that narrow screens leave out say. */
function Folded({ trade, by = false }: { trade: TradeItem; by?: boolean }) {
  return (
    <span className={classes.folded}>
      <Side side={trade.side} /> {outcomeOf(trade)}
      {by && (
        <>
          {" "}
          by <WalletLink whale={trade.whale} />
        </>
      )}
    </span>
  );
}

/** Splits and merges come with 0 shares: the venue does not say how many there were. */
function Shares({ trade: { side, shares } }: { trade: TradeItem }) {
  const unsaid = side !== "buy" && side !== "sell" && !/[1-9]/.test(shares);
  return (
    <Amount value={unsaid ? null : shares} missing={`the venue gives no shares of a ${side}`} />
  );
}

function outcomeOf({ market, outcomeSide }: TradeItem): string {
  return market.outcomeLabel ?? outcomeSide;
}

/** The outcome with the side it is, where its name does not say it. */
function outcomeTitle({ market: { outcomeLabel }, outcomeSide }: TradeItem): string {
  return outcomeLabel ? `${outcomeLabel} (${outcomeSide})` : outcomeSide;
}

const ARROWS: Record<string, string | undefined> = { buy: "▲", sell: "▼" };

/** Buy or sell as a word, with an arrow. */
export function Side({ side }: { side: string }) {
  return (
    <span className={classes[side]}>
      <span aria-hidden="true">{ARROWS[side] ?? "◆"} </span>
      {side}
    </span>
  );
}

function Transaction({ trade }: { trade: TradeItem }) {
  const demo = useRouteLoaderData<typeof loader>("root")?.demo ?? false;
  const url = txUrlOf(trade, demo);
  const words = <span className={classes.mono}>{shortAddress(trade.txHash)}</span>;
  if (url === null) {
    const title = demo ? `${trade.txHash} (simulated: it is on no chain)` : trade.txHash;
    return (
      <span className={classes.muted} title={title}>
        {words}
      </span>
    );
  }
  return (
    <a href={url} rel="noreferrer" target="_blank" title={`${trade.txHash}, at the block explorer`}>
      {words}
    </a>
  );
}

function lagOf(trade: TradeItem): number {
  return new Date(trade.seenAt).getTime() - new Date(trade.tradedAt).getTime();
}
