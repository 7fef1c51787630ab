import { Link, useSearchParams } from "react-router";
import { Panel } from "~/components/panel.tsx";
import { ACTIVITY_DAYS, type Activity } from "./activity.ts";
import { ActivityChart } from "./activity-chart.tsx";
import classes from "./positions-panel.module.css";
import { searchWith } from "./positions-panel.tsx";

/** What a whale bought and sold per day, over a length of time that can be chosen. */
export function ActivityPanel({ activity }: { activity: Activity }) {
  const [search] = useSearchParams();
  return (
    <Panel
      title="Activity"
      description="Bought and sold per day (UTC)."
      actions={
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields; these are links
        <div role="group" aria-label="Length of time" className={classes.choices}>
          {ACTIVITY_DAYS.map((days) => (
            <Link
              key={days}
              to={`?${searchWith(search, { days: days === ACTIVITY_DAYS[0] ? null : String(days) })}`}
              preventScrollReset
              aria-current={days === activity.days.length ? "true" : undefined}
            >
              {days} days
            </Link>
          ))}
        </div>
      }
    >
      <ActivityChart activity={activity} />
    </Panel>
  );
}
