import { Link } from "react-router";
import classes from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Missing } from "~/components/missing.tsx";
import { Time } from "~/components/time.tsx";
import type { LetterGroup } from "./groups.server.ts";
import { cappedWords, streamWords } from "./letter-words.ts";

const COLUMNS: Column[] = [
  { label: "Cause" },
  { label: "Letters", numeric: true },
  { label: "First seen", roomy: true },
  { label: "Last seen", roomy: true },
  { label: "Jobs", roomy: true },
  { label: "Streams", roomy: true },
  { label: "What to do" },
];

/** Streams of a group that are named. */
const NAMED = 2;

/**
 * Groups of letters as rows, in the order given.
 * @param search the filters that the page has, which the links of a row carry on
 */
export function GroupTable({
  groups,
  search,
  open,
}: {
  groups: readonly LetterGroup[];
  search: string;
  /** The letters of the groups are open: something can be done with them. */
  open: boolean;
}) {
  return (
    <DataTable caption="Groups of dead letters, the last seen first" columns={COLUMNS}>
      {groups.map((group) => (
        <tr key={group.fingerprint}>
          <td className={classes.wide}>
            <Link data-row="" to={`/dead-letters/letters?${withGroup(search, group)}`}>
              {group.code}
            </Link>
            <span className={classes.sub}>{group.message}</span>
            <span className={classes.folded}>{group.functionIds.join(", ")}</span>
            <span className={classes.folded}>
              <Time at={group.lastSeenAt} missing="" />
            </span>
          </td>
          <td className={classes.num}>{cappedWords(group.letters)}</td>
          <td className={classes.roomy}>
            <Time at={group.firstSeenAt} missing="" />
          </td>
          <td className={classes.roomy}>
            <Time at={group.lastSeenAt} missing="" />
          </td>
          <td className={classes.roomy}>
            {group.functionIds.map((id) => (
              <div key={id}>{id}</div>
            ))}
          </td>
          <td className={classes.roomy}>
            <Streams group={group} />
          </td>
          <td>
            <Actions group={group} search={search} open={open} />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function Actions({ group, search, open }: { group: LetterGroup; search: string; open: boolean }) {
  const sample = <Link to={`/dead-letters/${group.sampleId}`}>Newest letter</Link>;
  if (!open) return sample;
  const chosen = withGroup(search, group);
  // The pages behind the links name the group by it.
  chosen.set("code", group.code);
  return (
    <>
      <div>
        <Link to={`/dead-letters/replay?${chosen}`} aria-label={`Replay: ${group.code}`}>
          Replay…
        </Link>{" "}
        ·{" "}
        <Link to={`/dead-letters/discard?${chosen}`} aria-label={`Discard: ${group.code}`}>
          Discard…
        </Link>
      </div>
      {sample}
    </>
  );
}

function Streams({ group: { streams, streamCount } }: { group: LetterGroup }) {
  if (streams.length === 0) return <Missing why="not known" />;
  const more = streamCount - NAMED;
  return (
    <span title={streams.join("\n")}>
      {streams.slice(0, NAMED).map((stream) => (
        <div key={stream}>{streamWords(stream)}</div>
      ))}
      {more > 0 && <span className={classes.sub}>and {more} more</span>}
    </span>
  );
}

function withGroup(search: string, { fingerprint }: LetterGroup): URLSearchParams {
  const chosen = new URLSearchParams(search);
  chosen.set("fingerprint", fingerprint);
  return chosen;
}
