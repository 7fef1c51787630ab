import {
  createChart,
  createSeriesMarkers,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineSeries,
  LineStyle,
  LineType,
  type MouseEventParams,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { formatAmount, formatPrice, formatUtcShort, shortAddress } from "~/lib/format.ts";
import type { ChartLine, ChartMark } from "./chart-lines.ts";
import classes from "./price-chart.module.css";

const DASHES = [
  LineStyle.Solid,
  LineStyle.Dashed,
  LineStyle.Dotted,
  LineStyle.LargeDashed,
  LineStyle.SparseDotted,
];

type Drawn = {
  chart: IChartApi;
  series: Map<string, ISeriesApi<"Line">>;
  marks: Map<string, ISeriesMarkersPluginApi<Time>>;
};

/** What the pointer is at: a moment with the lines' prices, and the mark under it if there is one. */
type Pointed = {
  x: number;
  y: number;
  time: number;
  prices: { name: string; price: number }[];
  mark: ChartMark | undefined;
};

/**
 * Prices as lines on a canvas, with trades as marks; fills its box, follows the theme. To be loaded in the browser only.
 * @param lines as many as there are at first: another set of keys needs another `key` of this component
 */
export default function PriceChart({
  lines,
  marks,
}: {
  lines: readonly ChartLine[];
  marks: readonly ChartMark[];
}) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn>(null);
  const newest = useRef({ lines, marks });
  newest.current = { lines, marks };
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const navigate = useNavigate();

  useEffect(() => {
    if (!box.current) return;
    const opened = open(box.current, newest.current.lines);
    drawn.current = opened;
    const point = (event: MouseEventParams) => setPointed(pointedAt(event, opened, newest.current));
    const click = (event: MouseEventParams) => {
      const mark = newest.current.marks.find(({ id }) => id === event.hoveredInfo?.objectId);
      if (mark) navigate(`/whales/${mark.whale.id}`);
    };
    opened.chart.subscribeCrosshairMove(point);
    opened.chart.subscribeClick(click);
    return () => {
      drawn.current = null;
      opened.chart.remove();
    };
  }, [navigate]);

  const ends = lines[0] && `${lines[0].points[0]?.time} ${lines[0].points.length}`;
  useEffect(() => {
    const element = box.current;
    if (!element || !drawn.current) return;
    fill(drawn.current, { lines, marks }, element);
    const themed = new MutationObserver(() => {
      if (drawn.current) fill(drawn.current, { lines, marks }, element);
    });
    themed.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    return () => themed.disconnect();
  }, [lines, marks]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another range is shown from end to end
  useEffect(() => drawn.current?.chart.timeScale().fitContent(), [ends]);

  return (
    <>
      <div
        ref={box}
        className={classes.canvas}
        style={pointed?.mark ? { cursor: "pointer" } : undefined}
      />
      {pointed && <Tip pointed={pointed} />}
    </>
  );
}

function open(element: HTMLElement, lines: readonly ChartLine[]): Drawn {
  const chart = createChart(element, {
    autoSize: true,
    // The attribution stands below the chart: the logo would bring a style element that a content security policy refuses.
    layout: { attributionLogo: false, fontSize: 11 },
    localization: {
      locale: "en-US",
      priceFormatter: wordsOf,
      timeFormatter: (time: Time) => formatUtcShort(new Date(Number(time) * 1000).toISOString()),
    },
    timeScale: { timeVisible: true, secondsVisible: false, fixLeftEdge: true, fixRightEdge: true },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.08 } },
    // The wheel and a finger move the page.
    handleScroll: false,
    handleScale: false,
  });
  const series = new Map<string, ISeriesApi<"Line">>();
  const marks = new Map<string, ISeriesMarkersPluginApi<Time>>();
  for (const [place, { key }] of lines.entries()) {
    const line = chart.addSeries(LineSeries, {
      lineType: LineType.WithSteps,
      lineWidth: 2,
      lineStyle: DASHES[place] ?? LineStyle.Solid,
      priceLineVisible: false,
      priceFormat: { type: "price", precision: 4, minMove: 0.0001 },
    });
    series.set(key, line);
    marks.set(key, createSeriesMarkers(line, []));
  }
  return { chart, series, marks };
}

/** Rounded first: the axis computes its own figures, and 0 comes out as a trace of one. */
function wordsOf(price: number): string {
  return formatPrice(price.toFixed(4));
}

function fill(
  { chart, series, marks: plugins }: Drawn,
  { lines, marks }: { lines: readonly ChartLine[]; marks: readonly ChartMark[] },
  element: HTMLElement,
): void {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  chart.applyOptions({
    layout: {
      background: { color: "transparent" },
      textColor: colour("--scope-muted"),
      fontFamily: style.fontFamily,
    },
    grid: {
      vertLines: { visible: false },
      horzLines: { color: colour("--scope-line") },
    },
    timeScale: { borderColor: colour("--scope-line") },
    crosshair: {
      vertLine: { color: colour("--scope-muted"), labelBackgroundColor: colour("--scope-muted") },
      horzLine: { color: colour("--scope-muted"), labelBackgroundColor: colour("--scope-muted") },
    },
  });
  for (const [place, { key, points }] of lines.entries()) {
    series.get(key)?.applyOptions({ color: colour(`--line-${place + 1}`) });
    series.get(key)?.setData(
      points.map(({ time, price }) => {
        const at = time as UTCTimestamp;
        return price === null ? { time: at } : { time: at, value: price };
      }),
    );
    plugins.get(key)?.setMarkers(
      marks
        .filter((mark) => mark.line === key)
        .map((mark) => ({
          id: mark.id,
          time: mark.time as UTCTimestamp,
          position: "atPriceMiddle" as const,
          price: Number(mark.price),
          shape: mark.side === "buy" ? ("arrowUp" as const) : ("arrowDown" as const),
          color: colour(mark.side === "buy" ? "--scope-positive" : "--scope-negative"),
          size: 0.5 + 1.5 * mark.size,
        })),
    );
  }
}

function pointedAt(
  { point, time, seriesData, hoveredInfo }: MouseEventParams,
  { series }: Drawn,
  { lines, marks }: { lines: readonly ChartLine[]; marks: readonly ChartMark[] },
): Pointed | null {
  if (!point || time === undefined) return null;
  const prices = lines.flatMap(({ key, name }) => {
    const line = series.get(key);
    const data = line && seriesData.get(line);
    return data && "value" in data ? [{ name, price: data.value }] : [];
  });
  const mark = marks.find(({ id }) => id === hoveredInfo?.objectId);
  return { x: point.x, y: point.y, time: Number(time), prices, mark };
}

function Tip({ pointed: { x, y, time, prices, mark } }: { pointed: Pointed }) {
  // On the side of the pointer where there is room; the box is wider than two tips on every screen.
  const left = x > 190;
  return (
    <div
      className={classes.tip}
      style={{
        left: left ? x - 14 : x + 14,
        top: Math.max(0, y - 40),
        transform: left ? "translateX(-100%)" : undefined,
      }}
    >
      {mark ? (
        <MarkWords mark={mark} />
      ) : (
        <>
          <p className={classes.tipTime}>{formatUtcShort(new Date(time * 1000).toISOString())}</p>
          {prices.map(({ name, price }) => (
            <p key={name}>
              {name} <b>{wordsOf(price)}</b>
            </p>
          ))}
        </>
      )}
    </div>
  );
}

function MarkWords({ mark }: { mark: ChartMark }) {
  const buys = mark.side === "buy";
  return (
    <>
      <p className={classes.tipTime}>{formatUtcShort(new Date(mark.at).toISOString())}</p>
      <p>
        <b>{mark.whale.label ?? shortAddress(mark.whale.address)}</b>
      </p>
      <p>
        <span className={buys ? classes.buy : classes.sell}>
          {buys ? "▲ bought" : "▼ sold"} {mark.outcomeSide}
        </span>{" "}
        for {formatAmount(mark.amount)} at {formatPrice(mark.price)}
      </p>
      <p className={classes.tipTime}>Click opens this whale.</p>
    </>
  );
}
