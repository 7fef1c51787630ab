import { Link } from "react-router";
import classes from "~/components/data-table.module.css";
import { DataTable } from "~/components/data-table.tsx";
import { Missing } from "~/components/missing.tsx";
import { Status } from "~/components/status.tsx";
import { Time } from "~/components/time.tsx";
import { formatCount, formatDuration } from "~/lib/format.ts";
import type { SyncItem } from "./queries.server.ts";

const COLUMNS = [
  { label: "Started" },
  { label: "Job" },
  { label: "Status" },
  { label: "Trigger" },
  { label: "Took", numeric: true },
  { label: "Requests", numeric: true },
  { label: "Fetched", numeric: true },
  { label: "New", numeric: true },
  { label: "Updated", numeric: true },
  { label: "Duplicate", numeric: true },
  { label: "Quarantined", numeric: true },
  { label: "What happened" },
];

/** Runs of jobs as rows, in the order given. */
export function SyncTable({ caption, syncs }: { caption: string; syncs: readonly SyncItem[] }) {
  return (
    <DataTable caption={caption} columns={COLUMNS}>
      {syncs.map((sync) => (
        <tr key={sync.id}>
          <td>
            <Link to={`/syncs/${sync.id}`}>
              <Time at={sync.startedAt} missing="" />
            </Link>
          </td>
          <td>{sync.type}</td>
          <td>
            <Status value={sync.status} />
          </td>
          <td>{sync.trigger}</td>
          <td className={classes.num}>
            <Took sync={sync} />
          </td>
          <td className={classes.num}>{formatCount(sync.requests)}</td>
          <td className={classes.num}>{formatCount(sync.fetched)}</td>
          <td className={classes.num}>{formatCount(sync.created)}</td>
          <td className={classes.num}>{formatCount(sync.updated)}</td>
          <td className={classes.num}>{formatCount(sync.duplicate)}</td>
          <td className={classes.num}>{formatCount(sync.quarantined)}</td>
          <td className={classes.wide}>{whatHappened(sync)}</td>
        </tr>
      ))}
    </DataTable>
  );
}

/** How long a run took; a dash while it runs. */
export function Took({ sync }: { sync: SyncItem }) {
  if (sync.finishedAt === null) return <Missing why="still running" />;
  return formatDuration(new Date(sync.finishedAt).getTime() - new Date(sync.startedAt).getTime());
}

function whatHappened(sync: SyncItem): string {
  const error = [sync.errorCode, sync.errorMessage].filter(Boolean).join(": ");
  return [error, sync.note].filter(Boolean).join(". ");
}
