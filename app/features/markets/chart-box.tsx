import { useMounted } from "@mantine/hooks";
import { lazy, type ReactNode, Suspense } from "react";
import { formatPrice } from "~/lib/format.ts";
import { type ChartLine, type ChartMark, lastPriceOf } from "./chart-lines.ts";
import classes from "./price-chart.module.css";

const PriceChart = lazy(() => import("./price-chart.tsx"));

const DASHES = [undefined, "6 4", "2 3", "10 5", "2 6"];

/** The lines by name with their last price, and what the marks mean. */
export function Legend({ lines, marked }: { lines: readonly ChartLine[]; marked: boolean }) {
  return (
    <ul className={`${classes.legend} ${classes.colours}`}>
      {lines.map((line, place) => {
        const last = lastPriceOf(line);
        return (
          <li key={line.key}>
            <svg width={22} height={8} aria-hidden="true">
              <path
                d="M0 4H22"
                style={{ stroke: `var(--line-${place + 1})` }}
                strokeWidth={2}
                strokeDasharray={DASHES[place]}
              />
            </svg>
            {line.name} <b>{last === null ? "—" : formatPrice(String(last))}</b>
          </li>
        );
      })}
      {marked && (
        <li>
          <span className={classes.buy}>▲ bought</span> <span className={classes.sell}>▼ sold</span>{" "}
          by whales, larger for more
        </li>
      )}
    </ul>
  );
}

/** A box of fixed size: the server's sketch of the first line, and the chart in its place once it has been loaded. */
export function ChartBox({
  lines,
  marks,
  label,
}: {
  lines: readonly ChartLine[];
  marks: readonly ChartMark[];
  label: string;
}) {
  const mounted = useMounted();
  const sketch = <Sketch lines={lines} />;
  return (
    <div className={`${classes.box} ${classes.colours}`} role="img" aria-label={label}>
      {mounted ? (
        <Suspense fallback={sketch}>
          <PriceChart key={lines.map(({ key }) => key).join()} lines={lines} marks={marks} />
        </Suspense>
      ) : (
        sketch
      )}
    </div>
  );
}

function Sketch({ lines }: { lines: readonly ChartLine[] }) {
  const prices = lines.flatMap(({ points }) => points.map(({ price }) => price ?? 0));
  const high = Math.max(...prices);
  const low = Math.min(...prices);
  const width = Math.max(1, (lines[0]?.points.length ?? 1) - 1);
  const y = (price: number) => Math.round(1000 * (1 - (price - low) / (high - low || 1)));
  return (
    <svg
      className={classes.sketch}
      viewBox={`0 0 ${width} 1000`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {lines.map(({ key, points }, place) => (
        <path
          key={key}
          d={pathOf(points.map(({ price }) => (price === null ? null : y(price))))}
          fill="none"
          style={{ stroke: `var(--line-${place + 1})` }}
          strokeWidth={2}
          strokeDasharray={DASHES[place]}
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </svg>
  );
}

/** Steps, as the chart draws them; only where the value changes. */
function pathOf(values: readonly (number | null)[]): string {
  let path = "";
  let before: number | null = null;
  for (const [place, value] of values.entries()) {
    if (value === null || value === before) continue;
    path += before === null ? `M${place} ${value}` : `H${place}V${value}`;
    before = value;
  }
  return path && `${path}H${values.length - 1}`;
}

/** How the chart came about, and whose software draws it. */
export function ChartFoot({ children }: { children: ReactNode }) {
  return (
    <div className={classes.foot}>
      <p>{children}</p>
      <p>
        Chart:{" "}
        <a href="https://www.tradingview.com/" rel="noreferrer">
          TradingView Lightweight Charts™
        </a>{" "}
        © 2025 TradingView, Inc.
      </p>
    </div>
  );
}
