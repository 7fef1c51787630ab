import { Form, useNavigation, useSearchParams } from "react-router";
import { Amount } from "~/components/amount.tsx";
import { CopyButton } from "~/components/copy-button.tsx";
import dataClasses from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Missing } from "~/components/missing.tsx";
import { searchWith } from "~/components/search-with.ts";
import { Time } from "~/components/time.tsx";
import { RowWriteButton } from "~/components/writes.tsx";
import { formatCount, shortAddress } from "~/lib/format.ts";
import type { RankedWhale } from "./leaderboard.server.ts";
import { type LeaderboardWindow, type Metric, SOURCE_NAMES } from "./leaderboard.ts";
import { Signed } from "./signed.tsx";
import { WalletLink } from "./wallet-link.tsx";
import classes from "./whale-table.module.css";
import { Withheld } from "./withheld.tsx";

const NOT_COMPUTED = "not computed yet: figures are computed hourly";

/**
 * Ranked whales as rows, each with a button that follows or unfollows it.
 * @param window PnL and win rate are shown for `all` only
 * @param metric what they are ranked by; PnL then stands first; the other headings lead to their own ranking
 */
export function WhaleTable({
  caption,
  whales,
  window,
  metric,
}: {
  caption: string;
  whales: readonly RankedWhale[];
  window: LeaderboardWindow;
  metric: Metric;
}) {
  const [search] = useSearchParams();
  const { formData } = useNavigation();
  const pendingId = Number(formData?.get("id") ?? 0);
  const whole = window === "all";
  return (
    <DataTable caption={caption} columns={columnsOf(window, metric, search)}>
      {whales.map((whale) => (
        <tr key={whale.id}>
          <td className={`${dataClasses.num} ${dataClasses.muted} ${classes.rank}`}>
            {whale.rank ?? <Missing why="without this figure there is no rank" />}
          </td>
          <td>
            <Wallet whale={whale} />
          </td>
          {metric === "pnl" && <Profit whale={whale} />}
          <td className={dataClasses.num}>
            <Volume whale={whale} />
          </td>
          <td className={dataClasses.num}>
            <Count whale={whale} />
          </td>
          {whole && metric !== "pnl" && <Profit whale={whale} />}
          <td>
            <Time at={whale.lastTradeAt} missing="no trade has been read yet" />
          </td>
          <td>{SOURCE_NAMES[whale.source] ?? whale.source}</td>
          <td>
            <FollowToggle whale={whale} pending={pendingId === whale.id} />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function columnsOf(window: LeaderboardWindow, metric: Metric, search: URLSearchParams): Column[] {
  const sort = (by: Metric): Column["sort"] => {
    const changes = { sort: by === "volume" ? null : by, cursor: null, unfollowed: null };
    return { to: searchWith(search, changes), active: by === metric ? "desc" : null };
  };
  const profit: Column[] = [
    {
      label: "PnL (USD)",
      numeric: true,
      title: "Realised, over the whole history",
      sort: sort("pnl"),
    },
    { label: "Win rate", numeric: true, title: "Decided markets it gained in" },
  ];
  return [
    { label: "Rank", numeric: true },
    { label: "Whale" },
    ...(metric === "pnl" ? profit : []),
    { label: "Volume (USD)", numeric: true, sort: sort("volume") },
    { label: "Trades", numeric: true, sort: sort("trades") },
    ...(window === "all" && metric !== "pnl" ? profit : []),
    { label: "Last trade", sort: sort("last") },
    { label: "Found by" },
    { label: "Following" },
  ];
}

function Wallet({ whale }: { whale: RankedWhale }) {
  const copy = <CopyButton text={whale.address} label={`Copy the address ${whale.address}`} />;
  return (
    <>
      <WalletLink whale={whale} row />
      {whale.label ? (
        <span className={`${dataClasses.sub} ${dataClasses.mono}`}>
          {shortAddress(whale.address)} {copy}
        </span>
      ) : (
        <> {copy}</>
      )}
    </>
  );
}

function Volume({ whale }: { whale: RankedWhale }) {
  if (whale.volume === null && whale.withheld) return <Withheld why={whale.withheld} />;
  return (
    <>
      <Amount value={whale.volume} missing={NOT_COMPUTED} />
      {whale.share !== null && (
        <span className={classes.track} aria-hidden="true">
          <span className={classes.bar} style={{ width: `${whale.share * 100}%` }} />
        </span>
      )}
    </>
  );
}

function Count({ whale }: { whale: RankedWhale }) {
  if (whale.tradeCount === null) return <Missing why={whale.withheld ?? NOT_COMPUTED} />;
  return formatCount(whale.tradeCount);
}

function Profit({ whale: { pnl, pnlWithheld, wins, decided } }: { whale: RankedWhale }) {
  return (
    <>
      <td className={dataClasses.num}>
        {pnl === null && pnlWithheld ? (
          <Withheld why={pnlWithheld} />
        ) : (
          <Signed value={pnl} missing={NOT_COMPUTED} />
        )}
      </td>
      <td className={dataClasses.num}>
        {decided === null ? (
          <Missing why={pnlWithheld ?? NOT_COMPUTED} />
        ) : wins === null ? (
          <Withheld why={`Only ${decided} markets are decided; a rate over so few says nothing.`} />
        ) : (
          <>
            {Math.round((wins / decided) * 100)} %
            <span className={dataClasses.sub}>of {formatCount(decided)} decided</span>
          </>
        )}
      </td>
    </>
  );
}

/** Follows or unfollows a whale, and comes back to the page it stands on. */
function FollowToggle({ whale, pending }: { whale: RankedWhale; pending: boolean }) {
  const name = whale.label ?? whale.address;
  return (
    <Form method="post" preventScrollReset>
      <input type="hidden" name="intent" value={whale.followed ? "unfollow" : "refollow"} />
      <input type="hidden" name="id" value={whale.id} />
      <RowWriteButton label={`${whale.followed ? "Unfollow" : "Follow"} ${name}`} pending={pending}>
        {whale.followed ? "Unfollow" : "Follow"}
      </RowWriteButton>
    </Form>
  );
}
