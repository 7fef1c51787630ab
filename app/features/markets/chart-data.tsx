import { type ReactNode, useState } from "react";
import { Amount, Price } from "~/components/amount.tsx";
import tableClasses from "~/components/data-table.module.css";
import { DataTable } from "~/components/data-table.tsx";
import { WalletLink } from "~/features/whales/wallet-link.tsx";
import { formatUtcShort } from "~/lib/format.ts";
import type { ChartLine, ChartMark } from "./chart-lines.ts";
import classes from "./price-chart.module.css";

/** What the chart shows as tables, for reading and for screen readers; made when it is opened. */
export function ChartData({
  lines,
  marks,
}: {
  lines: readonly ChartLine[];
  marks: readonly ChartMark[];
}) {
  const [open, setOpen] = useState(false);
  return (
    <details className={classes.data} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>This chart as a table</summary>
      {open && (
        <div className={classes.tables}>
          <Scroller label="Prices">
            <PriceTable lines={lines} />
          </Scroller>
          {marks.length > 0 && (
            <Scroller label="Marked trades">
              <MarkTable marks={marks} />
            </Scroller>
          )}
        </div>
      )}
    </details>
  );
}

function Scroller({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section className={classes.table} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

function PriceTable({ lines }: { lines: readonly ChartLine[] }) {
  const places = (lines[0]?.points ?? [])
    .map((_, place) => place)
    .filter((place) => changedAt(lines, place))
    .reverse();
  return (
    <DataTable
      caption="Prices, newest first, where one changed"
      columns={[{ label: "Until" }, ...lines.map(({ name }) => ({ label: name, numeric: true }))]}
    >
      {places.map((place) => (
        <tr key={place}>
          <td>
            {formatUtcShort(new Date((lines[0]?.points[place]?.time ?? 0) * 1000).toISOString())}
          </td>
          {lines.map(({ key, points }) => (
            <td key={key} className={tableClasses.num}>
              <Price value={textOf(points[place]?.price)} missing="not known yet" />
            </td>
          ))}
        </tr>
      ))}
    </DataTable>
  );
}

function changedAt(lines: readonly ChartLine[], place: number): boolean {
  return lines.some(({ points }) => points[place]?.price !== (points[place - 1]?.price ?? null));
}

/** Rounded as 1 - 0.9 gives 0.09999999999999998. */
function textOf(price: number | null | undefined): string | null {
  return price == null ? null : String(Math.round(price * 1e6) / 1e6);
}

function MarkTable({ marks }: { marks: readonly ChartMark[] }) {
  return (
    <DataTable
      caption="Marked whale trades, newest first"
      columns={[
        { label: "Time" },
        { label: "Whale" },
        { label: "Trade" },
        { label: "Price", numeric: true },
        { label: "Amount", numeric: true },
      ]}
    >
      {marks.toReversed().map((mark) => (
        <tr key={mark.id}>
          <td>{formatUtcShort(new Date(mark.at).toISOString())}</td>
          <td>
            <WalletLink whale={mark.whale} />
          </td>
          <td className={tableClasses[mark.side]}>
            {mark.side === "buy" ? "▲ bought" : "▼ sold"} {mark.outcomeSide}
          </td>
          <td className={tableClasses.num}>
            <Price value={mark.price} missing="" />
          </td>
          <td className={tableClasses.num}>
            <Amount value={mark.amount} missing="" />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}
