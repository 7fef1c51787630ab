import { Link } from "react-router";
import { Empty } from "~/components/empty.tsx";
import { FilterBar, FilterSelect } from "~/components/filters.tsx";
import { Pager } from "~/components/pager.tsx";
import { Panel } from "~/components/panel.tsx";
import { Attempts } from "./attempt-list.tsx";
import type { SyncItem } from "./queries.server.ts";
import { stepName } from "./step-names.ts";
import classes from "./waterfall.module.css";
import type { StepWaterfall } from "./waterfall.server.ts";
import { spanOfStep, whyFewer, worthShowing } from "./waterfall.ts";
import { Figures, StepHead, StepNotes } from "./waterfall.tsx";

/**
 * One step of a sync with every request that it made, a page at a time; the bars stand for the time of the step.
 * @param failed only attempts that failed are shown
 * @param now the server's clock when it read them, epoch milliseconds
 */
export function StepAlone({
  sync,
  found: { step, attempts },
  failed,
  now,
}: {
  sync: SyncItem;
  found: StepWaterfall;
  failed: boolean;
  now: number;
}) {
  const span = spanOfStep(step, attempts.data, now);
  return (
    <>
      <Panel
        title={`Step ${step.whale?.label ?? step.whale?.address ?? stepName(step.key)}`}
        description={`Bars stand for the time of the step: ${BAR_WORDS}`}
        actions={<Link to={`/syncs/${sync.id}`}>All steps</Link>}
      >
        <div className={classes.alone}>
          <StepHead step={step} sync={sync} span={span} />
          <StepNotes step={step} />
          <Figures step={step} sync={sync} />
          <AttemptFilter step={step.key} />
          <Attempts attempts={worthShowing(attempts.data)} span={span} />
          <Missing found={{ step, attempts }} failed={failed} now={now} />
        </div>
      </Panel>
      <Pager nextCursor={attempts.nextCursor} first="First requests" next="More requests" />
    </>
  );
}

/** What the two kinds of bars mean. */
export const BAR_WORDS = "pale while a request waited for its turn, solid while it was answered.";

function AttemptFilter({ step }: { step: string }) {
  return (
    <FilterBar label="Filter the attempts">
      <input type="hidden" name="step" value={step} />
      <FilterSelect
        name="attempts"
        label="Show"
        data={[
          { value: "", label: "Every attempt" },
          { value: "failed", label: "Failed only" },
        ]}
      />
    </FilterBar>
  );
}

/** Why there are no attempts, or fewer than were made. */
function Missing({
  found: { step, attempts },
  failed,
  now,
}: {
  found: StepWaterfall;
  failed: boolean;
  now: number;
}) {
  const none = worthShowing(attempts.data).length === 0;
  if (failed) {
    return none ? (
      <Empty title="No attempt failed" why="No recorded attempt at it failed." />
    ) : null;
  }
  const requests = attempts.data.filter(({ request }) => request !== null).length;
  const why = whyFewer(step, { requests, more: attempts.nextCursor !== null }, now);
  if (why === null) return null;
  return none ? <Empty title="No requests" why={why} /> : <p className={classes.why}>{why}</p>;
}
