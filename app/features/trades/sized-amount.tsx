import { Amount } from "~/components/amount.tsx";
import { formatCount } from "~/lib/format.ts";
import type { TradeItem } from "./queries.server.ts";
import { shareOfVolume, sizeTierOf } from "./size.ts";
import classes from "./sized-amount.module.css";

/** The amount of a trade with the badge of its size tier, and as title what part of its market's day it is. */
export function SizedAmount({ trade }: { trade: Pick<TradeItem, "amount" | "market"> }) {
  const tier = sizeTierOf(trade.amount);
  const amount = <Amount value={trade.amount} missing="the venue sent no amount" />;
  if (!tier || trade.amount === null) return amount;
  const share = shareOfVolume(trade.amount, trade.market.volume24h);
  const title = [
    `At least ${formatCount(tier.from)} USD`,
    share && `as much as ${share} of what this market trades in 24 hours`,
  ];
  return (
    <span className={classes.sized}>
      <span
        className={classes.tier}
        data-level={tier.level}
        title={title.filter(Boolean).join("; ")}
      >
        {tier.name}
      </span>{" "}
      {amount}
    </span>
  );
}
