import classes from "./status.module.css";

const TONES: Record<string, string | undefined> = {
  completed: classes.good,
  activated: classes.good,
  failed: classes.bad,
  incomplete: classes.warn,
  running: classes.busy,
};

/** A status as its word, with a tone beside it. */
export function Status({ value }: { value: string }) {
  return <span className={`${classes.status} ${TONES[value] ?? ""}`}>{value}</span>;
}
