import classes from "~/components/data-table.module.css";
import { Status } from "~/components/status.tsx";
import { Time } from "~/components/time.tsx";
import { shortAddress } from "~/lib/format.ts";
import styles from "./run-quarantine.module.css";

/** A quarantined row as a run's page shows it; `payload` is its JSON as text, cut off where `cut` says so. */
export type QuarantineView = {
  id: string;
  venue: string;
  kind: string;
  wallet: string | null;
  path: string;
  message: string;
  status: "open" | "healed";
  lastSeenAt: string;
  payload: string;
  cut: boolean;
};

const TONES = { open: "warn", healed: "good" } as const;

/** Rows that failed their schema, each with what was received. */
export function RunQuarantine({ rows }: { rows: readonly QuarantineView[] }) {
  return (
    <ul className={styles.list}>
      {rows.map((row) => (
        <li key={row.id} className={styles.row}>
          <div className={styles.head}>
            <Status value={row.status} tone={TONES[row.status]} />
            <span className={styles.message}>
              {row.path && <span className={classes.mono}>{row.path}: </span>}
              {row.message}
            </span>
            <span className={styles.source}>
              {row.venue} {row.kind}
              {row.wallet && (
                <span className={classes.mono} title={row.wallet}>
                  {" "}
                  {shortAddress(row.wallet)}
                </span>
              )}
              , last met <Time at={row.lastSeenAt} missing="" />
            </span>
          </div>
          <details>
            <summary>As received</summary>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
            <pre className={styles.payload} tabIndex={0}>
              {row.payload}
              {row.cut && "\n… the rest is in /api/v1/quarantine"}
            </pre>
          </details>
        </li>
      ))}
    </ul>
  );
}
