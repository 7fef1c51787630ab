import { Link } from "react-router";
import { Amount, Price } from "~/components/amount.tsx";
import classes from "~/components/data-table.module.css";
import { DataTable } from "~/components/data-table.tsx";
import { Empty } from "~/components/empty.tsx";
import { Panel } from "~/components/panel.tsx";
import { Sparkline } from "~/components/sparkline.tsx";
import { Status } from "~/components/status.tsx";
import { formatCount, formatUtcShort } from "~/lib/format.ts";
import type { TimeWindow } from "~/lib/windows.ts";
import { Closing } from "./closing.tsx";
import type { GroupPage } from "./market-page.server.ts";
import { whyNoPrice } from "./no-price.ts";
import { WINDOW_WORDS } from "./price-trend.ts";

/** @param daily the venue gives the volume of a day by outcome too */
function outcomeColumns(daily: boolean) {
  return [
    { label: "Outcome" },
    { label: "Yes price", numeric: true },
    { label: "7 days", title: "Yes price of the last 7 days" },
    { label: "Status" },
    ...(daily ? [{ label: "Volume 24 h (USD)", numeric: true }] : []),
    { label: "Volume (USD)", numeric: true },
    { label: "Closes" },
  ];
}

/** Every outcome of a group, likeliest first. */
export function OutcomesPanel({ title, page }: { title: string; page: GroupPage }) {
  const { outcomes, courses } = page;
  if (outcomes.length === 0) {
    return (
      <Panel title="Outcomes">
        <Empty
          title="No outcome is known yet"
          why="The venue's catalog has not shown one so far."
        />
      </Panel>
    );
  }
  const daily = outcomes.some(({ volume24h }) => volume24h !== null);
  return (
    <Panel
      title="Outcomes"
      description={`${formatCount(outcomes.length)}${page.more ? " of more" : ""}, likeliest first.`}
    >
      <DataTable caption={`Outcomes of ${title}`} columns={outcomeColumns(daily)}>
        {outcomes.map((market) => {
          const course = courses[market.id];
          return (
            <tr key={market.id}>
              <td className={classes.wide}>
                <Link to={`/markets/${market.id}`}>{market.title}</Link>
              </td>
              <td className={classes.num}>
                <Price value={market.yesPrice} missing={whyNoPrice(market)} />
              </td>
              <td>{course && <Sparkline points={course} label="Price of the last 7 days" />}</td>
              <td>
                <Status value={market.status} />
              </td>
              {daily && (
                <td className={classes.num}>
                  <Amount value={market.volume24h} missing="the venue sent no figure" />
                </td>
              )}
              <td className={classes.num}>
                <Amount value={market.volume} missing="the venue sent no figure" />
              </td>
              <td>
                <Closing market={market} />
              </td>
            </tr>
          );
        })}
      </DataTable>
    </Panel>
  );
}

const FLOW_COLUMNS = [
  { label: "Outcome" },
  { label: "Bought yes", numeric: true },
  { label: "Sold yes", numeric: true },
  { label: "Bought no", numeric: true },
  { label: "Sold no", numeric: true },
  { label: "Trades", numeric: true },
  { label: "Whales", numeric: true },
];

/** What whales bought and sold of the leading outcomes. */
export function GroupFlowPanel({
  leading,
  window,
}: {
  leading: GroupPage["leading"];
  window: TimeWindow;
}) {
  const rows = leading.flatMap(({ market, flow }) => (flow ? [{ market, flow }] : []));
  const when = WINDOW_WORDS[window];
  if (rows.length === 0) {
    return (
      <Panel title="Whale flow">
        <Empty
          title="No whale trades"
          why={`No followed whale has traded one of the likeliest outcomes ${when}.`}
        />
      </Panel>
    );
  }
  const cut = rows.some(({ flow }) => flow.cutAt !== null);
  return (
    <Panel
      title="Whale flow"
      description={`Trades of followed whales in the likeliest outcomes ${when}${
        cut ? "; where a row says since when, only the newest 400 are counted" : ""
      }.`}
    >
      <DataTable caption="Whale flow by outcome" columns={FLOW_COLUMNS}>
        {rows.map(({ market, flow }) => (
          <tr key={market.id}>
            <td className={classes.wide}>
              <Link to={`/markets/${market.id}`}>{market.title}</Link>
              {flow.cutAt && (
                <span className={classes.sub}>since {formatUtcShort(flow.cutAt)}</span>
              )}
            </td>
            {[flow.boughtYes, flow.soldYes, flow.boughtNo, flow.soldNo].map((amount, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: four columns that never move
              <td key={place} className={classes.num}>
                <Amount value={amount} missing="" />
              </td>
            ))}
            <td className={classes.num}>{formatCount(flow.trades)}</td>
            <td className={classes.num}>{formatCount(flow.whales)}</td>
          </tr>
        ))}
      </DataTable>
    </Panel>
  );
}
