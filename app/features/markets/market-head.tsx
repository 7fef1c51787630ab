import { Link } from "react-router";
import { PageHead } from "~/components/page-head.tsx";
import { Status } from "~/components/status.tsx";
import { Ago } from "~/components/time.tsx";
import { formatPrice } from "~/lib/format.ts";
import classes from "./market-page.module.css";
import type { MarketDetail } from "./queries.server.ts";
import type { Sibling } from "./siblings.server.ts";

/**
 * Title of a market with what places it: group, status, closing time, ways elsewhere.
 * @param venueUrl its page at the venue; null where there is none
 */
export function MarketHead({
  market,
  venueUrl,
}: {
  market: MarketDetail;
  venueUrl: string | null;
}) {
  const { parent } = market;
  return (
    <PageHead
      title={parent ? `${market.title} · ${parent.title}` : market.title}
      heading={market.title}
      description={`${parent ? `${parent.title}: ` : ""}${market.title}: price, flow and trades of the whales.`}
    >
      <div className={classes.under}>
        <Status value={market.status} />
        {parent && (
          <span>
            in <Link to={`/markets/${parent.id}`}>{parent.title}</Link>
          </span>
        )}
        <Dates market={market} />
        {market.kind === "binary" && <Link to={`/?market=${market.id}`}>In the feed</Link>}
        {venueUrl && (
          <a href={venueUrl} rel="noreferrer" target="_blank">
            Open at Opinion.Trade ↗
          </a>
        )}
      </div>
    </PageHead>
  );
}

function Dates({ market: { resolvedAt, cutoffAt, status } }: { market: MarketDetail }) {
  if (resolvedAt) {
    return (
      <span>
        resolved <Ago at={resolvedAt} />
      </span>
    );
  }
  if (!cutoffAt) return null;
  return (
    <span>
      {status === "activated" ? "closes" : "closing time"} <Ago at={cutoffAt} />
    </span>
  );
}

/** The way to the other outcomes of a group. */
export function Siblings({
  siblings,
  parent,
}: {
  siblings: readonly Sibling[];
  parent: { id: number; title: string };
}) {
  if (siblings.length === 0) return null;
  return (
    <nav aria-label={`Other outcomes of ${parent.title}`} className={classes.siblings}>
      {siblings.map(({ id, title, yesPrice }) => (
        <Link key={id} to={`/markets/${id}`} className={classes.sibling}>
          <span className={classes.siblingTitle}>{title}</span>
          {yesPrice !== null && <b>{formatPrice(yesPrice)}</b>}
        </Link>
      ))}
      <Link to={`/markets/${parent.id}`} className={classes.sibling}>
        All outcomes
      </Link>
    </nav>
  );
}
