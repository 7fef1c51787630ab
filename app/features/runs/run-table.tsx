import { Link } from "react-router";
import classes from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Missing } from "~/components/missing.tsx";
import { Status } from "~/components/status.tsx";
import { Time } from "~/components/time.tsx";
import { formatCount, formatElapsed } from "~/lib/format.ts";
import { ActivityWords } from "./activity-words.tsx";
import type { RunItem } from "./list.server.ts";
import { functionName, triggerName } from "./run-names.ts";
import { isOpen } from "./run-status.ts";
import styles from "./run-table.module.css";

const COLUMNS: Column[] = [
  { label: "Function" },
  { label: "Status" },
  { label: "Queued" },
  { label: "Took", numeric: true, title: "From its first call to its end" },
  {
    label: "Steps",
    numeric: true,
    roomy: true,
    title: "Steps that are done; and those that are open",
  },
  { label: "What happens", roomy: true },
];

/**
 * Runs as rows, in the order given.
 * @param now the server's clock when it read them, epoch milliseconds: where a run that is under way ends for now
 */
export function RunTable({
  caption,
  runs,
  now,
}: {
  caption: string;
  runs: readonly RunItem[];
  now: number;
}) {
  return (
    <DataTable caption={caption} columns={COLUMNS}>
      {runs.map((run) => (
        <tr key={run.id}>
          <td>
            <Link to={`/runs/${run.id}`} data-row="" title={run.id}>
              {functionName(run.functionId)}
            </Link>
            <span className={classes.sub}>{triggerName(run.eventName)}</span>
            <span className={`${classes.folded} ${styles.folded}`}>
              <WhatHappens run={run} />
            </span>
          </td>
          <td>
            <Status value={run.status} />
          </td>
          <td>
            <Time at={run.createdAt} missing="" />
          </td>
          <td className={classes.num}>
            <Took run={run} now={now} />
          </td>
          <td className={`${classes.num} ${classes.roomy}`}>
            <Steps run={run} />
          </td>
          <td className={`${classes.wide} ${classes.roomy}`}>
            <WhatHappens run={run} />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

/** How long a run has taken, so far where it is under way; a dash where it never began. */
export function Took({
  run,
  now,
}: {
  run: Pick<RunItem, "status" | "startedAt" | "endedAt">;
  now: number;
}) {
  if (run.startedAt === null) {
    return <Missing why={isOpen(run.status) ? "it has not begun" : "it never began"} />;
  }
  const end = run.endedAt === null ? now : Date.parse(run.endedAt);
  return formatElapsed(Math.max(0, end - Date.parse(run.startedAt)));
}

function WhatHappens({ run: { error, activity } }: { run: RunItem }) {
  return (
    <>
      {error && <span className={styles.error}>{error}</span>}
      {activity && (
        <span className={styles[activity.tone]}>
          <ActivityWords activity={activity} />
        </span>
      )}
    </>
  );
}

function Steps({ run }: { run: RunItem }) {
  const open = isOpen(run.status) && run.pending > 0;
  return (
    <>
      {formatCount(run.stepCount)}
      {open && <span className={classes.sub}>{formatCount(run.pending)} open</span>}
    </>
  );
}
