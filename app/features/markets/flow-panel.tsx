import { Amount } from "~/components/amount.tsx";
import { Empty } from "~/components/empty.tsx";
import { Panel } from "~/components/panel.tsx";
import { formatAmount, formatCount, formatUtcShort } from "~/lib/format.ts";
import type { TimeWindow } from "~/lib/windows.ts";
import classes from "./flow.module.css";
import type { Flow, OutcomeFlow } from "./market-activity.server.ts";
import { WINDOW_WORDS } from "./price-trend.ts";

/** What whales bought and sold of each outcome in a window, and what exactly is counted. */
export function FlowPanel({
  flow,
  window,
  labels,
}: {
  flow: Flow;
  window: TimeWindow;
  labels: Record<string, string | null>;
}) {
  const largest = Math.max(
    0,
    ...flow.outcomes.flatMap(({ bought, sold }) => [Number(bought), Number(sold)]),
  );
  const when = window === "all" ? "ever" : WINDOW_WORDS[window];
  return (
    <Panel
      title="Whale flow"
      description={flow.outcomes.length > 0 ? describe(flow, when) : undefined}
    >
      {flow.outcomes.length === 0 ? (
        <Empty title="No whale trades" why={`No followed whale has bought or sold here ${when}.`} />
      ) : (
        <div className={classes.outcomes}>
          {flow.outcomes.map((outcome) => (
            <OutcomeBars
              key={outcome.outcomeSide}
              name={labels[outcome.outcomeSide] ?? outcome.outcomeSide}
              outcome={outcome}
              largest={largest}
            />
          ))}
        </div>
      )}
    </Panel>
  );
}

/** What the figures count, in words. */
function describe(flow: Flow, when: string): string {
  const counted =
    flow.cutAt === null
      ? `Every trade of followed whales ${when}`
      : `The newest trades of followed whales, back to ${formatUtcShort(flow.cutAt)}; there are more in this window`;
  const parts = [`${counted}. ${plural(flow.whales, "whale")}.`];
  if (flow.incompleteWhales > 0) {
    parts.push(
      `The history of ${formatCount(flow.incompleteWhales)} of them is not complete, so the sums may grow.`,
    );
  }
  if (flow.uncounted > 0) {
    parts.push(
      `Not counted: ${plural(flow.uncounted, "split, merge or row", "splits, merges or rows")} without an amount.`,
    );
  }
  return parts.join(" ");
}

function OutcomeBars({
  name,
  outcome: { bought, sold, net, trades, whales },
  largest,
}: {
  name: string;
  outcome: OutcomeFlow;
  largest: number;
}) {
  const down = net.startsWith("-");
  return (
    <div>
      <p className={classes.name}>
        <span>{name}</span>
        <span className={`${classes.net} ${down ? classes.sold : classes.bought}`} title={net}>
          net {down ? "▼" : "▲"} {formatAmount(net.replace("-", ""))} {down ? "sold" : "bought"}
        </span>
      </p>
      <dl className={classes.bars}>
        <Bar kind="bought" amount={bought} largest={largest} />
        <Bar kind="sold" amount={sold} largest={largest} />
      </dl>
      <p className={classes.note}>
        {plural(trades, "trade")} of {plural(whales, "whale")}
      </p>
    </div>
  );
}

function Bar({
  kind,
  amount,
  largest,
}: {
  kind: "bought" | "sold";
  amount: string;
  largest: number;
}) {
  const share = largest > 0 ? Math.max(0, Number(amount)) / largest : 0;
  return (
    <>
      <dt className={classes[kind]}>{kind === "bought" ? "▲ Bought" : "▼ Sold"}</dt>
      <dd className={classes.track} aria-hidden="true">
        {share > 0 && (
          <div className={`${classes.bar} ${classes[kind]}`} style={{ width: `${share * 100}%` }} />
        )}
      </dd>
      <dd className={classes.amount}>
        <Amount value={amount} missing="" />
      </dd>
    </>
  );
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
