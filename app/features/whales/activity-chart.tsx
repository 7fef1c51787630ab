import { lazy, Suspense, useEffect, useState } from "react";
import { formatAmount } from "~/lib/format.ts";
import type { Activity } from "./activity.ts";
import classes from "./activity-chart.module.css";

const ActivityBars = lazy(() => import("./activity-bars.tsx"));

/** A whale's activity by day: bars, a sentence that says the same, and the days as a table for those who cannot see the bars. */
export function ActivityChart({ activity }: { activity: Activity }) {
  // The chart library runs in the browser only; the box it comes into has its size from the start.
  const [inBrowser, setInBrowser] = useState(false);
  useEffect(() => setInBrowser(true), []);
  const words = wordsOf(activity);
  return (
    <>
      <div className={classes.legend} aria-hidden="true">
        <span className={classes.bought}>▲ bought</span>
        <span className={classes.sold}>▼ sold</span>
      </div>
      <div role="img" aria-label={words} className={classes.box}>
        {inBrowser && (
          <Suspense fallback={null}>
            <ActivityBars days={activity.days} />
          </Suspense>
        )}
      </div>
      <p className={classes.words}>{words}</p>
      <div className="visually-hidden">
        <table>
          <caption>Bought and sold per day (UTC)</caption>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Bought</th>
              <th scope="col">Sold</th>
              <th scope="col">Trades</th>
            </tr>
          </thead>
          <tbody>
            {activity.days
              .filter(({ trades }) => trades > 0)
              .map(({ day, bought, sold, trades }) => (
                <tr key={day}>
                  <th scope="row">{day}</th>
                  <td>{formatAmount(bought)}</td>
                  <td>{formatAmount(sold)}</td>
                  <td>{trades}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function wordsOf({ days, bought, sold, activeDays }: Activity): string {
  const busiest = days.reduce((most, day) => (turnover(day) > turnover(most) ? day : most));
  const half = days.length / 2;
  const before = days.slice(0, half).reduce((sum, day) => sum + turnover(day), 0);
  const after = days.slice(half).reduce((sum, day) => sum + turnover(day), 0);
  const trend =
    after > before * 1.1 ? "more than" : after < before * 0.9 ? "less than" : "about as much as";
  return (
    `Bought ${formatAmount(bought)} and sold ${formatAmount(sold)} on ${activeDays} of ${days.length} days, ` +
    `most on ${busiest.day}; the second half saw ${trend} the first.`
  );
}

const turnover = (day: { bought: string; sold: string }) => Number(day.bought) + Number(day.sold);
