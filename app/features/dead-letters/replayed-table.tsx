import { Link } from "react-router";
import classes from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Missing } from "~/components/missing.tsx";
import { Status } from "~/components/status.tsx";
import { Time } from "~/components/time.tsx";
import { OUTCOME_WORDS } from "./letter-status.ts";
import { streamWords } from "./letter-words.ts";
import type { ReplayedItem } from "./replays.server.ts";

const COLUMNS: Column[] = [
  { label: "Letter" },
  { label: "Outcome" },
  { label: "Job", roomy: true },
  { label: "Stream", roomy: true },
  { label: "Asked for", roomy: true },
  { label: "Ended", roomy: true },
  { label: "What came of it" },
];

/**
 * Letters of a replay with what became of each, in the order given.
 * @param runsHere the app has pages for the runs
 */
export function ReplayedTable({
  letters,
  runsHere,
}: {
  letters: readonly ReplayedItem[];
  runsHere: boolean;
}) {
  return (
    <DataTable caption="Letters of the replay" columns={COLUMNS}>
      {letters.map((letter) => {
        const { word, tone } = OUTCOME_WORDS[letter.outcome];
        return (
          <tr key={letter.id}>
            <td>
              <Link to={`/dead-letters/${letter.id}`}>Letter {letter.id}</Link>
              <span className={`${classes.folded} ${classes.breaks}`}>
                {letter.stream === null ? letter.functionId : streamWords(letter.stream)}
              </span>
            </td>
            <td>
              <Status value={word} tone={tone} />
            </td>
            <td className={classes.roomy}>{letter.functionId}</td>
            <td className={classes.roomy} title={letter.stream ?? undefined}>
              {letter.stream === null ? <Missing why="not known" /> : streamWords(letter.stream)}
            </td>
            <td className={classes.roomy}>
              <Time at={letter.requestedAt} missing="it waits for its turn" />
            </td>
            <td className={classes.roomy}>
              <Time at={letter.resolvedAt} missing="not ended" />
            </td>
            <td>
              <Result letter={letter} runsHere={runsHere} />
            </td>
          </tr>
        );
      })}
    </DataTable>
  );
}

function Result({ letter, runsHere }: { letter: ReplayedItem; runsHere: boolean }) {
  const { nextId, replayRunId } = letter;
  if (nextId !== null) return <Link to={`/dead-letters/${nextId}`}>Letter {nextId}</Link>;
  if (replayRunId === null) return <Missing why="nothing yet" />;
  const words = `Run …${replayRunId.slice(-6)}`;
  return runsHere ? <Link to={`/runs/${replayRunId}`}>{words}</Link> : words;
}
