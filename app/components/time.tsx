import { formatRelative, formatUtc, formatUtcShort } from "~/lib/format.ts";
import { Missing } from "./missing.tsx";
import { useNow } from "./now.tsx";
import classes from "./time.module.css";

/**
 * A moment (ISO UTC) in a table or list: UTC text from the server, relative time once the browser runs, the local time as its title.
 * Its box is as wide as the longer text, so nothing moves.
 */
export function Time({ at, missing }: { at: string | null; missing: string }) {
  const { ticking } = useNow();
  if (at === null) return <Missing why={missing} />;
  return (
    <time dateTime={at} className={classes.box} title={titleOf(at, ticking)}>
      {ticking === null ? formatUtcShort(at) : formatRelative(new Date(at).getTime(), ticking)}
    </time>
  );
}

/** A moment inside a sentence: relative from the start, by the server's clock until the browser runs. */
export function Ago({ at }: { at: string }) {
  const { ticking, ofServer } = useNow();
  const now = ticking ?? ofServer;
  return (
    <time dateTime={at} title={titleOf(at, ticking)}>
      {now === null ? formatUtc(at) : formatRelative(new Date(at).getTime(), now)}
    </time>
  );
}

/** A moment as the full UTC text, for details. */
export function UtcTime({ at, missing }: { at: string | null; missing: string }) {
  if (at === null) return <Missing why={missing} />;
  return <time dateTime={at}>{formatUtc(at)}</time>;
}

function titleOf(at: string, ticking: number | null): string {
  return ticking === null ? formatUtc(at) : `${new Date(at).toLocaleString()} (${formatUtc(at)})`;
}
