import { Status } from "~/components/status.tsx";
import type { Span } from "~/components/time-bars.ts";
import { TimeTrack } from "~/components/time-track.tsx";
import type { AttemptItem } from "~/reliability/attempt-item.server.ts";
import classes from "./attempt-list.module.css";
import { attemptWords, barsOfAttempt, groupAttempts } from "./waterfall.ts";

/**
 * Attempts by the request they were at, in the order they began, each with its place in the time.
 * @param span the time that the bars stand for
 */
export function Attempts({ attempts, span }: { attempts: readonly AttemptItem[]; span: Span }) {
  if (attempts.length === 0) return null;
  return (
    <ol className={classes.requests} aria-label="Requests and their attempts">
      {groupAttempts(attempts).map(({ key, request, attempts: tries }) => (
        <li key={key} className={classes.request}>
          <p className={classes.what}>
            {request === null ? `Step ${tries[0]?.step}` : <code>{request}</code>}
          </p>
          {tries.map((attempt) => (
            <AttemptRow
              key={attempt.id}
              attempt={attempt}
              span={span}
              numbered={tries.length > 1 || attempt.number > 1}
            />
          ))}
        </li>
      ))}
    </ol>
  );
}

function AttemptRow({
  attempt,
  span,
  numbered,
}: {
  attempt: AttemptItem;
  span: Span;
  numbered: boolean;
}) {
  const error = [attempt.code, attempt.message].filter(Boolean).join(": ");
  return (
    <div className={classes.attempt}>
      <p className={classes.words}>
        {numbered && <span className={classes.number}>Attempt {attempt.number}</span>}
        <Outcome attempt={attempt} />
        <span>{attemptWords(attempt, span).join(" · ")}</span>
      </p>
      <TimeTrack bars={barsOfAttempt(attempt, span)} />
      {error && <p className={classes.error}>{error}</p>}
    </div>
  );
}

/** An answer by its HTTP status; where there was none, and for a step as a whole, in words. */
function Outcome({ attempt: { request, status, http } }: { attempt: AttemptItem }) {
  const word = status === "success" ? "completed" : "failed";
  const tone = status === "success" ? "good" : "bad";
  if (request === null) return <Status value={word} tone={tone} />;
  return <Status value={http.status === null ? "no answer" : `HTTP ${http.status}`} tone={tone} />;
}
