import { BarChart } from "@mantine/charts";
import "@mantine/charts/styles.layer.css";
import { formatAmount } from "~/lib/format.ts";
import type { ActivityDay } from "./activity.ts";

const SERIES = [
  { name: "bought", label: "Bought", color: "var(--scope-positive)" },
  { name: "sold", label: "Sold", color: "var(--scope-negative)" },
];

/** Bars of what was bought (up) and sold (down) per day. Brings the chart library with it: load it lazily. */
export default function ActivityBars({ days }: { days: readonly ActivityDay[] }) {
  const data = days.map(({ day, bought, sold }) => ({
    day: day.slice(5),
    bought: Number(bought),
    sold: -Number(sold),
  }));
  return (
    <BarChart
      h="100%"
      data={data}
      dataKey="day"
      type="stacked"
      series={SERIES}
      valueFormatter={(value) => formatAmount(String(Math.abs(value)))}
      withYAxis
      yAxisProps={{ width: 58, tickFormatter: (value: number) => compact.format(Math.abs(value)) }}
      xAxisProps={{ interval: "preserveStartEnd", minTickGap: 24 }}
      gridAxis="x"
      tickLine="none"
      barProps={{ isAnimationActive: false }}
      barChartProps={{ stackOffset: "sign", barCategoryGap: "15%" }}
    />
  );
}

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
