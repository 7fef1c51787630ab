import { useMemo } from "react";
import { Empty } from "~/components/empty.tsx";
import { Panel } from "~/components/panel.tsx";
import { formatDuration, formatPrice, formatUtcShort } from "~/lib/format.ts";
import type { TimeWindow } from "~/lib/windows.ts";
import { ChartBox, ChartFoot, Legend } from "./chart-box.tsx";
import { ChartData } from "./chart-data.tsx";
import { bothOutcomes, marksOf } from "./chart-lines.ts";
import type { TradeMark } from "./market-activity.server.ts";
import { knownPrices, type PriceHistory } from "./price-grid.ts";
import { trendSentence, WINDOW_WORDS } from "./price-trend.ts";
import { ShowAll } from "./show-all.tsx";

/**
 * The prices of both outcomes of a market, with its largest whale trades.
 * @param whyNoPrice why no price is known, in words
 */
export function PricePanel({
  market,
  history,
  trades,
  window,
  whyNoPrice,
}: {
  market: { yesLabel: string | null; noLabel: string | null };
  history: PriceHistory;
  trades: readonly TradeMark[];
  window: TimeWindow;
  whyNoPrice: string;
}) {
  const { yesLabel, noLabel } = market;
  const lines = useMemo(
    () => bothOutcomes(history, { yesLabel, noLabel }),
    [history, yesLabel, noLabel],
  );
  const marks = useMemo(() => marksOf(trades, history), [trades, history]);
  const sentence = trendSentence(yesLabel ?? "Yes", history, WINDOW_WORDS[window]);
  const known = knownPrices(history);
  if (known < 2) {
    return (
      <Panel title="Price">
        <FewPrices history={history} window={window} whyNoPrice={whyNoPrice} />
      </Panel>
    );
  }
  const marked = `${marks.length} whale ${marks.length === 1 ? "trade is" : "trades are"} marked.`;
  return (
    <Panel title="Price" description={sentence}>
      <Legend lines={lines} marked={marks.length > 0} />
      <ChartBox lines={lines} marks={marks} label={`${sentence} ${marked}`} />
      <ChartFoot>
        One price per {formatDuration(history.range.stepMs)}: the last one that was read from the
        venue or that a whale traded at; a price holds until the next.
        {marks.length > 0 && ` Marked: the ${marks.length} largest of the newest trades.`}
      </ChartFoot>
      <ChartData lines={lines} marks={marks} />
    </Panel>
  );
}

/** The yes prices of the leading outcomes of a group. */
export function GroupPricePanel({
  leading,
  window,
}: {
  leading: readonly { market: { id: number; title: string }; history: PriceHistory }[];
  window: TimeWindow;
}) {
  const drawn = leading.filter(({ history }) => knownPrices(history) > 0);
  const lines = useMemo(
    () =>
      leading
        .filter(({ history }) => knownPrices(history) > 0)
        .map(({ market, history }) => ({
          key: String(market.id),
          name: market.title,
          points: bothOutcomes(history, { yesLabel: null, noLabel: null })[0]?.points ?? [],
        })),
    [leading],
  );
  const [first] = drawn;
  if (!first) {
    return (
      <Panel title="Prices">
        <Empty title="No price yet" why="No outcome of this group has been priced yet." />
      </Panel>
    );
  }
  const sentences = drawn.map(({ market, history }) =>
    trendSentence(market.title, history, WINDOW_WORDS[window]),
  );
  return (
    <Panel title="Prices" description={`The yes prices of the ${lines.length} likeliest outcomes.`}>
      <Legend lines={lines} marked={false} />
      <ChartBox lines={lines} marks={[]} label={sentences.join(" ")} />
      <ChartFoot>
        One price per {formatDuration(first.history.range.stepMs)}: the last one that was read from
        the venue or that a whale traded at; a price holds until the next.
      </ChartFoot>
      <ChartData lines={lines} marks={[]} />
    </Panel>
  );
}

function FewPrices({
  history,
  window,
  whyNoPrice,
}: {
  history: PriceHistory;
  window: TimeWindow;
  whyNoPrice: string;
}) {
  const only = history.points[0];
  const price = only?.price ?? history.opening;
  if (price === null) {
    return (
      <Empty
        title={whyNoPrice === "never traded" ? "Never traded" : "No price is known"}
        why={
          whyNoPrice === "never traded"
            ? "The venue has no price of this market, and no followed whale has traded here."
            : `The venue's price: ${whyNoPrice}. No followed whale has traded here either.`
        }
      />
    );
  }
  const action = window !== "all" && <ShowAll />;
  if (only) {
    return (
      <Empty
        title={`One price so far: ${formatPrice(price)}`}
        why={`Of ${formatUtcShort(new Date(only.at).toISOString())}. A line takes two.`}
        action={action}
      />
    );
  }
  return (
    <Empty
      title={`No price was read ${WINDOW_WORDS[window]}`}
      why={`The last one known is ${formatPrice(price)}.`}
      action={action}
    />
  );
}
