import { Link } from "react-router";
import classes from "~/components/data-table.module.css";
import { type Column, DataTable } from "~/components/data-table.tsx";
import { Missing } from "~/components/missing.tsx";
import { Status } from "~/components/status.tsx";
import { formatElapsed, shortAddress } from "~/lib/format.ts";
import type { SyncItem } from "./queries.server.ts";
import { adviceFor, errorText } from "./run-words.ts";
import { stepName } from "./step-names.ts";
import styles from "./step-table.module.css";
import type { StepItem } from "./steps.server.ts";
import { FIGURES, Figure } from "./sync-table.tsx";

const COLUMNS: Column[] = [
  { label: "Step" },
  { label: "Status" },
  { label: "Began after", numeric: true },
  { label: "Took", numeric: true },
  { label: "Within the run" },
  { label: "Requests", numeric: true },
  { label: "Pages", numeric: true },
  { label: "Fetched", numeric: true },
  { label: "New", numeric: true },
  { label: "Updated", numeric: true },
  { label: "Duplicate", numeric: true },
  { label: "Quarantined", numeric: true },
];

type Span = Pick<SyncItem, "status" | "startedAt" | "finishedAt">;

/**
 * Steps of a run as rows, each with its place in the time of the run.
 * @param now the server's clock when it read them, epoch milliseconds: where a run that is under way ends for now
 */
export function StepTable({
  run,
  steps,
  now,
}: {
  run: Span;
  steps: readonly StepItem[];
  now: number;
}) {
  return (
    <DataTable caption="Steps of this run" columns={COLUMNS}>
      {steps.map((step) => (
        <StepRow key={step.key} run={run} step={step} now={now} />
      ))}
    </DataTable>
  );
}

function StepRow({ run, step, now }: { run: Span; step: StepItem; now: number }) {
  const status = statusOf(step, run);
  const place = placeOf(step, run, now);
  const open = step.status === "running";
  const unbegun = run.status === "running" ? "it waits" : "it was not begun";
  return (
    <tr>
      <td className={styles.step}>
        <StepTitle step={step} />
        <StepNote step={step} />
      </td>
      <td>
        <Status value={status} tone={status === "retrying" ? "warn" : undefined} />
      </td>
      <td className={classes.num}>
        {place ? formatElapsed(place.after) : <Missing why={open ? unbegun : "not recorded"} />}
      </td>
      <td className={classes.num}>
        {place && step.finishedAt ? (
          formatElapsed(place.took)
        ) : (
          <Missing why={open ? "not finished" : "not recorded"} />
        )}
      </td>
      <td>{place && <Bar place={place} status={status} />}</td>
      {FIGURES.map((name) => (
        <td key={name} className={classes.num}>
          {open && !step[name] ? (
            <Missing why={run.status === "running" ? "not reported yet" : "never reported"} />
          ) : (
            <Figure value={step[name]} />
          )}
        </td>
      ))}
    </tr>
  );
}

function StepTitle({ step }: { step: StepItem }) {
  const { whale } = step;
  if (!whale) return <span title={step.key}>{stepName(step.key)}</span>;
  return (
    <Link to={`/whales/${whale.id}`} title={whale.address}>
      {whale.label ?? <span className={classes.mono}>{shortAddress(whale.address)}</span>}
    </Link>
  );
}

function StepNote({ step }: { step: StepItem }) {
  const error = errorText(step);
  return (
    <>
      {step.note && <span className={classes.sub}>{step.note}</span>}
      {error && <span className={styles.error}>{error}</span>}
      {error && <span className={classes.sub}>{adviceFor(step.errorCode)}</span>}
    </>
  );
}

/** A step that has not reported when its run closed is over too; one that is open waits, is at work, or is to be tried again. */
function statusOf(step: StepItem, run: Span): string {
  if (step.status !== "running") return step.status;
  if (run.status !== "running") return "incomplete";
  if (step.startedAt === null) return "waiting";
  return step.errorCode === null ? "running" : "retrying";
}

/** When a step began and how long it took, in milliseconds, beside the length of its run; null = not recorded. */
type Place = { after: number; took: number; whole: number };

function placeOf(step: StepItem, run: Span, now: number): Place | null {
  if (step.startedAt === null) return null;
  const start = Date.parse(run.startedAt);
  const end = run.finishedAt === null ? now : Date.parse(run.finishedAt);
  const began = Date.parse(step.startedAt);
  const ended = step.finishedAt === null ? end : Date.parse(step.finishedAt);
  return {
    after: Math.max(0, began - start),
    took: Math.max(0, ended - began),
    whole: Math.max(1, end - start, ended - start),
  };
}

function Bar({ place, status }: { place: Place; status: string }) {
  const percent = (ms: number) => `${Math.round((1_000 * ms) / place.whole) / 10}%`;
  return (
    <span className={styles.track} aria-hidden="true">
      <span
        className={styles.bar}
        data-status={status}
        style={{
          left: `min(${percent(place.after)}, calc(100% - 3px))`,
          width: percent(place.took),
        }}
      />
    </span>
  );
}
