import type { Bar } from "./time-bars.ts";
import classes from "./time-track.module.css";

/** Bars within a stretch of time, later ones upon earlier ones. They are for the eye: words beside them say the times. */
export function TimeTrack({ bars }: { bars: readonly Bar[] }) {
  return (
    <span className={classes.track} aria-hidden="true">
      {bars.map(({ key, status, left, width }) => (
        <span
          key={key}
          className={classes.bar}
          data-status={status}
          style={{ left: `min(${left}%, calc(100% - 3px))`, width: `${width}%` }}
        />
      ))}
    </span>
  );
}
