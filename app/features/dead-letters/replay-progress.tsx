import { formatCount } from "~/lib/format.ts";
import styles from "./replay-progress.module.css";
import type { ReplayProgress } from "./replays.server.ts";

/** How far a replay is, as a bar and in words. */
export function ProgressBar({ total, progress }: { total: number; progress: ReplayProgress }) {
  const { succeeded, failedAgain, running } = progress;
  const percent = (count: number) => `${total === 0 ? 0 : (100 * count) / total}%`;
  return (
    <div className={styles.progress}>
      <div className={styles.track} aria-hidden="true">
        <span className={styles.good} style={{ width: percent(succeeded) }} />
        <span className={styles.bad} style={{ width: percent(failedAgain) }} />
        <span className={styles.busy} style={{ width: percent(running) }} />
      </div>
      <p className={styles.words}>{progressWords(total, progress)}</p>
    </div>
  );
}

function progressWords(total: number, progress: ReplayProgress): string {
  const done = progress.succeeded + progress.failedAgain;
  const parts = [
    progress.succeeded > 0 && `${formatCount(progress.succeeded)} succeeded`,
    progress.failedAgain > 0 && `${formatCount(progress.failedAgain)} failed again`,
    progress.running > 0 && `${formatCount(progress.running)} running`,
    progress.waiting > 0 && `${formatCount(progress.waiting)} waiting`,
    progress.released > 0 && `${formatCount(progress.released)} released`,
  ].filter(Boolean);
  return [`${formatCount(done)} of ${formatCount(total)} done`, ...parts].join(" · ");
}
