import { Link } from "react-router";
import { Missing } from "~/components/missing.tsx";
import { Status } from "~/components/status.tsx";
import type { Span } from "~/components/time-bars.ts";
import { TimeTrack } from "~/components/time-track.tsx";
import { formatCount, formatElapsed, shortAddress } from "~/lib/format.ts";
import type { AttemptItem } from "~/reliability/attempt-item.server.ts";
import { Attempts } from "./attempt-list.tsx";
import type { SyncItem } from "./queries.server.ts";
import { adviceFor, errorText } from "./run-words.ts";
import { figureWords, stepStatus } from "./step-figures.ts";
import { stepName } from "./step-names.ts";
import type { StepItem } from "./steps.server.ts";
import classes from "./waterfall.module.css";
import type { Waterfall } from "./waterfall.server.ts";
import { barsOfStep, type StepAttempts, spanOfSync, whyFewer, worthShowing } from "./waterfall.ts";

const NONE: StepAttempts = { attempts: [], more: false };

/**
 * Steps of a sync one below the other, each with its place in the time of the sync; opened, with the requests it made.
 * @param now the server's clock when it read them, epoch milliseconds: where a sync that is under way ends for now
 */
export function WaterfallList({
  sync,
  waterfall,
  now,
}: {
  sync: SyncItem;
  waterfall: Pick<Waterfall, "data" | "attempts" | "around">;
  now: number;
}) {
  const span = spanOfSync(sync, waterfall.data, now);
  return (
    <ol className={classes.list} aria-label="Steps of this run">
      {waterfall.data.map((step) => (
        <StepRow
          key={step.key}
          sync={sync}
          step={step}
          found={waterfall.attempts[step.key] ?? NONE}
          span={span}
          now={now}
        />
      ))}
      <Around attempts={waterfall.around} span={span} />
    </ol>
  );
}

function StepRow({
  sync,
  step,
  found,
  span,
  now,
}: {
  sync: SyncItem;
  step: StepItem;
  found: StepAttempts;
  span: Span;
  now: number;
}) {
  const requests = found.attempts.filter(({ request }) => request !== null).length;
  const why = whyFewer(step, { requests, more: found.more }, now);
  return (
    <li className={classes.step}>
      <StepHead step={step} sync={sync} span={span} />
      <StepNotes step={step} />
      <details className={classes.details}>
        <summary>
          <Figures step={step} sync={sync} />
        </summary>
        <div className={classes.opened}>
          <Attempts attempts={worthShowing(found.attempts)} span={span} />
          {why && <p className={classes.why}>{why}</p>}
          {(found.more || requests > 0) && (
            <Link to={`?${new URLSearchParams({ step: step.key })}`}>
              {found.more ? allWords(step, requests) : "This step alone, enlarged"}
            </Link>
          )}
        </div>
      </details>
    </li>
  );
}

/** A step that was begun again counts the requests since then: those that are shown can be more. */
function allWords({ requests }: StepItem, shown: number): string {
  return requests > shown
    ? `All ${formatCount(requests)} requests of this step`
    : "All requests of this step";
}

/** A step's name, how it stands, when it began and how long it took; its bar below. */
export function StepHead({ step, sync, span }: { step: StepItem; sync: SyncItem; span: Span }) {
  const status = stepStatus(step, sync);
  return (
    <>
      <div className={classes.head}>
        <h3 className={classes.name}>
          <StepTitle step={step} />
        </h3>
        <Status value={status} tone={status === "retrying" ? "warn" : undefined} />
        <span className={classes.times}>
          <Times step={step} sync={sync} />
        </span>
      </div>
      <TimeTrack bars={barsOfStep(step, status, span)} />
    </>
  );
}

function StepTitle({ step: { key, whale } }: { step: StepItem }) {
  if (!whale) return <span title={key}>{stepName(key)}</span>;
  return (
    <Link to={`/whales/${whale.id}`} title={whale.address}>
      {whale.label ?? shortAddress(whale.address)}
    </Link>
  );
}

function Times({ step, sync }: { step: StepItem; sync: SyncItem }) {
  const open = step.status === "running";
  if (step.startedAt === null) {
    if (!open) return <Missing why="when it began is not recorded" />;
    return sync.status === "running" ? "not begun, it waits" : "it was not begun";
  }
  const began = Date.parse(step.startedAt);
  const after = formatElapsed(Math.max(0, began - Date.parse(sync.startedAt)));
  const took =
    step.finishedAt === null
      ? "not finished"
      : `took ${formatElapsed(Math.max(0, Date.parse(step.finishedAt) - began))}`;
  return `after ${after}, ${took}`;
}

/** What a step did that no count says, and why it failed. */
export function StepNotes({ step }: { step: StepItem }) {
  const error = errorText(step);
  return (
    <>
      {step.note && <p className={classes.note}>{step.note}</p>}
      {error && (
        <p className={classes.error}>
          {error} <span className={classes.note}>{adviceFor(step.errorCode)}</span>
        </p>
      )}
    </>
  );
}

/** What a step cost and brought, in words. */
export function Figures({ step, sync }: { step: StepItem; sync: Pick<SyncItem, "status"> }) {
  return (
    <span className={classes.figures}>
      {figureWords(step, sync).map(({ value, words }) => (
        <span key={words} className={value === null ? classes.quiet : undefined}>
          {value !== null && <b>{value}</b>} {words}
        </span>
      ))}
    </span>
  );
}

/** Steps that bring nothing themselves; in sight only where one of them failed. */
function Around({ attempts, span }: { attempts: readonly AttemptItem[]; span: Span }) {
  if (attempts.length === 0) return null;
  const failed = attempts.some(({ status }) => status !== "success");
  const names = [...new Set(attempts.map(({ step }) => step))];
  return (
    <li className={classes.step}>
      <details className={classes.details} open={failed || undefined}>
        <summary>
          <span className={classes.quiet}>Before and after them: {names.join(", ")}</span>
        </summary>
        <div className={classes.opened}>
          <Attempts attempts={attempts} span={span} />
        </div>
      </details>
    </li>
  );
}
