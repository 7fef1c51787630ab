import { Link } from "react-router";
import classes from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Notice } from "~/components/notice.tsx";
import { Panel } from "~/components/panel.tsx";
import { formatCount } from "~/lib/format.ts";
import type { DryRun } from "./dry-run.server.ts";
import { MOST_LETTERS } from "./letter-limits.ts";
import { lettersWords, streamWords } from "./letter-words.ts";

const JOBS: Column[] = [
  { label: "Job" },
  { label: "Letters", numeric: true },
  { label: "What each does" },
  { label: "Streams", roomy: true },
];

const REFUSED: Column[] = [
  { label: "Why not" },
  { label: "Letters", numeric: true },
  { label: "For example" },
];

/** What a replay would do, before it does anything. */
export function DryRunPanel({ dry }: { dry: DryRun }) {
  return (
    <>
      {dry.more && (
        <Notice tone="info" role="status">
          A replay takes {formatCount(MOST_LETTERS)} letters at a time; these are the oldest. Start
          another when it is over.
        </Notice>
      )}
      {dry.taken > 0 && (
        <Notice tone="info" role="status">
          {lettersWords(dry.taken)} more: a running replay has them already.
        </Notice>
      )}
      <Panel
        title={`${lettersWords(dry.replayable)} would be replayed`}
        description="Nothing has been done yet. Each letter is kept, and linked to what becomes of it."
      >
        {dry.jobs.length > 0 && <Jobs jobs={dry.jobs} />}
      </Panel>
      {dry.refused.length > 0 && (
        <Panel
          title="Cannot be replayed"
          description="These stay open; discard them once they are understood."
        >
          <DataTable caption="Letters that cannot be replayed" columns={REFUSED}>
            {dry.refused.map(({ why, count, letterIds }) => (
              <tr key={why}>
                <td className={classes.wide}>{why}</td>
                <td className={classes.num}>{formatCount(count)}</td>
                <td>
                  {letterIds.map((id) => (
                    <div key={id}>
                      <Link to={`/dead-letters/${id}`}>Letter {id}</Link>
                    </div>
                  ))}
                </td>
              </tr>
            ))}
          </DataTable>
        </Panel>
      )}
    </>
  );
}

function Jobs({ jobs }: { jobs: DryRun["jobs"] }) {
  return (
    <DataTable caption="What would be replayed, by job" columns={JOBS}>
      {jobs.map(({ functionId, eventName, count, streams, more }) => (
        <tr key={functionId}>
          <td>{functionId}</td>
          <td className={classes.num}>{formatCount(count)}</td>
          <td className={classes.wide}>
            A run of {functionId} with the same data, asked for by {eventName}. Work that was done
            meanwhile is not done again.
          </td>
          <td className={classes.roomy}>
            {streams.map((stream) => (
              <div key={stream} title={stream}>
                {streamWords(stream)}
              </div>
            ))}
            {more > 0 && <span className={classes.sub}>and {formatCount(more)} more</span>}
          </td>
        </tr>
      ))}
    </DataTable>
  );
}
