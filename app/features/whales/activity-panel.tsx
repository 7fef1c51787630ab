import { Link, useSearchParams } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { Panel } from "~/components/panel.tsx";
import { searchWith } from "~/components/search-with.ts";
import { ACTIVITY_DAYS, type Activity } from "./activity.ts";
import { ActivityChart } from "./activity-chart.tsx";
import classes from "./positions-panel.module.css";

/**
 * What a whale bought and sold per day, over a length of time that can be chosen.
 * @param complete the history is stored, so that a day without trades had none
 */
export function ActivityPanel({ activity, complete }: { activity: Activity; complete: boolean }) {
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
              to={searchWith(search, { days: days === ACTIVITY_DAYS[0] ? null : String(days) })}
              preventScrollReset
              aria-current={days === activity.days.length ? "true" : undefined}
            >
              {days} days
            </Link>
          ))}
        </div>
      }
    >
      {activity.activeDays > 0 ? (
        <ActivityChart activity={activity} />
      ) : (
        <Empty
          title={complete ? `No trades in the last ${activity.days.length} days` : "No trades yet"}
          why={
            complete
              ? "The wallet has neither bought nor sold since."
              : "The history of this wallet is not read yet."
          }
        />
      )}
    </Panel>
  );
}
