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
  whale: { label: "Whale" },
  side: { label: "Side" },
  outcome: { label: "Outcome" },
  market: { label: "Market" },
  price: { label: "Price", numeric: true, title: "Price of one share, 0 to 1" },
  shares: { label: "Shares", numeric: true },
  amount: {
    label: "Amount",
    numeric: true,
    title: "Value in the market's currency (a dollar coin); a buy's fee is included",
  },
  lag: {
    label: "Seen after",
    numeric: true,
    title:
      "How long after the trade it was stored here. Long for what was read later: a wallet's history at the first follow, or after an outage",
  },
  transaction: { label: "Transaction" },
} satisfies Record<string, Column>;

/**
 * Trades as rows, in the order given.
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
        <td>
          <WalletLink whale={trade.whale} />
        </td>
      )}
      <td>
        <Side side={trade.side} />
      </td>
      <td title={trade.outcomeSide}>{trade.market.outcomeLabel ?? trade.outcomeSide}</td>
      {without !== "market" && (
        <td className={classes.wide}>
          <Link to={`/markets/${trade.market.id}`} prefetch="intent" data-row>
            {trade.market.title}
          </Link>
          {trade.market.parentTitle && (
            <span className={classes.sub}>{trade.market.parentTitle}</span>
          )}
        </td>
      )}
      <td className={classes.num}>
        <Price value={trade.price} missing="" />
      </td>
      <td className={classes.num}>
        <Amount value={trade.shares} missing="" />
      </td>
      <td className={classes.num}>
        <SizedAmount trade={trade} />
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
