import type { ReactNode } from "react";
import { Link } from "react-router";
import { Notice } from "~/components/notice.tsx";
import { Ago } from "~/components/time.tsx";
import { formatCount } from "~/lib/format.ts";
import { UndoForm } from "./discard-form.tsx";
import styles from "./letter-outcome.module.css";
import type { LetterDetail } from "./queries.server.ts";

/**
 * What has become of a letter, and the way back from a discard.
 * @param together letters that were discarded with it, itself included
 * @param run how the page names the run that did its work again
 */
export function LetterOutcome({
  letter,
  together,
  run,
}: {
  letter: LetterDetail;
  together: number;
  run: ReactNode;
}) {
  if (letter.nextId !== null) {
    return (
      <Notice tone="bad" role="status" title="Its work was tried again, and failed again">
        <Link to={`/dead-letters/${letter.nextId}`}>Letter {letter.nextId}</Link> is what came of
        it. <InReplay letter={letter} />
      </Notice>
    );
  }
  if (letter.status === "replayed") {
    return (
      <Notice tone="info" role="status" title="Its work was done again">
        {run}
        {letter.resolvedAt !== null && (
          <>
            {" · "}
            <Ago at={letter.resolvedAt} />
          </>
        )}
        {letter.replay !== null && " · "}
        <InReplay letter={letter} />
      </Notice>
    );
  }
  if (letter.status === "discarded") {
    return (
      <Notice tone="neutral" role="status" title="Discarded">
        <p className={styles.words}>
          {letter.discardReason} <When at={letter.resolvedAt} />
        </p>
        <div className={styles.buttons}>
          <UndoForm discardKey={null}>Open it again</UndoForm>
          {together > 1 && letter.discardKey !== null && (
            <UndoForm discardKey={letter.discardKey} action="/dead-letters">
              {`Open all ${formatCount(together)} that were discarded with it`}
            </UndoForm>
          )}
        </div>
      </Notice>
    );
  }
  if (letter.replay?.status === "running") {
    return (
      <Notice tone="info" role="status" title="A replay has it">
        {letter.requestedAt ? "Its run is under way." : "It waits for its turn."}{" "}
        <InReplay letter={letter} />
      </Notice>
    );
  }
  return null;
}

function When({ at }: { at: string | null }) {
  if (at === null) return null;
  return (
    <>
      (<Ago at={at} />)
    </>
  );
}

function InReplay({ letter: { replay } }: { letter: LetterDetail }) {
  if (replay === null) return null;
  return (
    <>
      Replay: <Link to={`/replays/${replay.id}`}>{replay.name}</Link>
    </>
  );
}
