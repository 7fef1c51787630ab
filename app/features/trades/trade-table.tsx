import { Link } from "react-router";
import { Amount, Price } from "~/components/amount.tsx";
import classes from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Time } from "~/components/time.tsx";
import { WalletLink } from "~/features/whales/wallet-link.tsx";
import { formatDuration } from "~/lib/format.ts";
import type { TradeItem } from "./queries.server.ts";

const COLUMNS = {
  time: { label: "Time" },
  whale: { label: "Whale" },
  side: { label: "Side" },
  outcome: { label: "Outcome" },
  market: { label: "Market" },
  price: { label: "Price", numeric: true },
  shares: { label: "Shares", numeric: true },
  amount: { label: "Amount", numeric: true },
  lag: { label: "Seen after", numeric: true },
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
      <td>{trade.market.outcomeLabel ?? trade.outcomeSide}</td>
      {without !== "market" && (
        <td className={classes.wide}>
          <Link to={`/markets/${trade.market.id}`} prefetch="intent">
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
        <Amount value={trade.amount} missing="the venue sent no amount" />
      </td>
      <td className={classes.num}>{formatDuration(lagOf(trade))}</td>
    </tr>
  );
}

const ARROWS: Record<string, string | undefined> = { buy: "▲", sell: "▼" };

function Side({ side }: { side: string }) {
  return (
    <span className={classes[side]}>
      <span aria-hidden="true">{ARROWS[side] ?? "◆"} </span>
      {side}
    </span>
  );
}

function lagOf(trade: TradeItem): number {
  return new Date(trade.seenAt).getTime() - new Date(trade.tradedAt).getTime();
}
