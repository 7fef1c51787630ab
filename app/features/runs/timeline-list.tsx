import { Missing } from "~/components/missing.tsx";
import { Status, type Tone } from "~/components/status.tsx";
import type { Span } from "~/components/time-bars.ts";
import { TimeTrack } from "~/components/time-track.tsx";
import { formatElapsed } from "~/lib/format.ts";
import { ActivityWords } from "./activity-words.tsx";
import { ErrorBlock } from "./error-block.tsx";
import { JsonBlock } from "./json-block.tsx";
import { Related } from "./run-facts.tsx";
import type { TimelineAttempt, TimelineStep } from "./timeline.ts";
import { barsOf } from "./timeline-bars.ts";
import classes from "./timeline-list.module.css";

const TONES: Partial<Record<TimelineStep["status"], Tone>> = {
  retrying: "warn",
  waiting: "neutral",
};

/**
 * Steps of a run, one below the other, each with its place in the time of the run.
 * @param span the time that the bars stand for
 */
export function TimelineList({
  runId,
  steps,
  span,
}: {
  runId: string;
  steps: readonly TimelineStep[];
  span: Span;
}) {
  return (
    <ol className={classes.list} aria-label="Steps of this run">
      {steps.map((step) => (
        <li key={step.stepId} className={classes.step}>
          <Head step={step} span={span} />
          <TimeTrack bars={barsOf(step, span)} />
          <Notes step={step} />
          <Attempts runId={runId} step={step} span={span} />
          {step.error && <Failure step={step} />}
          {step.output && (
            <JsonBlock
              name={step.kind === "Wait for an event" ? "Event" : "Output"}
              json={step.output}
              whole={`/runs/${runId}/json?part=step&id=${step.stepId}`}
              folded
            />
          )}
        </li>
      ))}
    </ol>
  );
}

function Head({ step, span }: { step: TimelineStep; span: Span }) {
  const { startedAt, endedAt } = step;
  return (
    <div className={classes.head}>
      <h3 className={classes.name}>{step.name}</h3>
      <span className={classes.kind}>{step.kind}</span>
      <Status value={step.status} tone={TONES[step.status]} />
      <span className={classes.times}>
        {startedAt === null ? (
          <Missing why="when it began is not recorded" />
        ) : (
          <>
            after {elapsed(span.start, Date.parse(startedAt))}
            {endedAt !== null && `, took ${elapsed(Date.parse(startedAt), Date.parse(endedAt))}`}
          </>
        )}
      </span>
    </div>
  );
}

function elapsed(from: number, to: number): string {
  return formatElapsed(Math.max(0, to - from));
}

function Notes({ step: { note, child, activity } }: { step: TimelineStep }) {
  return (
    <>
      {(note || child) && (
        <p className={classes.note}>
          {note} {child && <Related {...child} />}
        </p>
      )}
      {activity && (
        <p className={classes.activity} data-tone={activity.tone}>
          <ActivityWords activity={activity} />
        </p>
      )}
    </>
  );
}

/** One attempt that went well is the step itself. */
function Attempts({ runId, step, span }: { runId: string; step: TimelineStep; span: Span }) {
  const { attempts } = step;
  if (attempts.every(({ status }) => status === "completed") && attempts.length < 2) return null;
  return (
    <ol className={classes.attempts} aria-label={`Attempts of ${step.name}`}>
      {attempts.map((attempt) => (
        <li key={attempt.id} className={classes.attempt}>
          <AttemptHead attempt={attempt} span={span} />
          {attempt.error && (
            <ErrorBlock
              error={attempt.error}
              whole={attempt.cut ? `/runs/${runId}/json?part=attempt&id=${attempt.id}` : undefined}
            />
          )}
        </li>
      ))}
    </ol>
  );
}

const ATTEMPT_TONES: Partial<Record<TimelineAttempt["status"], Tone>> = { interrupted: "warn" };

function AttemptHead({ attempt, span }: { attempt: TimelineAttempt; span: Span }) {
  const [start, end] = [Date.parse(attempt.startedAt), Date.parse(attempt.endedAt)];
  return (
    <div className={classes.head}>
      <span className={classes.number}>Attempt {attempt.number}</span>
      <Status value={attempt.status} tone={ATTEMPT_TONES[attempt.status]} />
      <span className={classes.times}>
        after {elapsed(span.start, start)}, took {elapsed(start, end)}
      </span>
      {attempt.status === "interrupted" && (
        <span className={classes.kind}>
          The process ended while it ran; it does not count, and is made again.
        </span>
      )}
    </div>
  );
}

/** Said by the last attempt already, where there is one. */
function Failure({ step: { error, attempts } }: { step: TimelineStep }) {
  return error && attempts.at(-1)?.error?.message !== error.message && <ErrorBlock error={error} />;
}
