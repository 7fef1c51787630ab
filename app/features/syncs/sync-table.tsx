import { Link } from "react-router";
import classes from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Missing } from "~/components/missing.tsx";
import { Status } from "~/components/status.tsx";
import { Time } from "~/components/time.tsx";
import { formatCount, formatElapsed, sentence } from "~/lib/format.ts";
import type { SyncItem } from "./queries.server.ts";
import { errorText } from "./run-words.ts";
import { SYNC_SCHEDULE } from "./schedule.ts";
import { consequenceOf } from "./status-words.ts";
import styles from "./sync-table.module.css";

const COLUMNS: Column[] = [
  { label: "Run" },
  { label: "Status" },
  { label: "Took", numeric: true },
  { label: "Requests", numeric: true },
  { label: "Pages", numeric: true, title: "Pages of the venue's lists that were answered" },
  { label: "Fetched", numeric: true },
  { label: "New", numeric: true },
  { label: "Updated", numeric: true },
  { label: "Duplicate", numeric: true, title: "Rows that were stored already" },
  {
    label: "Quarantined",
    numeric: true,
    title: "Rows that failed their schema and are kept aside",
  },
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
            <span className={classes.sub}>
              {SYNC_SCHEDULE[sync.type].name}, {TRIGGER_WORDS[sync.trigger]}
            </span>
          </td>
          <td>
            <Status value={sync.status} />
          </td>
          <td className={classes.num}>
            <Took sync={sync} />
          </td>
          {FIGURES.map((name) => (
            <td key={name} className={classes.num}>
              <Figure value={sync[name]} quiet={sync.status === "skipped"} />
            </td>
          ))}
          <td className={classes.wide}>
            <WhatHappened sync={sync} />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

/** What started a run, in words. */
export const TRIGGER_WORDS: Record<SyncItem["trigger"], string> = {
  cron: "schedule",
  manual: "by hand",
  start: "app start",
  replay: "replay",
  backfill: "backfill",
};

/** The figures of runs, in the order of their columns. */
const FIGURES = [
  "requests",
  "pages",
  "fetched",
  "created",
  "updated",
  "duplicate",
  "quarantined",
] as const;

/**
 * A figure of a run or step; null = it was not recorded.
 * @param quiet nothing was done, so there is nothing to count
 */
export function Figure({ value, quiet = false }: { value: number | null; quiet?: boolean }) {
  if (quiet && !value) return <Missing why="nothing was done" />;
  if (value === null) return <Missing why="not recorded" />;
  return value === 0 ? <span className={styles.zero}>0</span> : formatCount(value);
}

/** How long a run took; a dash while it runs and where it did nothing. */
export function Took({ sync }: { sync: Pick<SyncItem, "status" | "startedAt" | "finishedAt"> }) {
  if (sync.status === "skipped") return <Missing why="nothing was done" />;
  if (sync.finishedAt === null) return <Missing why="still running" />;
  return formatElapsed(Date.parse(sync.finishedAt) - Date.parse(sync.startedAt));
}

function WhatHappened({ sync }: { sync: SyncItem }) {
  const error = errorText(sync);
  const consequence = consequenceOf(sync);
  const repeated =
    sync.status === "skipped" && sync.finishedAt !== null && sync.finishedAt !== sync.startedAt;
  return (
    <div className={styles.what}>
      {[sync.note ? error && sentence(error) : error, sync.note].filter(Boolean).join(" ")}
      {consequence && <span className={classes.sub}>{consequence}</span>}
      {repeated && (
        <span className={classes.sub}>
          Last time <Time at={sync.finishedAt} missing="" />
        </span>
      )}
    </div>
  );
}
