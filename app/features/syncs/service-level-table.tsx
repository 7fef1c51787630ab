import classes from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Missing } from "~/components/missing.tsx";
import { Panel } from "~/components/panel.tsx";
import { Ago } from "~/components/time.tsx";
import { formatCount, formatElapsed } from "~/lib/format.ts";
import type { AgeFigures } from "./data-age.ts";
import { errorBudget, type Outcomes } from "./error-budget.ts";
import { SYNC_SCHEDULE } from "./schedule.ts";
import styles from "./service-level-table.module.css";
import type { ServiceLevels } from "./service-levels.server.ts";

const COLUMNS: Column[] = [
  { label: "Job" },
  {
    label: "Objective",
    numeric: true,
    roomy: true,
    title: "Share of the runs with work that should complete",
  },
  { label: "Budget left, 24 h", numeric: true },
  { label: "Budget left, 7 d", numeric: true },
  { label: "Data age, 24 h", numeric: true },
  { label: "Data age, 7 d", numeric: true },
];

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** Figures older than the page by less than this are as good as new, in milliseconds. */
const FRESH_MS = 5_000;

/**
 * Error budget and age of the data per job.
 * @param now the server's clock when it made the page, epoch milliseconds
 */
export function ServiceLevelTable({ levels, now }: { levels: ServiceLevels; now: number }) {
  const older = now - Date.parse(levels.computedAt) >= FRESH_MS;
  return (
    <Panel
      title="Health"
      description={
        <>
          Budget: the failed and incomplete runs that the objective allows. Age: how old the newest
          data was, half of the time no older than p50 and 95 % of the time no older than p95.
          {older && (
            <>
              {" "}
              Computed <Ago at={levels.computedAt} />.
            </>
          )}
        </>
      }
    >
      <DataTable caption="Health of the jobs" columns={COLUMNS}>
        {levels.jobs.map(({ type, day, week }) => {
          const { name, objective, objectiveWhy, readsVenue } = SYNC_SCHEDULE[type];
          return (
            <tr key={type}>
              <td>
                {name}
                {!readsVenue && <span className={classes.sub}>age of its last result</span>}
                <span className={classes.folded}>objective {objective} %</span>
              </td>
              <td className={`${classes.num} ${classes.roomy}`} title={objectiveWhy}>
                {objective} %
              </td>
              <Budget objective={objective} outcomes={day.outcomes} />
              <Budget objective={objective} outcomes={week.outcomes} />
              <Age age={day.age} windowMs={DAY_MS} readsVenue={readsVenue} />
              <Age age={week.age} windowMs={WEEK_MS} readsVenue={readsVenue} />
            </tr>
          );
        })}
      </DataTable>
    </Panel>
  );
}

function Budget({ objective, outcomes }: { objective: number; outcomes: Outcomes }) {
  const budget = errorBudget(objective, outcomes);
  if ("needs" in budget) {
    return (
      <td className={classes.num}>
        <Missing why="not measured yet: too few runs" />
        <span className={classes.sub}>
          {formatCount(budget.has)} of {formatCount(budget.needs)} runs needed
        </span>
      </td>
    );
  }
  const { allowed, used, left } = budget;
  const exceeded = used > allowed;
  return (
    <td className={classes.num}>
      <span className={exceeded ? styles.exceeded : undefined}>
        {exceeded ? "Exceeded" : `${Math.floor(100 * left)} %`}
      </span>
      <span className={classes.sub}>
        {exceeded
          ? `${formatCount(used)} failed, ${formatCount(allowed)} allowed`
          : `${formatCount(used)} of ${formatCount(allowed)} used`}
      </span>
    </td>
  );
}

function Age({
  age,
  windowMs,
  readsVenue,
}: {
  age: AgeFigures | null;
  windowMs: number;
  readsVenue: boolean;
}) {
  const [p50, p95] = age?.ages ?? [];
  if (!age || p50 === undefined || p95 === undefined) {
    const what = readsVenue ? "the venue has not answered" : "no run has completed";
    return (
      <td className={classes.num}>
        <Missing why={`not measured yet: ${what}`} />
      </td>
    );
  }
  return (
    <td className={classes.num}>
      p50 {formatElapsed(p50)}
      <span className={classes.sub}>p95 {formatElapsed(p95)}</span>
      {age.measuredMs < 0.99 * windowMs && (
        <span className={classes.sub}>over {formatElapsed(age.measuredMs)}</span>
      )}
    </td>
  );
}
