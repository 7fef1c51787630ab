import { Link } from "react-router";
import { Amount } from "~/components/amount.tsx";
import { Ago } from "~/components/time.tsx";
import { WalletLink } from "~/features/whales/wallet-link.tsx";
import { formatCount } from "~/lib/format.ts";
import classes from "./highlights.module.css";
import type { Highlights } from "./highlights.server.ts";
import type { TradeItem } from "./queries.server.ts";
import { SizedAmount } from "./sized-amount.tsx";
import { Side } from "./trade-table.tsx";

const TITLES = {
  "1h": "Biggest trade of the last hour",
  "24h": "Biggest trade of the last 24 hours",
};

/** What stands out in the feed: the largest trades with their markets and whales, and how much the last hour saw. */
export function HighlightStrip({ highlights }: { highlights: Highlights }) {
  const { biggest, lastHour, incomplete } = highlights;
  return (
    <section aria-label="Highlights">
      <dl className={classes.strip}>
        {biggest.map(({ window, trade }) => (
          <div key={window} className={classes.trade}>
            <dt className={classes.name}>{TITLES[window]}</dt>
            {trade ? (
              <BigTrade trade={trade} />
            ) : (
              <dd className={classes.none}>No trade in that time.</dd>
            )}
          </div>
        ))}
        <div className={classes.figure}>
          <dt className={classes.name}>Traded by whales in the last hour</dt>
          <dd className={classes.value}>
            <Amount value={lastHour.volume} missing="" />
            <Unit />
          </dd>
          <dd className={classes.note}>
            in {formatCount(lastHour.trades)} {lastHour.trades === 1 ? "trade" : "trades"}
          </dd>
          {incomplete && (
            <dd className={classes.note}>
              Some histories are still being read, so larger trades may be missing.
            </dd>
          )}
        </div>
      </dl>
    </section>
  );
}

/** The currency of an amount that stands alone. */
function Unit() {
  return <span className={classes.unit}>USD</span>;
}

function BigTrade({ trade }: { trade: TradeItem }) {
  const { market } = trade;
  return (
    <>
      <dd className={classes.value}>
        <SizedAmount trade={trade} />
        <Unit />
      </dd>
      <dd className={classes.market}>
        <Link to={`/markets/${market.id}`}>
          {market.parentTitle ? `${market.title} · ${market.parentTitle}` : market.title}
        </Link>
      </dd>
      <dd className={classes.note}>
        <Side side={trade.side} /> {market.outcomeLabel ?? trade.outcomeSide} by{" "}
        <WalletLink whale={trade.whale} />, <Ago at={trade.tradedAt} />
      </dd>
    </>
  );
}
