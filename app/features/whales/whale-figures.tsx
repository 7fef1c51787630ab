import type { ReactNode } from "react";
import { Amount } from "~/components/amount.tsx";
import tableClasses from "~/components/data-table.module.css";
import { DataTable } from "~/components/data-table.tsx";
import { Missing } from "~/components/missing.tsx";
import { Stat, Stats } from "~/components/stat.tsx";
import { Time } from "~/components/time.tsx";
import { formatCount } from "~/lib/format.ts";
import { WINDOW_NAMES } from "~/lib/windows.ts";
import type { WhalePositions } from "./positions.server.ts";
import type { WhaleDetail, WindowStats } from "./queries.server.ts";
import type { WhaleRecord } from "./record.ts";
import { Signed } from "./signed.tsx";
import { Withheld } from "./withheld.tsx";

/** The figures that say what kind of trader this is. */
export function WhaleTiles({
  whale: { record, lastTradeAt },
  positions,
}: {
  whale: WhaleDetail;
  positions: WhalePositions;
}) {
  const { value, unrealised, openCount } = positions;
  return (
    <Stats>
      <Stat
        name="Realised PnL"
        value={
          record.pnl === null && record.computed ? (
            <Withheld why={record.pnlWithheld ?? ""} />
          ) : (
            <Signed value={record.pnl} missing="not computed yet: figures are computed hourly" />
          )
        }
        note={realisedNote(record, positions)}
      />
      <Stat name="Win rate" {...winRate(record)} />
      <Stat
        name="Open positions"
        value={
          <Amount
            value={value.sum}
            missing={lastTradeAt ? "no value can be given" : "no trade has been read yet"}
          />
        }
        note={lastTradeAt && openNote(openCount, value.positions)}
      />
      <Stat
        name="Unrealised PnL"
        value={<Signed value={unrealised.sum} missing="no open position has a price and a cost" />}
        note={lastTradeAt && openNote(openCount, unrealised.positions)}
      />
      <Stat
        name="Last trade"
        value={<Time at={lastTradeAt} missing="no trade has been read yet" />}
      />
    </Stats>
  );
}

/** What the PnL rests on; where it is withheld, what the positions that can be reckoned come to. */
function realisedNote(
  { pnl, pnlWithheld, computed }: WhaleRecord,
  positions: WhalePositions,
): ReactNode {
  const { realised, openCount, doneCount } = positions;
  if (!computed) return null;
  const all = openCount + doneCount;
  if (pnl === null && realised.positions === 0) return pnlWithheld;
  if (pnl !== null || realised.positions === all) return "whole history, by average cost";
  return (
    <>
      <Signed value={realised.sum} missing="" /> in the {formatCount(realised.positions)} of{" "}
      {formatCount(all)} positions that can be reckoned
    </>
  );
}

/** A win rate is shown with what it rests on. */
function winRate({ wins, decided, computed }: WhaleRecord) {
  if (decided === null) {
    const why = computed
      ? "The history is not complete, so its decided markets are not all known."
      : "Not computed yet: figures are computed hourly.";
    return computed ? { value: <Withheld why={why} /> } : { value: <Missing why={why} /> };
  }
  if (wins === null) {
    const why = `Only ${decided} markets are decided and can be reckoned; a rate over so few says nothing.`;
    return { value: <Withheld why={why} />, note: `${decided} decided markets` };
  }
  return {
    value: `${Math.round((wins / decided) * 100)} %`,
    note: `gained in ${formatCount(wins)} of ${formatCount(decided)} decided markets`,
  };
}

function openNote(open: number, counted: number): string {
  if (open === 0) return "no position is open";
  const all = `${formatCount(open)} open`;
  return counted === open ? all : `the ${formatCount(counted)} of ${all} that can be valued`;
}

const COLUMNS = [
  { label: "Window" },
  { label: "Volume", numeric: true },
  { label: "Trades", numeric: true },
  { label: "Last trade" },
  { label: "Computed" },
];

/** Volume, count and last trade by window; what is withheld says why. */
export function WindowTable({ stats }: { stats: readonly WindowStats[] }) {
  return (
    <DataTable caption="Figures of each window" columns={COLUMNS}>
      {stats.map((row) => (
        <tr key={row.window}>
          <td>{WINDOW_NAMES[row.window]}</td>
          <td className={tableClasses.num}>
            {row.volume === null && row.computed ? (
              <Withheld why={row.withheld ?? ""} />
            ) : (
              <Amount value={row.volume} missing={row.withheld ?? "not computed yet"} />
            )}
          </td>
          <td className={tableClasses.num}>
            {row.tradeCount === null ? (
              <Missing why={row.withheld ?? "not computed yet"} />
            ) : (
              formatCount(row.tradeCount)
            )}
          </td>
          <td>
            <Time at={row.lastTradeAt} missing={row.withheld ?? "no trade in this window"} />
          </td>
          <td>
            <Time at={row.computedAt} missing="computed hourly, on the hour" />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}
