import classes from "./error-block.module.css";
import { errorLine, type RunError } from "./run-error.ts";

/**
 * An error in a line, its stack unfolded on demand.
 * @param whole address of the whole error, where it is longer than what is shown
 */
export function ErrorBlock({ error, whole }: { error: RunError; whole?: string }) {
  return (
    <div className={classes.error}>
      <p className={classes.line}>{errorLine(error)}</p>
      {error.stack && (
        <details>
          <summary>Stack</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
          <pre className={classes.stack} tabIndex={0}>
            {error.stack}
          </pre>
        </details>
      )}
      {whole && <a href={whole}>The whole error</a>}
    </div>
  );
}
