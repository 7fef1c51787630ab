import classes from "./status.module.css";

/** How a status is to be taken; `neutral` = neither good nor bad. */
export type Tone = "good" | "warn" | "bad" | "busy" | "neutral";

const TONES: Record<string, Tone | undefined> = {
  completed: "good",
  activated: "good",
  failed: "bad",
  incomplete: "warn",
  running: "busy",
};

/** Statuses whose own word says too little. */
const WORDS: Record<string, string | undefined> = { activated: "Open", created: "Not open yet" };

/**
 * A status as its word in a pill, with a tone and a mark of its own shape beside it.
 * @param tone that of the word unless given
 */
export function Status({ value, tone = TONES[value] }: { value: string; tone?: Tone }) {
  const toned = tone && tone !== "neutral" ? classes[tone] : "";
  return <span className={`${classes.status} ${toned}`}>{statusWord(value)}</span>;
}

/** A status in words that begin a line: "completed" as "Completed", a market's "activated" as "Open". */
export function statusWord(value: string): string {
  return WORDS[value] ?? value.charAt(0).toUpperCase() + value.slice(1);
}
