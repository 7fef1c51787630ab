/** A stretch of time, in epoch milliseconds. */
export type Span = { start: number; end: number };

/** A part of a stretch of time, as percentages of the whole. */
export type Bar = {
  key: string;
  status: "completed" | "failed" | "interrupted" | "running" | "waiting";
  left: number;
  width: number;
};

/** The bar of what lasted from `from` to `to` (epoch milliseconds); what lies outside the span is cut off. */
export function barOf(
  key: string,
  status: Bar["status"],
  from: number,
  to: number,
  span: Span,
): Bar {
  const percent = (at: number) => {
    const share = (100 * (at - span.start)) / (span.end - span.start);
    return Math.round(10 * Math.min(100, Math.max(0, share))) / 10;
  };
  const left = percent(from);
  return { key, status, left, width: Math.round(10 * Math.max(0, percent(to) - left)) / 10 };
}
