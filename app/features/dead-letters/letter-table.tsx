import { Link } from "react-router";
import classes from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Missing } from "~/components/missing.tsx";
import { Status } from "~/components/status.tsx";
import { Time } from "~/components/time.tsx";
import { LETTER_TONES } from "./letter-status.ts";
import { streamWords } from "./letter-words.ts";
import type { LetterItem } from "./queries.server.ts";

const COLUMNS: Column[] = [
  { label: "Letter" },
  { label: "Status" },
  { label: "Failed", roomy: true },
  { label: "Job", roomy: true },
  { label: "Stream", roomy: true },
  { label: "Error" },
  { label: "What became of it", roomy: true },
];

/** Dead letters as rows, in the order given. */
export function LetterTable({ letters }: { letters: readonly LetterItem[] }) {
  return (
    <DataTable caption="Dead letters, the last failed first" columns={COLUMNS}>
      {letters.map((letter) => (
        <tr key={letter.id}>
          <td>
            <Link to={`/dead-letters/${letter.id}`}>Letter {letter.id}</Link>
            <span className={classes.folded}>
              <Time at={letter.failedAt} missing="" />
            </span>
            <span className={classes.folded}>{letter.functionId}</span>
            {letter.stream !== null && (
              <span className={`${classes.folded} ${classes.breaks}`}>
                {streamWords(letter.stream)}
              </span>
            )}
          </td>
          <td>
            <Status value={letter.status} tone={LETTER_TONES[letter.status]} />
          </td>
          <td className={classes.roomy}>
            <Time at={letter.failedAt} missing="" />
          </td>
          <td className={classes.roomy}>{letter.functionId}</td>
          <td className={classes.roomy} title={letter.stream ?? undefined}>
            {letter.stream === null ? <Missing why="not known" /> : streamWords(letter.stream)}
          </td>
          <td className={classes.wide}>
            {letter.errorCode}
            <span className={`${classes.sub} ${classes.brief}`}>{letter.errorMessage}</span>
          </td>
          <td className={classes.roomy}>
            <Fate letter={letter} />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function Fate({ letter }: { letter: LetterItem }) {
  if (letter.nextId !== null) {
    return (
      <>
        Failed again: <Link to={`/dead-letters/${letter.nextId}`}>letter {letter.nextId}</Link>
      </>
    );
  }
  if (letter.status === "discarded") {
    return (
      <span className={classes.reason} title={letter.discardReason ?? undefined}>
        {letter.discardReason}
      </span>
    );
  }
  if (letter.replayId !== null) {
    return <Link to={`/replays/${letter.replayId}`}>Replay {letter.replayId}</Link>;
  }
  if (letter.status === "replayed") return "Run again from the dashboard";
  return <Missing why="nothing yet" />;
}
