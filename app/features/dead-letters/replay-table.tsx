import { Link } from "react-router";
import classes from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Status } from "~/components/status.tsx";
import { Time } from "~/components/time.tsx";
import { formatCount } from "~/lib/format.ts";
import { REPLAY_TONES } from "./letter-status.ts";
import { ProgressBar } from "./replay-progress.tsx";
import type { ReplayItem, ReplayProgress } from "./replays.server.ts";

const COLUMNS: Column[] = [
  { label: "Replay" },
  { label: "Status" },
  { label: "Started", roomy: true },
  { label: "Ended", roomy: true },
  { label: "Letters", numeric: true, roomy: true },
  { label: "Progress" },
];

/** Replays as rows, in the order given. */
export function ReplayTable({
  replays,
}: {
  replays: readonly (ReplayItem & { progress: ReplayProgress | null })[];
}) {
  return (
    <DataTable caption="Replays, newest first" columns={COLUMNS}>
      {replays.map((replay) => (
        <tr key={replay.id}>
          <td className={classes.wide}>
            <Link to={`/replays/${replay.id}`}>{replay.name}</Link>
          </td>
          <td>
            <Status value={replay.status} tone={REPLAY_TONES[replay.status]} />
          </td>
          <td className={classes.roomy}>
            <Time at={replay.createdAt} missing="" />
          </td>
          <td className={classes.roomy}>
            <Time at={replay.finishedAt} missing="it goes on" />
          </td>
          <td className={`${classes.num} ${classes.roomy}`}>{formatCount(replay.total)}</td>
          <td>
            {replay.progress ? (
              <ProgressBar total={replay.total} progress={replay.progress} />
            ) : (
              <Link to={`/replays/${replay.id}`}>Results</Link>
            )}
          </td>
        </tr>
      ))}
    </DataTable>
  );
}
