import { Form, Link } from "react-router";
import classes from "~/components/data-table.module.css";
import { DataTable } from "~/components/data-table.tsx";
import { Missing } from "~/components/missing.tsx";
import { Status } from "~/components/status.tsx";
import { Time } from "~/components/time.tsx";
import { WriteButton } from "~/components/writes.tsx";
import type { JobOverview } from "./queries.server.ts";
import { SYNC_SCHEDULE } from "./schedule.ts";

const COLUMNS = [
  { label: "Job" },
  { label: "Schedule" },
  { label: "Last run" },
  { label: "Last success" },
  { label: "Next run" },
  { label: "Start" },
];

/** One row per job, with a button that starts it now. */
export function JobTable({
  jobs,
}: {
  jobs: readonly (JobOverview & { nextRunAt: string | null })[];
}) {
  return (
    <DataTable caption="Jobs" columns={COLUMNS}>
      {jobs.map(({ type, lastRun, lastSuccessAt, nextRunAt }) => (
        <tr key={type}>
          <td className={classes.wide}>
            <Link to={`/syncs?type=${type}`}>{type}</Link>
            <span className={classes.sub}>{SYNC_SCHEDULE[type].purpose}</span>
          </td>
          <td>{SYNC_SCHEDULE[type].words}</td>
          <td>
            <LastRun run={lastRun} />
          </td>
          <td>
            <Time at={lastSuccessAt} missing="no run has succeeded yet" />
          </td>
          <td>
            <Time at={nextRunAt} missing="the schedule has no next time" />
          </td>
          <td>
            <Form method="post" action="/syncs">
              <input type="hidden" name="type" value={type} />
              <WriteButton label={`Run ${type} now`}>Run now</WriteButton>
            </Form>
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function LastRun({ run }: { run: JobOverview["lastRun"] }) {
  if (!run) return <Missing why="no run has been recorded yet" />;
  return (
    <>
      <Status value={run.status} />{" "}
      <Link to={`/syncs/${run.id}`}>
        <Time at={run.startedAt} missing="" />
      </Link>
    </>
  );
}
