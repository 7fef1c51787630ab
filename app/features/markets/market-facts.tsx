import { Amount, Price } from "~/components/amount.tsx";
import { Fact, Facts } from "~/components/facts.tsx";
import { Missing } from "~/components/missing.tsx";
import { Panel } from "~/components/panel.tsx";
import { Stat, Stats } from "~/components/stat.tsx";
import { Ago, Time, UtcTime } from "~/components/time.tsx";
import { formatPrice } from "~/lib/format.ts";
import classes from "./market-page.module.css";
import { PriceChange } from "./price-change.tsx";
import type { PricePoint } from "./price-grid.ts";
import type { MarketDetail } from "./queries.server.ts";

const NO_VOLUME = "the venue sent no figure";

/**
 * The figures of a market: prices of both outcomes with their change, and volumes.
 * @param latest the last price of the history, said where the venue's own is older or not known
 * @param whyNoPrice why no price is known, in words
 */
export function MarketFigures({
  market,
  noPrice,
  change24h,
  latest,
  whyNoPrice,
}: {
  market: MarketDetail;
  noPrice: string | null;
  change24h: string | null;
  latest: PricePoint | null;
  whyNoPrice: string;
}) {
  const result = resultOf(market);
  return (
    <Stats>
      {result && (
        <Stat
          name="Result"
          value={result}
          note={market.resolvedAt ? <Ago at={market.resolvedAt} /> : undefined}
        />
      )}
      <Stat
        name={market.yesLabel ?? "Yes"}
        value={<Price value={market.yesPrice} missing={whyNoPrice} />}
        note={<PriceNote market={market} latest={latest} whyNoPrice={whyNoPrice} />}
      />
      <Stat
        name={market.noLabel ?? "No"}
        value={<Price value={noPrice} missing={whyNoPrice} />}
        note={noPrice === null ? whyNoPrice : `1 − price of ${market.yesLabel ?? "yes"}`}
      />
      {!result && (
        <Stat
          name="Change in 24 h"
          value={<PriceChange change={change24h} missing="no price of a day ago is known" />}
          note={
            change24h === null
              ? "no price of a day ago is known"
              : `price of ${market.yesLabel ?? "yes"}`
          }
        />
      )}
      <VolumeStats market={market} />
    </Stats>
  );
}

/** The volumes of a group. */
export function GroupFigures({ market, outcomes }: { market: MarketDetail; outcomes: string }) {
  return (
    <Stats>
      <Stat name="Outcomes" value={outcomes} />
      <VolumeStats market={market} />
    </Stats>
  );
}

function VolumeStats({ market }: { market: MarketDetail }) {
  return (
    <>
      <Stat
        name="Volume 24 h (USD)"
        value={<Amount value={market.volume24h} missing={NO_VOLUME} />}
        note={
          <>
            7 days: <Amount value={market.volume7d} missing={NO_VOLUME} />
          </>
        }
      />
      <Stat
        name="Volume in all (USD)"
        value={<Amount value={market.volume} missing={NO_VOLUME} />}
      />
    </>
  );
}

function PriceNote({
  market,
  latest,
  whyNoPrice,
}: {
  market: MarketDetail;
  latest: PricePoint | null;
  whyNoPrice: string;
}) {
  const traded = latest && `a whale traded at ${formatPrice(latest.price)}`;
  if (!market.yesPriceAt) return traded ? `${whyNoPrice}; ${traded}` : whyNoPrice;
  const since = latest && latest.at > new Date(market.yesPriceAt).getTime();
  return (
    <>
      as of <Ago at={market.yesPriceAt} />
      {since && `; since then ${traded}`}
    </>
  );
}

/** What else is known of a market, and its rules. */
export function MarketDetails({ market }: { market: MarketDetail }) {
  return (
    <Panel title="About this market">
      <Facts>
        <Fact name="Opened">
          <Moment at={market.openedAt} missing="the venue sent no time" />
        </Fact>
        <Fact name={market.resolvedAt ? "Was to close" : "Closes"}>
          <Moment at={market.cutoffAt} missing="no closing time is known" />
        </Fact>
        {(market.resolvedAt || market.status === "resolved") && (
          <>
            <Fact name="Resolved">
              <Moment at={market.resolvedAt} missing="the venue sent no time" />
            </Fact>
            <Fact name="Result">{resultOf(market) ?? <Missing why="no result is known" />}</Fact>
          </>
        )}
        <Fact name="Labels">
          {market.labels.join(", ") || <Missing why="the venue sent no labels" />}
        </Fact>
        <Fact name="Number at the venue">{market.externalId}</Fact>
        <Fact name="Details read">
          <Time at={market.catalogSeenAt} missing="known from a trade only" />
        </Fact>
        {market.kind === "binary" && (
          <Fact name="Price read">
            <Time at={market.priceCheckedAt} missing="not read yet" />
          </Fact>
        )}
      </Facts>
      <Rules text={market.rules} />
    </Panel>
  );
}

function Moment({ at, missing }: { at: string | null; missing: string }) {
  if (at === null) return <Missing why={missing} />;
  return (
    <>
      <UtcTime at={at} missing="" />
      <span className={classes.ago}>
        <Ago at={at} />
      </span>
    </>
  );
}

/** Longer rules than this are folded. */
const SHORT_RULES = 400;

function Rules({ text }: { text: string | null }) {
  if (!text?.trim()) return <p className={classes.noRules}>The venue sent no rules.</p>;
  if (text.length <= SHORT_RULES) {
    return (
      <>
        <h3 className={classes.rulesTitle}>Rules</h3>
        <p className={classes.rules}>{text}</p>
      </>
    );
  }
  return (
    <details className={classes.folded}>
      <summary>Rules</summary>
      <p className={classes.rules}>{text}</p>
    </details>
  );
}

function resultOf(market: MarketDetail): string | null {
  const labels: Record<string, string | null> = { yes: market.yesLabel, no: market.noLabel };
  return market.resultSide && (labels[market.resultSide] ?? market.resultSide);
}
