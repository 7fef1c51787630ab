import { Fragment } from "react";
import { Status } from "~/components/status.tsx";
import styles from "./status-help.module.css";
import { STATUS_WORDS, type StatusWords } from "./status-words.ts";

const ENTRIES = Object.entries(STATUS_WORDS);

/**
 * What the statuses of runs mean: of one that the list is filtered by at once, of all to be opened.
 * @param status that of the filter
 */
export function StatusHelp({ status }: { status: string | undefined }) {
  const words = ENTRIES.find(([name]) => name === status)?.[1];
  if (words) {
    return (
      <p className={styles.one}>
        <Words words={words} />
      </p>
    );
  }
  return (
    <details className={styles.all}>
      <summary>What Skipped, Incomplete and Failed mean</summary>
      <dl className={styles.list}>
        {ENTRIES.map(([name, entry]) => (
          <Fragment key={name}>
            <dt>
              <Status value={name} />
            </dt>
            <dd>
              <Words words={entry} />
            </dd>
          </Fragment>
        ))}
      </dl>
    </details>
  );
}

function Words({ words }: { words: StatusWords }) {
  return (
    <>
      {words.means} <strong>{words.data}</strong> {words.next}
    </>
  );
}
