import classes from "./sparkline.module.css";

const PAD = 2;

export type Trend = "rising" | "falling" | "flat";

/**
 * The course of a figure as a small line of fixed size, drawn by the server.
 * @param points in order of time, evenly spaced; null = not measured, which leaves a gap
 * @param label what the points are, as "Price of the last 7 days"; the trend is added to it in words
 * @param toned colours the line by its trend; off where more is neither good nor bad
 */
export function Sparkline({
  points,
  label,
  width = 96,
  height = 26,
  toned = true,
}: {
  points: readonly (number | null)[];
  label: string;
  width?: number;
  height?: number;
  toned?: boolean;
}) {
  const trend = trendOf(points);
  return (
    <svg
      role="img"
      aria-label={`${label}: ${trend ?? "not enough measured"}`}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      className={`${classes.line} ${toned && trend && trend !== "flat" ? classes[trend] : ""}`}
    >
      <path
        d={trend ? pathOf(points, width, height) : `M${PAD} ${height / 2}H${width - PAD}`}
        strokeDasharray={trend ? undefined : "1 4"}
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

/** Where a figure went from its first to its last measured point; null with fewer than two. */
export function trendOf(points: readonly (number | null)[]): Trend | null {
  const measured = points.filter((point) => point !== null);
  const first = measured[0];
  const last = measured.at(-1);
  if (first === undefined || last === undefined || measured.length < 2) return null;
  return last > first ? "rising" : last < first ? "falling" : "flat";
}

/** The SVG path through the points: a stroke per stretch without a gap, a dot for a point that stands alone. */
export function pathOf(points: readonly (number | null)[], width: number, height: number): string {
  const measured = points.filter((point) => point !== null);
  const low = Math.min(...measured);
  const range = Math.max(...measured) - low;
  const step = (width - 2 * PAD) / Math.max(1, points.length - 1);
  let path = "";
  for (const [place, point] of points.entries()) {
    if (point === null) continue;
    const share = range === 0 ? 0.5 : (point - low) / range;
    const x = round(PAD + place * step);
    const y = round(height - PAD - share * (height - 2 * PAD));
    const joined = place > 0 && points[place - 1] !== null;
    path += `${joined ? "L" : "M"}${x} ${y}`;
    // A stroke of no length is drawn as a dot by its round caps.
    if (!joined && (points[place + 1] ?? null) === null) path += "h0";
  }
  return path;
}

const round = (value: number) => Math.round(value * 10) / 10;
